"""Writing an audience's documents: every document of `documents`, in every language and format, workbooks, and the index.

Belongs here: files and worker processes. Does not belong here: what stands in a document, and how a format is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import cached_property
from multiprocessing import get_context
from pathlib import Path
from typing import Literal

from pipelines.errors import StorageError
from pipelines.marts import Audience
from pipelines.programme import Programme
from pipelines.reporting.content import Source, source_of
from pipelines.reporting.data_book import data_book
from pipelines.reporting.documents import all_places, documents_of, entries, families, theme_document
from pipelines.reporting.figures import Drawn, draw
from pipelines.reporting.html import Drawings, render_html
from pipelines.reporting.index import PLACES, Listed, render_index
from pipelines.reporting.method import Appendix, appendix_entries, method_document
from pipelines.reporting.model import Document, Entry, Provenance
from pipelines.reporting.pdf import render_pdf
from pipelines.reporting.reading import Marts, Row, Unit, read_columns
from pipelines.reporting.texts import Speaker, load_voices
from pipelines.reporting.workbook import Office, workbook

Papers = Literal["all", "joint"]
"""Documents that are written as PDF too: all, or those of the whole programme."""

JOINT = ("programme", "method", "data_book")

WORTH_A_PROCESS = 400
"""Documents from which a worker process pays: starting one takes about as long as writing so many."""


def _quiet(_message: str) -> None:
    """Progress that nobody listens to."""


@dataclass(frozen=True)
class Edition:
    """One audience's documents: whose, from which suppressed marts, into which folder."""

    audience: Audience
    marts: Path
    out: Path


@dataclass(frozen=True)
class Job:
    """What one worker does at a time: all documents of a unit, the document of one theme, or the appendices."""

    unit: Unit | None = None
    family: str | None = None
    is_appendix: bool = False


def write_reports(
    programme: Programme,
    editions: Sequence[Edition],
    provenance: Provenance,
    workers: int = 1,
    progress: Callable[[str], None] = _quiet,
    pdf: Papers = "all",
) -> list[Path]:
    """Write, per edition, `out/{da,en}/<document>.html` and `….pdf` for every document and `out/index.html`.

    The internal edition has a workbook per municipality beside its documents: `out/da/municipality-<id>.xlsx`.

    Editions are written together: where two of them show the same figures, these are drawn once.

    Args:
        programme: whose names and texts the documents use.
        editions: audiences with their marts, the only source of figures; other files in their folders are left alone.
        provenance: where the figures come from.
        workers: processes at most; few documents are written in this one.
        progress: told after each unit.
        pdf: which documents are written as PDF too: all, or those of the whole programme.

    Returns:
        Every file written, each edition's index first.

    Raises:
        StorageError: a mart is missing or damaged, or a file cannot be written.
    """
    desk = Desk(programme, tuple(editions), provenance, pdf)
    jobs = desk.jobs()
    written = []
    for edition, source in zip(desk.editions, desk.sources, strict=True):
        listed = desk.listed(source)
        for language, place in PLACES.items():
            _write(edition.out / place, render_index(source, listed, desk.say.voices, language).encode())
            written.append(edition.out / place)
        written += [edition.out / name for entry in listed for name in entry.files]
    for number, _ in enumerate(_done(desk, jobs, workers, len(written)), 1):
        progress(f"reports: {number}/{len(jobs)}")
    return written


