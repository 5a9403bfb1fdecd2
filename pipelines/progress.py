"""Progress for a person at a terminal, plain lines when there is none.

Belongs here: how a run looks while it lasts. Does not belong here: what its steps are called or do.
"""

from __future__ import annotations

import resource
import sys
import time
from types import TracebackType
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn


class RunProgress:
    """Shows the steps of a run: at a terminal a bar with what is being done, else a line per finished step."""

    def __init__(self, steps: int, stream: TextIO | None = None) -> None:
        """Prepare for so many steps; nothing is shown before the context is entered."""
        self._stream = stream or sys.stderr
        self._is_terminal = self._stream.isatty()
        self._steps = steps
        self._done = 0
        self._began = time.monotonic()
        self._step_began = self._began
        self._bar: Progress | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> RunProgress:
        """Start showing."""
        if self._is_terminal:
            self._bar = Progress(
                SpinnerColumn(),
                TextColumn("[bold]{task.fields[step]:<21}"),
                BarColumn(bar_width=24),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
                TextColumn("{task.description}"),
                console=Console(file=self._stream),
                transient=True,
            )
            self._bar.start()
            self._task = self._bar.add_task("", total=self._steps, step="")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()

    def start(self, step: str) -> None:
        """A step begins."""
        self._step_began = time.monotonic()
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, step=step, description="")

    def detail(self, text: str) -> None:
        """What the step is at; shown only at a terminal."""
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, description=text)

    def finish(self, step: str) -> None:
        """A step is done."""
        self._done += 1
        seconds = time.monotonic() - self._step_began
        line = f"  {step:<21} {seconds:6.1f} s   peak {peak_memory() / 1024**2:5.0f} MiB"
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=self._done)
            self._bar.console.print(line, highlight=False)
        else:
            print(line, file=self._stream, flush=True)


def peak_memory() -> int:
    """Most memory that this process has held so far, in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
