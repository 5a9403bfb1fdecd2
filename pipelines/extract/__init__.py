"""Extracts as delivered to raw Parquet: what is declared is read, what is not declared stops or is set aside.

Belongs here: landing folder, file formats, contract, privacy gate, pseudonyms, quarantine, raw Parquet, the ledger of
deliveries. Does not belong here: any number computed from answers (dbt).
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.errors import InputError
from pipelines.extract.arrivals import municipalities_in, note_deliveries, read_ledger
from pipelines.extract.between import supersede_between_files
from pipelines.extract.check import check_files
from pipelines.extract.deliveries import Delivery, Landing, look_at_landing
from pipelines.extract.draft import draft_codebook, draft_institutions
from pipelines.extract.findings import BLOCKS, WHAT_HAPPENS, Finding
from pipelines.extract.forgetting import forget, forgotten_rows, forgotten_state, read_tombstones, read_wishes
from pipelines.extract.pseudonyms import key_id, load_key, pseudonym_of
from pipelines.extract.raw import ExtractedFile, FileReader
from pipelines.extract.session import Session
from pipelines.extract.sources import Pulled, pull
from pipelines.extract.wording import check_companion
from pipelines.files import sha256_text, sha256_tree, sync_folder, write_atomically
from pipelines.programme import Programme
from pipelines.settings import Settings
from pipelines.workers import Job, Workers

__all__ = [
    "BLOCKS",
    "WHAT_HAPPENS",
    "Begun",
    "Delivery",
    "ExtractedFile",
    "ExtractedGroup",
    "Finding",
    "Landing",
    "Pulled",
    "Session",
    "begin",
    "check_files",
    "draft_codebook",
    "draft_institutions",
    "extract_group",
    "forget",
    "forgotten_rows",
    "forgotten_state",
    "look_at_landing",
    "municipalities_in",
    "open_session",
    "pseudonym_of",
    "pull",
    "raw_folder",
    "read_ledger",
    "read_wishes",
    "remove_outdated",
    "settle",
    "stop_on",
]

SHOWN = 20
"""Findings told at once."""
RECORD = "extracted.json"
"""What was made of a mapping and group; written last, so that a folder without it is not whole."""


@cache
def _code_hash() -> str:
    """Hash of this package: raw Parquet made by other code is out of date."""
    return sha256_tree(Path(__file__).parent, [".py"])


@dataclass(frozen=True)
class ExtractedGroup:
    """The raw Parquet of one mapping and respondent group."""

    mapping: str
    respondent_group: str
    files: tuple[ExtractedFile, ...]
    was_current: bool

    @property
    def rows(self) -> int:
        """Records read from answers extracts."""
        return sum(file.rows_read for file in self.files if file.content == "answers")

    @property
    def answers(self) -> int:
        """Answers written."""
        return sum(file.answers for file in self.files)


def raw_folder(settings: Settings, programme: Programme, landing: Landing, group: str) -> Path:
    """Where the raw Parquet of one mapping and group lies: a folder named by the state of all that it is made from."""
    deliveries = [*landing.of_group(group), *landing.companions_of(group)]
    state = sha256_text(
        _code_hash(),
        programme.content_hash,
        key_id(load_key(settings)),
        forgotten_state(programme, settings),
        *(part for delivery in deliveries for part in (delivery.name, delivery.sha256)),
    )
    return settings.raw_dir / programme.slug / landing.mapping / group / state[:16]


def remove_outdated(current: list[Path]) -> None:
    """Remove raw Parquet of these folders' mappings and groups that is not one of them."""
    for folder in current:
        for other in folder.parent.iterdir():
            if other != folder:
                shutil.rmtree(other, ignore_errors=True)


@dataclass(frozen=True)
class Attempt:
    """What became of one mapping and respondent group: its raw Parquet, or the delivery that was refused."""

    extracted: ExtractedGroup | None = None
    refused: Delivery | None = None
    why: str = ""
    seconds: float = 0.0


def extract_group(
    programme: Programme,
    settings: Settings,
    landing: Landing,
    group: str,
    progress: Callable[[str], None] = lambda _: None,
    session: Session | None = None,
) -> ExtractedGroup:
    """Bring raw Parquet of one mapping and group up to date with the landing folder, and write down what became of its files.

    Raises:
        InputError: a file is missing, unreadable or not as declared.
    """
    stop_on(landing.findings)
    attempt = attempt_group(programme, settings, landing, group, progress, session)
    return settle(programme, settings, landing, group, attempt)


def attempt_group(
    programme: Programme,
    settings: Settings,
    landing: Landing,
    group: str,
    progress: Callable[[str], None] = lambda _: None,
    session: Session | None = None,
) -> Attempt:
    """Bring raw Parquet of one mapping and group up to date; any process can, for the ledger is left to `settle`.

    What was made from the same content by the same code, codebook and key is kept. Otherwise the group's folder is made
    anew beside the old one and exchanged; the old one stays when a file is refused.
    """
    began = time.perf_counter()
    kept = _kept(programme, settings, landing, group)
    if kept:
        return Attempt(kept)
    with nullcontext(session) if session else open_session(programme, settings) as shared:
        attempt = _attempt(shared, settings, landing, group, progress)
    return replace(attempt, seconds=time.perf_counter() - began)


