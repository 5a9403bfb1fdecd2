"""Writing an audience's reports: one page per municipality and one for the programme, in every language, and the index.

Belongs here: files and worker processes. Does not belong here: what stands on a page.
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
from pipelines.reporting.content import Source, page_of, source_of
from pipelines.reporting.figures import draw_page
from pipelines.reporting.model import LANGUAGES, Provenance
from pipelines.reporting.names import page_names
from pipelines.reporting.reading import read_marts
from pipelines.reporting.render import PROGRAMME_PAGE, render_index, render_page
from pipelines.reporting.texts import load_voices

WORTH_A_PROCESS = 100
"""Figures from which a worker process pays: starting one takes about as long as drawing so many."""


def _quiet(_message: str) -> None:
    """Progress that nobody listens to."""


@dataclass(frozen=True)
class Edition:
    """One audience's pages: whose, from which suppressed marts, into which folder."""

    audience: Audience
    marts: Path
    out: Path


def write_reports(
    programme: Programme,
    editions: Sequence[Edition],
    provenance: Provenance,
    workers: int = 1,
    progress: Callable[[str], None] = _quiet,
) -> list[Path]:
    """Write, per edition, `out/{da,en}/programme.html`, `out/{da,en}/municipality-<id>.html` and `out/index.html`.

    Editions are written together: where two of them show the same figures, these are drawn once.

    Args:
        programme: whose names and texts the pages use.
        editions: audiences with their marts, the only source of figures; other files in their folders are left alone.
        provenance: where the figures come from.
        workers: processes at most; few pages are written in this one.
        progress: told after each report.

    Returns:
        Every file written, each edition's index first.

    Raises:
        StorageError: a mart is missing or damaged, or a page cannot be written.
    """
    desk = _Desk(programme, tuple(editions), provenance)
    names = page_names(desk.sources[0].municipalities)
    units: list[tuple[str | None, str]] = [(None, PROGRAMME_PAGE), *names.items()]
    for edition, source in zip(desk.editions, desk.sources, strict=True):
        _write(edition.out / "index.html", render_index(source, names, load_voices()))
    for number, _ in enumerate(_pages_written(desk, units, workers), 1):
        progress(f"reports: {number}/{len(units)}")
    pages = [f"{language}/{name}" for language in LANGUAGES for _, name in units]
    return [edition.out / page for edition in editions for page in ("index.html", *pages)]


class _Desk:
    """What it takes to write a unit's pages; marts are read when they are first asked for, so that it travels light."""

    def __init__(self, programme: Programme, editions: tuple[Edition, ...], provenance: Provenance) -> None:
        self.programme, self.editions, self.provenance = programme, editions, provenance

    @cached_property
    def sources(self) -> list[Source]:
        """What each edition's pages share."""
        return [source_of(self.programme, read_marts(e.marts), e.audience, self.provenance) for e in self.editions]

    def write_unit(self, unit: str | None, name: str) -> None:
        """One unit's page in every edition and language; content is made once an edition, equal figures are drawn once."""
        voices, drawn = load_voices(), None
        for edition, source in zip(self.editions, self.sources, strict=True):
            page = page_of(source, unit)
            drawn = draw_page(page, voices, drawn)
            for language in LANGUAGES:
                text = render_page(page, drawn.tally, drawn.figures, voices[language], name)
                _write(edition.out / language / name, text)


def _pages_written(desk: _Desk, units: list[tuple[str | None, str]], workers: int) -> Iterator[None]:
    """Write each unit's pages, in worker processes where that is faster; yields after each unit."""
    figures = len(units) * (1 + 3 * len(desk.sources[0].groups))
    wanted = min(workers, len(units), figures // WORTH_A_PROCESS)
    if wanted <= 1:
        for unit, name in units:
            desk.write_unit(unit, name)
            yield
        return
    # spawn: a fork of a process that runs DuckDB or Dagster threads can hang.
    light = (desk.programme, desk.editions, desk.provenance)
    with ProcessPoolExecutor(wanted, get_context("spawn"), _start_worker, light) as pool:
        jobs = [pool.submit(_work, unit, name) for unit, name in units]
        try:
            for job in as_completed(jobs):
                job.result()
                yield
        finally:
            pool.shutdown(cancel_futures=True)


_worker: list[_Desk] = []
"""What this worker process was started with."""


def _start_worker(programme: Programme, editions: tuple[Edition, ...], provenance: Provenance) -> None:
    _worker[:] = [_Desk(programme, editions, provenance)]


def _work(unit: str | None, name: str) -> None:
    _worker[0].write_unit(unit, name)


def _write(file: Path, text: str) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode())
    except OSError as error:
        raise StorageError(
            f"{file}: the page cannot be written: {error.strerror or error}; check disk and rights"
        ) from None
