"""What the assets of one code location share: programme, settings, how progress is shown, and the run's own folder.

Belongs here: the context object and the two wrappers that every step uses. Does not belong here: any stage's work.
"""

import errno
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

import dagster as dg
import duckdb

from pipelines.assets.evidence import Evidence
from pipelines.assets.plan import RunPlan, plan_run
from pipelines.errors import KortlaegningError, StorageError
from pipelines.extract import Begun, raw_folder
from pipelines.programme import Programme
from pipelines.release import About, home_lock
from pipelines.settings import Settings
from pipelines.warehouse import Warehouse
from pipelines.workers import IMPORTS, Workers

Progress = Callable[[str], None]


@dataclass
class RunContext:
    """Given to every asset by `build_defs`.

    A run's steps execute in one process, one after the other; `found` collects their checks by run id until the verdict
    is given, `plans` keeps what was decided at the run's start, and `abouts` what is known of the release. `begun` is what
    the caller of a single run has let its workers begin before Dagster was there.
    """

    programme: Programme
    settings: Settings
    mappings: tuple[str, ...] = ()
    progress: Progress = lambda _: None
    begun: Begun | None = None
    plans: dict[str, RunPlan] = field(default_factory=dict)
    abouts: dict[str, About] = field(default_factory=dict)
    found: dict[str, Evidence] = field(default_factory=dict)

    def plan(self, run_id: str) -> RunPlan:
        """What this run does; the landing folder is looked at once a run."""
        if run_id not in self.plans:
            self.plans[run_id] = plan_run(self.programme, self.settings, self.mappings)
        return self.plans[run_id]

    def candidate(self, run_id: str) -> Path:
        """The run's own folder: what it builds before it is released."""
        folder = self.settings.work_dir / run_id
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def raw_folders(self, run_id: str) -> list[Path]:
        """Folders of raw Parquet that the run stands on, one a mapping and respondent group."""
        plan = self.plan(run_id)
        return [
            raw_folder(self.settings, plan.programme, landing, group.code)
            for landing in plan.landings
            for group in plan.programme.respondent_groups
        ]

    def warehouse(self, run_id: str) -> Warehouse:
        """The candidate's warehouse."""
        return Warehouse(self.candidate(run_id), self.settings)

    def forget(self, run_id: str) -> None:
        """Let go of a run that is over."""
        for kept in (self.plans, self.abouts, self.found):
            kept.pop(run_id, None)

    def evidence(self, run_id: str) -> Evidence:
        """What the run's checks found so far."""
        return self.found.setdefault(run_id, Evidence())


@contextmanager
def clear_errors(settings: Settings) -> Iterator[None]:
    """Turn what a person can act on into a step failure of one line that is never retried.

    Raises:
        dg.Failure: with `exit_code` in its metadata.
    """
    try:
        yield
    except (KortlaegningError, OSError, duckdb.Error) as error:
        clear = storage_error(error, settings) if not isinstance(error, KortlaegningError) else error
        if clear is None:
            raise
        raise dg.Failure(
            description=str(clear), metadata={"exit_code": clear.exit_code}, allow_retries=False
        ) from error


def storage_error(error: OSError | duckdb.Error, settings: Settings) -> KortlaegningError | None:
    """A full disk or a folder that cannot be written, as one line; None when it is something else."""
    text = str(error)
    number = error.errno if isinstance(error, OSError) else None
    if number in (errno.ENOSPC, errno.EDQUOT) or "No space left" in text or "Disk quota" in text:
        return StorageError(
            f"the disk that holds {settings.home} is full; nothing was released; make room and run again"
        )
    if number in (errno.EACCES, errno.EPERM, errno.EROFS):
        return StorageError(f"{settings.home} cannot be written ({text}); nothing was released; check its permissions")
    return None


def workers_of(settings: Settings, held: Workers | None) -> dg.ResourceDefinition:
    """The run's worker processes, with its own as many as `threads`; those that its caller holds are lent to it."""

    @dg.resource(description="Worker processes of the run.")
    def workers(_: dg.InitResourceContext) -> Iterator[Workers]:
        with nullcontext(held) if held else Workers(settings.threads - 1) as hands:
            if not held:
                hands.prepare("pipelines.extract", *IMPORTS)
            yield hands

    return workers


class Home(dg.ConfigurableResource):
    """The home folder, held by this run alone for as long as it lasts; `is_held` tells that the caller holds it already."""

    path: str
    is_held: bool = False

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator["Home"]:
        """Hold the lock of the home folder around the run."""
        with nullcontext() if self.is_held else home_lock(Path(self.path), "dagster"):
            yield self
