"""Writing an audience's documents: every document of `documents`, in every language and format, workbooks, and the index.

Belongs here: files and worker processes. Does not belong here: what stands in a document, and how a format is written.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from pipelines.errors import StorageError
from pipelines.marts import Audience
from pipelines.programme import Programme
from pipelines.reporting.canvas import Drawing
from pipelines.reporting.content import Source, source_of
from pipelines.reporting.data_book import data_book
from pipelines.reporting.documents import all_places, documents_of, entries, families, theme_document
from pipelines.reporting.exports import archive
from pipelines.reporting.figures import Drawn, draw
from pipelines.reporting.html import render_html
from pipelines.reporting.index import PLACES, Listed, render_index
from pipelines.reporting.method import Appendix, appendix_entries, method_document
from pipelines.reporting.model import Document, Entry, Provenance
from pipelines.reporting.pdf import forget, render_pdf
from pipelines.reporting.reading import Marts, Row, Unit, read_columns, records
from pipelines.reporting.records import Place
from pipelines.reporting.texts import Speaker, Voice, load_voices
from pipelines.reporting.workbook import Office, workbook
from pipelines.settings import Extent, Papers
from pipelines.workers import PickledOnce, Workers

JOINT = ("programme", "method", "data_book")
"""Documents of the whole programme; others of them end in their name."""

FORMATS: Mapping[str, Callable[[Document, Mapping[str, Drawing], Voice], bytes]] = {
    "html": lambda document, drawings, voice: render_html(document, drawings, voice).encode(),
    "pdf": render_pdf,
    "zip": archive,
}
"""How a document becomes a file, by the file's ending."""


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
    """What one worker does at a time: a unit's documents or its workbook, the document of one theme, or the appendices."""

    unit: Unit | None = None
    is_workbook: bool = False
    family: str | None = None
    is_appendix: bool = False


def write_reports(
    programme: Programme,
    editions: Sequence[Edition],
    provenance: Provenance,
    workers: Workers | None = None,
    progress: Callable[[str], None] = _quiet,
    documents: Extent = "all",
    pdf: Papers = "all",
) -> list[Path]:
    """Write, per edition, `out/{da,en}/<document>.html` and `….pdf` for every document and `out/index.html`.

    The internal edition has a workbook per municipality beside its documents: `out/da/municipality-<id>.xlsx`.

    Beside a læringsrapport lies `<document>.zip` with its charts and tables.

    Editions are written together: where two of them show the same, it is drawn and set once.

    Args:
        programme: whose names and texts the documents use.
        editions: audiences with their marts, the only source of figures; other files in their folders are left alone.
        provenance: where the figures come from.
        workers: processes that share the work with this one.
        progress: told after each job.
        documents: whether all are written, or a sample.
        pdf: which documents are written as PDF too.

    Returns:
        Every file written, each edition's index first.

    Raises:
        StorageError: a mart is missing or damaged, or a file cannot be written.
    """
    desk, hands = Desk(programme, tuple(editions), provenance, documents, pdf), workers or Workers(0)
    # Workers begin with the largest, this process takes the smallest until they meet.
    given = [hands.give(desk.work, job) for job in desk.jobs()]
    written = desk.write_index()
    for number, one in enumerate(reversed(given), 1):
        one.result()
        progress(f"reports: {number}/{len(given)}")
    return written


