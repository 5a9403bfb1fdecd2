"""Writing an audience's documents: every document of `documents`, in every language, and the index.

Belongs here: files and worker processes. Does not belong here: what stands in a document, and how a format is written.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from pipelines.errors import StorageError
from pipelines.marts import Audience
from pipelines.programme import Programme
from pipelines.reporting.canvas import Drawing
from pipelines.reporting.content import Source, source_of
from pipelines.reporting.documents import all_places, documents_of, entries, families, theme_document
from pipelines.reporting.exports import archive
from pipelines.reporting.figures import Drawn, draw
from pipelines.reporting.html import render_html
from pipelines.reporting.index import render_index
from pipelines.reporting.model import ARCHIVED, LANGUAGES, Document, DocumentKind, Provenance
from pipelines.reporting.reading import Marts, Unit
from pipelines.reporting.texts import Speaker, Voice, load_voices
from pipelines.settings import Profiles
from pipelines.workers import Workers

FORMATS: Mapping[str, Callable[[Document, Mapping[str, Drawing], Voice], bytes]] = {
    "html": lambda document, drawings, voice: render_html(document, drawings, voice).encode(),
    "zip": archive,
}
"""How a document becomes a file, by the file's ending."""


def formats_of(kind: DocumentKind) -> tuple[str, ...]:
    """The files that a document of this kind becomes."""
    return ("html", "zip") if kind in ARCHIVED else ("html",)


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
    """What one worker does at a time: all documents of a unit, or the document of one theme."""

    unit: Unit | None = None
    family: str | None = None


def write_reports(
    programme: Programme,
    editions: Sequence[Edition],
    provenance: Provenance,
    workers: Workers | None = None,
    progress: Callable[[str], None] = _quiet,
    profiles: Profiles = "all",
) -> list[Path]:
    """Write, per edition, `out/{da,en}/<document>.html` for every document and `out/index.html`.

    Beside a læringsrapport lies `<document>.zip` with its charts and tables.

    Editions are written together: where two of them show the same figures, these are drawn once.

    Args:
        programme: whose names and texts the documents use.
        editions: audiences with their marts, the only source of figures; other files in their folders are left alone.
        provenance: where the figures come from.
        workers: processes that share the work with this one.
        progress: told after each unit.
        profiles: whether all schools have a document, or those of the first municipality only.

    Returns:
        Every file written, each edition's index first.

    Raises:
        StorageError: a mart is missing or damaged, or a file cannot be written.
    """
    desk = Desk(programme, tuple(editions), provenance, profiles)
    jobs = desk.jobs()
    written = []
    for edition, source in zip(desk.editions, desk.sources, strict=True):
        index = edition.out / "index.html"
        listed = entries(source, desk.say)
        _write(index, render_index(source, listed, load_voices()).encode())
        written.append(index)
        written += [
            edition.out / language / f"{entry.name}.{ending}"
            for language in LANGUAGES
            for entry in listed
            for ending in formats_of(entry.kind)
        ]
    for number, _ in enumerate(_done(desk, jobs, workers), 1):
        progress(f"reports: {number}/{len(jobs)}")
    return written


class Desk:
    """What it takes to write documents; marts are read when they are first asked for, so that it travels light."""

    def __init__(
        self, programme: Programme, editions: tuple[Edition, ...], provenance: Provenance, profiles: Profiles = "all"
    ) -> None:
        self.programme, self.editions, self.provenance, self.profiles = programme, editions, provenance, profiles

    @cached_property
    def say(self) -> Speaker:
        """Words in every language."""
        return Speaker(load_voices())

    @cached_property
    def sources(self) -> list[Source]:
        """What each edition's documents share."""
        found = [source_of(self.programme, Marts(e.marts), e.audience, self.provenance) for e in self.editions]
        return found if self.profiles == "all" else [_with_first_schools(source) for source in found]

    def jobs(self) -> list[Job]:
        """Everything to be written, the largest first; a unit that any edition has is one job."""
        units = dict.fromkeys(place.unit for source in self.sources for place in all_places(source))
        themes = dict.fromkeys(family for source in self.sources for family in families(source))
        whole, *others = units
        return [Job(whole), *(Job(family=family) for family in themes), *(Job(unit) for unit in others)]

    def work(self, job: Job) -> None:
        """Write a job's documents in every edition and language; equal figures are drawn once."""
        drawn: dict[str, Drawn] = {}
        for edition, source in zip(self.editions, self.sources, strict=True):
            for document in self.documents(source, job):
                drawings = draw(document.charts, self.say.voices, drawn.setdefault(document.entry.name, {}))
                for language, voice in self.say.voices.items():
                    for ending in formats_of(document.entry.kind):
                        file = edition.out / language / f"{document.entry.name}.{ending}"
                        _write(file, FORMATS[ending](document, drawings, voice))

    def documents(self, source: Source, job: Job) -> list[Document]:
        """A job's documents in one edition."""
        if job.family is not None:
            return [theme_document(source, self.say, job.family)]
        place = next((place for place in all_places(source) if place.unit == job.unit), None)
        return [] if place is None else documents_of(source, self.say, place)


def _with_first_schools(source: Source) -> Source:
    """As if only the schools of the first municipality that has any had a document."""
    first = next((place.unit[1] for place in source.municipalities if source.schools[place.unit[1]]), None)
    return replace(
        source,
        schools={
            town: schools if town == first else tuple(replace(school, document=None) for school in schools)
            for town, schools in source.schools.items()
        },
    )


def _done(desk: Desk, jobs: list[Job], workers: Workers | None) -> Iterator[None]:
    """Do the jobs, on all of the run's processes; yields after each.

    Workers begin with the largest, this process takes the smallest until they meet.
    """
    if workers is None:
        for job in jobs:
            desk.work(job)
            yield
        return
    parcel = pickle.dumps((desk.programme, desk.editions, desk.provenance, desk.profiles))
    _desks[parcel] = desk
    try:
        given = [workers.give(_work, parcel, job) for job in jobs]
        for one in reversed(given):
            one.result()
            yield
    finally:
        _desks.clear()


_desks: dict[bytes, Desk] = {}
"""The desk of this process's reports, by what it was made from: marts are read once a process."""


def _work(parcel: bytes, job: Job) -> None:
    if parcel not in _desks:
        _desks.clear()
        _desks[parcel] = Desk(*pickle.loads(parcel))  # noqa: S301 - from our own parent process
    _desks[parcel].work(job)


def _write(file: Path, content: bytes) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    except OSError as error:
        raise StorageError(
            f"{file}: the page cannot be written: {error.strerror or error}; check disk and rights"
        ) from None
