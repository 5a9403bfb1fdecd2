"""Extracts as delivered to raw Parquet: what is declared is read, what is not declared stops or is set aside.

Belongs here: landing folder, file formats, contract, privacy gate, pseudonyms, quarantine, raw Parquet, the ledger of
deliveries. Does not belong here: any number computed from answers (dbt).
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import asdict, dataclass
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

__all__ = [
    "BLOCKS",
    "WHAT_HAPPENS",
    "Delivery",
    "ExtractedFile",
    "ExtractedGroup",
    "Finding",
    "Landing",
    "Pulled",
    "Session",
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
    "stop_on",
]

SHOWN = 20
"""Findings told at once."""


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


def extract_group(
    programme: Programme,
    settings: Settings,
    landing: Landing,
    group: str,
    progress: Callable[[str], None] = lambda _: None,
    session: Session | None = None,
) -> ExtractedGroup:
    """Bring raw Parquet of one mapping and group up to date with the landing folder.

    What was made from the same content by the same code, codebook and key is kept. Otherwise the group's folder is made
    anew beside the old one and exchanged; the old one stays when a file is refused.

    Raises:
        InputError: a file is missing, unreadable or not as declared.
    """
    stop_on(landing.findings)
    deliveries, companions = landing.of_group(group), landing.companions_of(group)
    folder = raw_folder(settings, programme, landing, group)
    record = folder / "extracted.json"
    if record.exists() and _is_whole(folder):
        files = tuple(_file_from_json(entry) for entry in json.loads(record.read_text(encoding="utf-8")))
        note_deliveries(programme, settings, [*deliveries, *companions], "accepted")
        return ExtractedGroup(landing.mapping, group, files, was_current=True)
    for companion in companions:
        try:
            stop_on(check_companion(programme, companion))
        except InputError as error:
            note_deliveries(programme, settings, [companion], "rejected", str(error).splitlines()[0])
            raise
    with nullcontext(session) if session else open_session(programme, settings) as shared:
        files_done = _extract_files(shared, settings, deliveries, folder, progress)
    write_atomically(record, json.dumps([asdict(f) for f in files_done], indent=1).encode())
    note_deliveries(programme, settings, [*deliveries, *companions], "accepted")
    return ExtractedGroup(landing.mapping, group, tuple(files_done), was_current=False)


def open_session(programme: Programme, settings: Settings) -> Session:
    """What the files of a run share; to be closed when the last one is done."""
    return Session(programme, settings, load_key(settings), read_tombstones(programme, settings))


def _extract_files(
    session: Session,
    settings: Settings,
    deliveries: list[Delivery],
    folder: Path,
    progress: Callable[[str], None],
) -> list[ExtractedFile]:
    """The parts of one mapping and group; the roster first, because answers are held against it."""
    programme, done = session.programme, []
    session.forget_roster()
    for delivery in sorted(deliveries, key=lambda one: one.extract.content != "roster"):
        progress(f"{delivery.mapping}/{delivery.name}")
        try:
            with FileReader(session, delivery) as reader:
                stop_on(reader.result.findings)
                reader.write(folder, settings.quarantine_dir / programme.slug / delivery.mapping)
                done.append(reader.result)
        except InputError as error:
            note_deliveries(programme, settings, [delivery], "rejected", str(error).splitlines()[0])
            raise
    if sum(d.extract.content == "answers" for d in deliveries) > 1:
        supersede_between_files(folder, done)
    for part in sorted(path for path in folder.iterdir() if path.is_dir()):
        sync_folder(part)
    return done


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