class Desk(PickledOnce):
    """What it takes to write documents; marts are read when they are first asked for, once a process."""

    def __init__(
        self,
        programme: Programme,
        editions: tuple[Edition, ...],
        provenance: Provenance,
        extent: Extent = "all",
        pdf: Papers = "all",
    ) -> None:
        self.programme, self.editions, self.provenance = programme, editions, provenance
        self.extent, self.pdf = extent, pdf

    def __getstate__(self) -> dict[str, object]:
        """What a worker makes its own desk from: what was read does not travel."""
        return {name: vars(self)[name] for name in ("programme", "editions", "provenance", "extent", "pdf")}

    @cached_property
    def say(self) -> Speaker:
        """Words in every language."""
        return Speaker(load_voices())

    @cached_property
    def sources(self) -> list[Source]:
        """What each edition's documents share."""
        found = [source_of(self.programme, Marts(e.marts), e.audience, self.provenance) for e in self.editions]
        return found if self.extent == "all" else [source.sample() for source in found]

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
            Listed(entry, self.formats(entry), has_workbook=has_workbooks and entry.kind == "municipality")
            for entry in (*entries(source, self.say), *appendix_entries(self.say.voices))
        ]

    def formats(self, entry: Entry) -> tuple[str, ...]:
        """Endings of the files that a document becomes in each language."""
        on_paper = {
            "all": True,
            "joint": entry.kind in JOINT or entry.name.endswith("-programme"),
            "report": entry.kind == "programme",
        }
        return (
            "html",
            *(("pdf",) if on_paper[self.pdf] else ()),
            *(("zip",) if entry.has_archive else ()),
        )

    def jobs(self) -> Iterator[Job]:
        """Everything to be written; a unit that any edition has is one job.

        The largest come first: a worker can begin with them before this process has read the marts, which tell of the
        others. Workbooks stand where those who begin at the front meet the one who begins at the end: they are so small
        that neither waits long for the other.
        """
        whole = ("programme", self.programme.slug)
        yield Job(whole)
        yield Job(is_appendix=True)
        for family in dict.fromkeys(family for source in self.sources for family in families(source)):
            yield Job(family=family)
        units = dict.fromkeys(place.unit for source in self.sources for place in all_places(source))
        if any(edition.audience == "internal" for edition in self.editions):
            yield from (Job(unit, is_workbook=True) for unit in units if unit[0] == "municipality")
        yield from (Job(unit) for unit in units if unit != whole)

    def write_index(self) -> list[Path]:
        """Write each edition's list of documents; returns its files and those that it lists."""
        written = []
        for edition, source in zip(self.editions, self.sources, strict=True):
            listed = self.listed(source)
            for language, place in PLACES.items():
                _write(edition.out / place, render_index(source, listed, self.say.voices, language).encode())
                written.append(edition.out / place)
            written += [edition.out / name for one in listed for name in one.files]
        return written

    def work(self, job: Job) -> None:
        """Write a job's documents in every edition, language and format, the editions of each one after the other."""
        everywhere = [edition.out for edition in self.editions]
        if job.is_appendix:
            for document in self._appendices():
                self._write([(document, everywhere)])
            return
        if job.is_workbook:
            for edition, source in zip(self.editions, self.sources, strict=True):
                if edition.audience == "internal" and (place := _place(source, job)) is not None:
                    made = workbook(self.office, place.unit[1], self.say.voices["da"])
                    _write(edition.out / "da" / f"{place.document}.xlsx", made)
            return
        found: dict[str, list[tuple[Document, list[Path]]]] = defaultdict(list)
        for edition, source in zip(self.editions, self.sources, strict=True):
            for document in self.documents(source, job):
                found[document.entry.name].append((document, [edition.out]))
        for editions in found.values():
            self._write(editions)

    def _write(self, editions: list[tuple[Document, list[Path]]]) -> None:
        """One document in every language and format: its editions, each into its folders."""
        drawn: Drawn = {}
        drawings = [draw(document.charts, self.say.voices, drawn) for document, _ in editions]
        for language, voice in self.say.voices.items():
            for (document, folders), figures in zip(editions, drawings, strict=True):
                formats = self.formats(document.entry)
                shown = replace(document, has_pdf="pdf" in formats, links_to_pdf=self.pdf == "all")
                for ending in formats:
                    made = FORMATS[ending](shown, figures, voice)
                    for folder in folders:
                        _write(folder / language / f"{document.entry.name}.{ending}", made)
            if any("pdf" in self.formats(document.entry) for document, _ in editions):
                forget()

    def _appendices(self) -> list[Document]:
        """The documents about the release itself, made from what everyone may see: the same in every edition."""
        chosen = next((edition for edition in self.editions if edition.audience == "public"), self.editions[0])

        def rows(mart: str, columns: str) -> list[Row]:
            return records(read_columns(chosen.marts / f"{mart}.parquet", columns.split()))

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

    def documents(self, source: Source, job: Job) -> list[Document]:
        """A job's documents in one edition."""
        if job.family is not None:
            return [theme_document(source, self.say, job.family)]
        place = _place(source, job)
        return [] if place is None else documents_of(source, self.say, place)


def _place(source: Source, job: Job) -> Place | None:
    """A job's unit in one edition, which need not have it."""
    return next((place for place in all_places(source) if place.unit == job.unit), None)


def _write(file: Path, content: bytes) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    except OSError as error:
        raise StorageError(
            f"{file}: the page cannot be written: {error.strerror or error}; check disk and rights"
        ) from None
