"""Writing an audience's documents: every document of `documents`, in every language, and the index.

Belongs here: files and worker processes. Does not belong here: what stands in a document, and how a format is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import cached_property
from multiprocessing import get_context
from pathlib import Path

from pipelines.errors import StorageError
from pipelines.marts import Audience
from pipelines.programme import Programme
from pipelines.reporting.content import Source, source_of
from pipelines.reporting.documents import all_places, documents_of, entries, families, theme_document
from pipelines.reporting.figures import Drawn, draw
from pipelines.reporting.html import render_html
from pipelines.reporting.index import render_index
from pipelines.reporting.model import LANGUAGES, Document, Provenance
from pipelines.reporting.reading import Marts, Unit
from pipelines.reporting.texts import Speaker, load_voices

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
    """What one worker does at a time: all documents of a unit, or the document of one theme."""

    unit: Unit | None = None
    family: str | None = None


def write_reports(
    programme: Programme,
    editions: Sequence[Edition],
    provenance: Provenance,
    workers: int = 1,
    progress: Callable[[str], None] = _quiet,
) -> list[Path]:
    """Write, per edition, `out/{da,en}/<document>.html` for every document and `out/index.html`.

    Editions are written together: where two of them show the same figures, these are drawn once.

    Args:
        programme: whose names and texts the documents use.
        editions: audiences with their marts, the only source of figures; other files in their folders are left alone.
        provenance: where the figures come from.
        workers: processes at most; few documents are written in this one.
        progress: told after each unit.

    Returns:
        Every file written, each edition's index first.

    Raises:
        StorageError: a mart is missing or damaged, or a file cannot be written.
    """
    desk = Desk(programme, tuple(editions), provenance)
    jobs = desk.jobs()
    written = []
    for edition, source in zip(desk.editions, desk.sources, strict=True):
        index = edition.out / "index.html"
        listed = entries(source, desk.say)
        _write(index, render_index(source, listed, load_voices()))
        written.append(index)
        written += [edition.out / language / f"{entry.name}.html" for language in LANGUAGES for entry in listed]
    for number, _ in enumerate(_done(desk, jobs, workers, len(written)), 1):
        progress(f"reports: {number}/{len(jobs)}")
    return written


class Desk:
    """What it takes to write documents; marts are read when they are first asked for, so that it travels light."""

    def __init__(self, programme: Programme, editions: tuple[Edition, ...], provenance: Provenance) -> None:
        self.programme, self.editions, self.provenance = programme, editions, provenance

    @cached_property
    def say(self) -> Speaker:
        """Words in every language."""
        return Speaker(load_voices())

    @cached_property
    def sources(self) -> list[Source]:
        """What each edition's documents share."""
        return [source_of(self.programme, Marts(e.marts), e.audience, self.provenance) for e in self.editions]

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
            for document in self._documents(source, job):
                drawings = draw(document.charts, self.say.voices, drawn.setdefault(document.entry.name, {}))
                for language, voice in self.say.voices.items():
                    file = edition.out / language / f"{document.entry.name}.html"
                    _write(file, render_html(document, drawings, voice))

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
    light = (desk.programme, desk.editions, desk.provenance)
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


def _start_worker(programme: Programme, editions: tuple[Edition, ...], provenance: Provenance) -> None:
    _worker[:] = [Desk(programme, editions, provenance)]


def _work(job: Job) -> None:
    _worker[0].work(job)


def _write(file: Path, text: str) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode())
    except OSError as error:
        raise StorageError(
            f"{file}: the page cannot be written: {error.strerror or error}; check disk and rights"
        ) from None
