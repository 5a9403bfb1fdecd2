"""The processes of one run beside its own: what Python would do one after the other goes on all cores.

Belongs here: starting them, giving out jobs, and doing in this process what no other has begun. Does not belong here: any
stage's work, and DuckDB, which has threads of its own.
"""

from __future__ import annotations

import atexit
import os
import pickle
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from importlib import import_module
from multiprocessing import get_context, parent_process
from threading import Thread
from types import TracebackType
from typing import Any, Generic, TypeVar
from uuid import uuid4

from pipelines.errors import KortlaegningError
from pipelines.memory import collect_rarely

T = TypeVar("T")

ENDED = (
    "a worker process was ended from outside, most often for lack of memory; nothing was released; run again with more memory, "
    "or with KORTLAEGNING_THREADS=1"
)

IMPORTS = (
    "scipy.stats",
    "matplotlib.backends.backend_svg",
    "pipelines.reporting",
)
"""What a run needs after its models are built: every process imports it while the database works, so that nobody waits for it."""


class Job(Generic[T]):
    """A call that was given out; whoever asks for its result does it, unless a worker has begun."""

    def __init__(self, function: Callable[..., T], arguments: Sequence[Any], future: Future[T] | None) -> None:
        """Bind the call; without a future it is done when its result is asked for."""
        self._function, self._arguments, self._future = function, arguments, future
        self._done: list[T] = []

    def result(self) -> T:
        """What the call gave.

        Raises:
            KortlaegningError: the worker died.
            Exception: what the call raised.
        """
        if not self._done and (self._future is None or self._future.cancel()):
            self._done.append(self._function(*self._arguments))
        if self._done or self._future is None:
            return self._done[0]
        try:
            return self._future.result()
        except BrokenProcessPool:
            raise KortlaegningError(ENDED) from None


class Workers:
    """Worker processes, started by the first job; a context that ends them. Functions and arguments travel by pickle."""

    def __init__(self, processes: int) -> None:
        """So many beside this one; with none, every job is done here."""
        # spawn: a fork of a process that runs threads of DuckDB or Dagster can hang.
        self._pool = ProcessPoolExecutor(processes, get_context("spawn"), _begin) if processes > 0 else None

    def __enter__(self) -> Workers:
        """Nothing is started yet."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End them; what no worker has begun is not done."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def prepare(self, *modules: str) -> None:
        """Let a worker import what its later jobs need, while this process is busy.

        Raises:
            KortlaegningError: the worker died.
        """
        self._submit(_import, modules)

    def give(self, function: Callable[..., T], *arguments: Any) -> Job[T]:
        """Give out one call.

        Raises:
            KortlaegningError: the worker died.
        """
        return Job(function, arguments, self._submit(function, *arguments))

    def _submit(self, function: Callable[..., T], *arguments: Any) -> Future[T] | None:
        """Queue a call; nothing where there is no worker."""
        try:
            return None if self._pool is None else self._pool.submit(function, *arguments)
        except BrokenProcessPool:
            raise KortlaegningError(ENDED) from None


class PickledOnce:
    """What several jobs read and none changes: it is pickled for the first of them, and unpickled once in a worker.

    A worker remembers the last one.
    """

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[str, bytes]]:
        """A name that is its alone, and its content; both stay the same for all jobs."""
        pickled = vars(self).get("_pickled")
        if pickled is None:
            pickled = vars(self)["_pickled"] = uuid4().hex, pickle.dumps((type(self), self.__getstate__()))
        return _unpickled, pickled


_REMEMBERED: dict[str, Any] = {}


def _unpickled(name: str, content: bytes) -> Any:
    if name not in _REMEMBERED:
        _REMEMBERED.clear()
        kind, state = pickle.loads(content)  # noqa: S301 - from our own parent process
        found = kind.__new__(kind)
        vars(found).update(state)
        _REMEMBERED[name] = found
    return _REMEMBERED[name]


def _begin() -> None:
    """Set up a worker. It ends when its run is killed: it would wait for jobs for ever, and keep its memory.

    Who interrupts a run from the keyboard interrupts its workers too; the run says so, they have nothing to add.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    # Registered first, called last: taking its modules and objects apart would take half a second that the run waits for.
    atexit.register(os._exit, 0)
    collect_rarely()
    Thread(target=_wait_for_the_end, daemon=True).start()


def _wait_for_the_end() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def import_beside(*modules: str) -> None:
    """Let a thread of this process import what later steps need."""
    Thread(target=_import, args=(modules,), daemon=True).start()


def _import(modules: Sequence[str]) -> None:
    for module in modules:
        import_module(module)