class Desk:
    """What it takes to write documents; marts are read when they are first asked for, so that it travels light."""

    def __init__(
        self, programme: Programme, editions: tuple[Edition, ...], provenance: Provenance, pdf: Papers = "all"
    ) -> None:
        self.programme, self.editions, self.provenance, self.pdf = programme, editions, provenance, pdf

    @cached_property
    def say(self) -> Speaker:
        """Words in every language."""
        return Speaker(load_voices())

    @cached_property
    def sources(self) -> list[Source]:
        """What each edition's documents share."""
        return [source_of(self.programme, Marts(e.marts), e.audience, self.provenance) for e in self.editions]

    @cached_property
    def office(self) -> Office:
        """What the workbooks share; they are the administration's own and hold its figures."""
        marts = next(
            (edition.marts for edition in self.editions if edition.audience == "internal"), self.editions[0].marts
        )
        rounds = tuple(held.key for held in self.sources[0].frame.rounds)
        return Office(self.programme, rounds, marts, self.provenance)

    def listed(self, source: Source) -> list[Listed]:
        """Every document of an edition with its files."""
        has_workbooks = source.frame.audience == "internal"
        return [
            Listed(
                entry,
                has_pdf=self._has_pdf(entry),
                has_workbook=has_workbooks and entry.kind == "municipality",
            )
            for entry in (*entries(source, self.say), *appendix_entries(self.say.voices))
        ]

    def jobs(self) -> list[Job]:
        """Everything to be written, the largest first; a unit that any edition has is one job."""
        units = dict.fromkeys(place.unit for source in self.sources for place in all_places(source))
        themes = dict.fromkeys(family for source in self.sources for family in families(source))
        whole, *others = units
        return [
            Job(whole),
            Job(is_appendix=True),
            *(Job(family=family) for family in themes),
            *(Job(unit) for unit in others),
        ]

    def work(self, job: Job) -> None:
        """Write a job's documents in every edition, language and format; equal figures are drawn once."""
        drawn: dict[str, Drawn] = {}
        if job.is_appendix:
            for document in self._appendices():
                self._write_document(document, {}, [edition.out for edition in self.editions])
            return
        for edition, source in zip(self.editions, self.sources, strict=True):
            for document in self._documents(source, job):
                drawings = draw(document.charts, self.say.voices, drawn.setdefault(document.entry.name, {}))
                self._write_document(document, drawings, [edition.out])
                if edition.audience == "internal" and document.entry.kind == "municipality" and job.unit is not None:
                    made = workbook(self.office, job.unit[1], self.say.voices["da"])
                    _write(edition.out / "da" / f"{document.entry.name}.xlsx", made)

    def _write_document(self, document: Document, drawings: Drawings, folders: list[Path]) -> None:
        """A document in every language and format, into each of the folders."""
        has_pdf = self._has_pdf(document.entry)
        for language, voice in self.say.voices.items():
            page = render_html(document, drawings, voice, has_pdf).encode()
            paper = render_pdf(document, drawings, voice) if has_pdf else None
            for folder in folders:
                file = folder / language / document.entry.name
                _write(file.with_name(f"{file.name}.html"), page)
                if paper is not None:
                    _write(file.with_name(f"{file.name}.pdf"), paper)

    def _has_pdf(self, entry: Entry) -> bool:
        return self.pdf == "all" or entry.kind in JOINT or entry.name.endswith("-programme")

    def _appendices(self) -> list[Document]:
        """The documents about the release itself, made from what everyone may see: the same in every edition."""
        chosen = next((edition for edition in self.editions if edition.audience == "public"), self.editions[0])

        def rows(mart: str, columns: str) -> list[Row]:
            return list(read_columns(chosen.marts / f"{mart}.parquet", columns.split()).to_pylist())

        given = Appendix(
            programme=self.programme,
            rounds=tuple(held.key for held in self.sources[0].frame.rounds),
            provenance=self.provenance,
            voices=self.say.voices,
            reliability=rows("reliability", "mapping respondent_group theme verdict suppressed"),
            comparability=rows(
                "item_comparability", "mapping respondent_group theme item_id is_trend drift is_flagged suppressed"
            ),
        )
        return [method_document(given), data_book(given)]

    def _documents(self, source: Source, job: Job) -> list[Document]:
        if job.family is not None:
            return [theme_document(source, self.say, job.family)]
        place = next((place for place in all_places(source) if place.unit == job.unit), None)
        return [] if place is None else documents_of(source, self.say, place)


def _done(desk: Desk, jobs: list[Job], workers: int, documents: int) -> Iterator[None]:
    """Do the jobs, in worker processes where that is faster; yields after each."""
    wanted = min(workers, len(jobs), documents // WORTH_A_PROCESS)
    if wanted <= 1:
        for job in jobs:
            desk.work(job)
            yield
        return
    # spawn: a fork of a process that runs DuckDB or Dagster threads can hang.
    light = (desk.programme, desk.editions, desk.provenance, desk.pdf)
    with ProcessPoolExecutor(wanted, get_context("spawn"), _start_worker, light) as pool:
        running = [pool.submit(_work, job) for job in jobs]
        try:
            for one in as_completed(running):
                one.result()
                yield
        finally:
            pool.shutdown(cancel_futures=True)


_worker: list[Desk] = []
"""What this worker process was started with."""


def _start_worker(programme: Programme, editions: tuple[Edition, ...], provenance: Provenance, pdf: Papers) -> None:
    _worker[:] = [Desk(programme, editions, provenance, pdf)]


def _work(job: Job) -> None:
    _worker[0].work(job)


def _write(file: Path, content: bytes) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    except OSError as error:
        raise StorageError(
            f"{file}: the page cannot be written: {error.strerror or error}; check disk and rights"
        ) from None
