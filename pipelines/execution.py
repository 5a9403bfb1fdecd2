"""One run from the command line: the same job that `dagster dev` shows, executed in this process.

Belongs here: Dagster's instance, the run, and why it failed. Does not belong here: assembling definitions, or printing.
"""

import gc
import os
import sqlite3
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import dagster as dg
from dagster._core.instance.ref import InstanceRef
from dagster._core.storage.event_log.sqlite import sqlite_event_log
from sqlalchemy import Engine, event

from pipelines.assets.plan import RunPlan
from pipelines.automation import JOB, QUIET, run_tags
from pipelines.definitions import build_defs
from pipelines.extract import Begun
from pipelines.files import write_atomically
from pipelines.settings import Settings
from pipelines.workers import Workers

NO_COMPUTE_LOGS = {
    "compute_logs": {
        "module": "dagster._core.storage.noop_compute_log_manager",
        "class": "NoOpComputeLogManager",
    }
}
"""The default manager redirects stdout and stderr of the whole process while a step runs: no progress could be shown."""


class Steps(Protocol):
    """Is told of steps as they come and go."""

    def start(self, step: str) -> None:
        """A step begins."""

    def detail(self, text: str) -> None:
        """What it is at."""

    def finish(self, step: str) -> None:
        """It is done."""


@dataclass(frozen=True)
class Outcome:
    """How a run ended: the message and exit code are those of the first step that failed."""

    run_id: str
    success: bool
    message: str = ""
    exit_code: int = 0


STEPS = 12
"""Steps of the job, for the progress bar."""


def prepare_instance(settings: Settings) -> Path:
    """Dagster's storage folder with its settings: no telemetry, no invitations. Existing settings are left alone."""
    folder = settings.dagster_dir
    file = folder / "dagster.yaml"
    if not file.exists():
        write_atomically(file, b"telemetry:\n  enabled: false\nnux:\n  enabled: false\n")
    return folder


@contextmanager
def _dagster_home(folder: Path) -> Iterator[None]:
    """`DAGSTER_HOME` for the time of a run: a later run of this process in another home must not find it."""
    before = os.environ.get("DAGSTER_HOME")
    os.environ["DAGSTER_HOME"] = str(folder.absolute())
    try:
        yield
    finally:
        if before is None:
            del os.environ["DAGSTER_HOME"]
        else:
            os.environ["DAGSTER_HOME"] = before


@contextmanager
def _kept_connections() -> Iterator[None]:
    """Dagster's event log on one connection a file for the time of a run.

    Dagster makes an engine and a connection anew for each of nine hundred events, and reads the file's schema each time:
    5 of its 7 ms an event. It offers no setting for that.
    """
    storage: Any = sqlite_event_log
    create, kept = storage.create_engine, dict[str, Engine]()

    def keep(url: str, *, connect_args: dict[str, Any], **_: Any) -> Engine:
        if url not in kept:
            kept[url] = create(url, connect_args=connect_args)
            vars(kept[url])["dispose"] = lambda: None  # it would close the connection after each event
        return kept[url]

    storage.create_engine = keep
    try:
        yield
    finally:
        storage.create_engine = create
        for engine in kept.values():
            Engine.dispose(engine)


@event.listens_for(Engine, "connect")
def _write_behind(connection: object, _: object) -> None:
    """Let the operating system write Dagster's storage when it likes.

    Dagster commits two or three times an event: thousands of waits for the disk in a run of a minute. What a
    power cut could take is the display of the last run; releases and the ledger are written through by our own code.
    """
    if isinstance(connection, sqlite3.Connection):
        connection.execute("pragma synchronous = off")


def execute(settings: Settings, plan: RunPlan, steps: Steps, trigger: str, hands: Workers, begun: Begun) -> Outcome:
    """Run the job on the mappings of the plan, with the caller's workers and what they have begun.

    The caller holds the home folder's lock.

    Raises:
        Exception: what a step raised that nobody foresaw.
    """
    folder = prepare_instance(settings)
    definitions = build_defs(settings, plan.programme, plan.programme.mapping_keys, steps.detail, hands, begun)
    run_id = str(uuid.uuid4())
    # Imports and dbt's manifest leave a million objects that live until the end: not to be looked through again and again.
    gc.freeze()
    try:
        reference = InstanceRef.from_dir(str(folder.absolute()), overrides=NO_COMPUTE_LOGS)
        with _dagster_home(folder), _kept_connections(), dg.DagsterInstance.from_ref(reference) as instance:
            instance.add_event_listener(run_id, _listener(steps))
            result = definitions.resolve_job_def(JOB).execute_in_process(
                instance=instance,
                run_id=run_id,
                raise_on_error=False,
                run_config=QUIET,
                tags=run_tags(plan.programme.mapping_keys, trigger),
            )
    finally:
        gc.unfreeze()
    if result.success:
        return Outcome(run_id, True)
    return _failure(run_id, result)


def _listener(steps: Steps) -> Callable[[dg.EventLogEntry], None]:
    """Passes step events on."""

    def listen(entry: dg.EventLogEntry) -> None:
        found = entry.dagster_event
        if found is None or found.step_key is None:
            return
        if found.event_type_value == "STEP_START":
            steps.start(found.step_key)
        elif found.event_type_value == "STEP_SUCCESS":
            steps.finish(found.step_key)

    return listen


def _failure(run_id: str, result: dg.ExecuteInProcessResult) -> Outcome:
    """The first failed step's own words; a fault that nobody foresaw keeps its trace."""
    for step in result.all_events:
        if not step.is_step_failure:
            continue
        data = step.step_failure_data
        if data.user_failure_data is not None:
            code = data.user_failure_data.metadata.get("exit_code")
            exit_code = int(code.value) if code is not None and isinstance(code.value, int) else 1
            return Outcome(run_id, False, data.user_failure_data.description or "", exit_code)
        error = data.error.cause or data.error if data.error else None
        if error is not None:
            return Outcome(run_id, False, f"unforeseen: {' '.join(error.message.split())}\n{error.to_string()}", 1)
    failures = [entry.message or "" for entry in result.all_events if entry.is_failure]
    return Outcome(run_id, False, failures[0] if failures else "the run failed before its first step", 1)