Begun = dict[tuple[str, str], Job[Attempt]]
"""Reading that was given out, by mapping and respondent group, the largest first."""


def begin(programme: Programme, settings: Settings, landings: Sequence[Landing], workers: Workers) -> Begun:
    """Give out the reading of all that was delivered; nothing where something that stops the run is known already.

    Workers begin with the largest; who asks for the smallest first meets them.
    """
    if any(finding.action == "stop" for landing in landings for finding in landing.findings):
        return {}
    parts = [(landing, group.code) for landing in landings for group in programme.respondent_groups]
    parts.sort(key=lambda part: sum(delivery.size for delivery in part[0].of_group(part[1])), reverse=True)
    return {
        (landing.mapping, group): workers.give(attempt_group, programme, settings, landing, group)
        for landing, group in parts
    }


def settle(programme: Programme, settings: Settings, landing: Landing, group: str, attempt: Attempt) -> ExtractedGroup:
    """Write down in the ledger what became of the files of one mapping and group.

    Raises:
        InputError: a file was refused.
    """
    if attempt.refused is not None:
        note_deliveries(programme, settings, [attempt.refused], "rejected", attempt.why.splitlines()[0])
    if attempt.extracted is None:
        raise InputError(attempt.why)
    note_deliveries(programme, settings, [*landing.of_group(group), *landing.companions_of(group)], "accepted")
    return attempt.extracted


def open_session(programme: Programme, settings: Settings) -> Session:
    """What the files of a run share; to be closed when the last one is done."""
    return Session(programme, settings, load_key(settings), read_tombstones(programme, settings))


def _kept(programme: Programme, settings: Settings, landing: Landing, group: str) -> ExtractedGroup | None:
    """What an earlier run made of the same files in the same way, if it is still whole."""
    folder = raw_folder(settings, programme, landing, group)
    record = folder / RECORD
    if not (record.exists() and _is_whole(folder)):
        return None
    files = tuple(_file_from_json(entry) for entry in json.loads(record.read_text(encoding="utf-8")))
    return ExtractedGroup(landing.mapping, group, files, was_current=True)


def _attempt(
    session: Session,
    settings: Settings,
    landing: Landing,
    group: str,
    progress: Callable[[str], None],
) -> Attempt:
    """Read one mapping and group; nothing is written to the ledger."""
    folder = raw_folder(settings, session.programme, landing, group)
    deliveries, done, at = landing.of_group(group), list[ExtractedFile](), None
    session.forget_roster()
    try:
        for at in landing.companions_of(group):
            stop_on(check_companion(session.programme, at))
        # The roster first, because answers are held against it.
        for at in sorted(deliveries, key=lambda one: one.extract.content != "roster"):
            progress(f"{at.mapping}/{at.name}")
            done.append(_extract_file(session, settings, at, folder))
    except InputError as error:
        return Attempt(refused=at, why=str(error))
    if sum(delivery.extract.content == "answers" for delivery in deliveries) > 1:
        supersede_between_files(folder, done)
    for part in sorted(path for path in folder.iterdir() if path.is_dir()):
        sync_folder(part)
    write_atomically(folder / RECORD, json.dumps([asdict(file) for file in done], indent=1).encode())
    return Attempt(ExtractedGroup(landing.mapping, group, tuple(done), was_current=False))


def _extract_file(session: Session, settings: Settings, delivery: Delivery, folder: Path) -> ExtractedFile:
    """One delivery into the folder of its mapping and group.

    Raises:
        InputError: it is unreadable or not as declared.
    """
    with FileReader(session, delivery) as reader:
        stop_on(reader.result.findings)
        reader.write(folder, settings.quarantine_dir / session.programme.slug / delivery.mapping)
        return reader.result


def _is_whole(folder: Path) -> bool:
    """Whether every part can be read to its end: what a disk or a person cut short is made again."""
    try:
        for path in folder.rglob("*.parquet"):
            pq.read_metadata(path)
    except (OSError, pa.ArrowException):
        return False
    return True


def stop_on(findings: list[Finding] | tuple[Finding, ...]) -> None:
    """Raise when a finding stops the run.

    Raises:
        InputError: one line per finding that stops, twenty at the most.
    """
    stops = [str(finding) for finding in findings if finding.action == "stop"]
    if stops:
        more = [f"… and {len(stops) - SHOWN} more; `kortlaegning check` lists all"] if len(stops) > SHOWN else []
        raise InputError("\n".join(stops[:SHOWN] + more))


def _file_from_json(entry: dict[str, object]) -> ExtractedFile:
    """An `ExtractedFile` as it was written by `extract_group`."""
    findings = [Finding(**finding) for finding in entry.pop("findings")]  # type: ignore[attr-defined]
    return ExtractedFile(**entry, findings=findings)  # type: ignore[arg-type]
