"""Writing an audience's reports: one page per municipality and one for the programme, in every language, and the index.

Belongs here: files and worker processes. Does not belong here: what stands on a page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
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


def write_reports(
    programme: Programme,
    marts: Path,
    out: Path,
    audience: Audience,
    provenance: Provenance,
    workers: int = 1,
    progress: Callable[[str], None] = _quiet,
) -> list[Path]:
    """Write `out/{da,en}/programme.html`, `out/{da,en}/municipality-<id>.html` and `out/index.html`.

    Args:
        programme: whose names and texts the pages use.
        marts: the folder of this audience's suppressed marts, the only source of figures.
        out: receives the pages; other files there are left alone.
        audience: `public` or `internal`.
        provenance: where the figures come from.
        workers: processes at most; few pages are written in this one.
        progress: told after each report.

    Returns:
        Every file written, the index first.

    Raises:
        StorageError: a mart is missing or damaged, or a page cannot be written.
    """
    source = source_of(programme, read_marts(marts), audience, provenance)
    names = page_names(source.municipalities)
    units: list[tuple[str | None, str]] = [(None, PROGRAMME_PAGE), *names.items()]
    _write(out / "index.html", render_index(source, names, load_voices()))
    for number, _ in enumerate(_pages_written(source, units, out, workers), 1):
        progress(f"reports {audience}: {number}/{len(units)}")
    return [out / "index.html", *(out / language / name for language in LANGUAGES for _, name in units)]


def _pages_written(source: Source, units: list[tuple[str | None, str]], out: Path, workers: int) -> Iterator[None]:
    """Write each unit's pages, in worker processes where that is faster; yields after each unit."""
    figures = len(units) * (1 + 3 * len(source.groups))
    wanted = min(workers, len(units), figures // WORTH_A_PROCESS)
    if wanted <= 1:
        for unit, name in units:
            _write_unit(source, unit, name, out)
            yield
        return
    # spawn: a fork of a process that runs DuckDB or Dagster threads can hang.
    with ProcessPoolExecutor(wanted, get_context("spawn"), _start_worker, (source, out)) as pool:
        jobs = [pool.submit(_work, unit, name) for unit, name in units]
        try:
            for job in as_completed(jobs):
                job.result()
                yield
        finally:
            pool.shutdown(cancel_futures=True)


_worker: list[tuple[Source, Path]] = []
"""What this worker process was started with."""


def _start_worker(source: Source, out: Path) -> None:
    _worker[:] = [(source, out)]


def _work(unit: str | None, name: str) -> None:
    source, out = _worker[0]
    _write_unit(source, unit, name, out)


def _write_unit(source: Source, unit: str | None, name: str, out: Path) -> None:
    """One unit's page in every language; content and figures are made once."""
    voices = load_voices()
    page = page_of(source, unit)
    tally_drawing, figures = draw_page(page, voices)
    for language in LANGUAGES:
        _write(out / language / name, render_page(page, tally_drawing, figures, voices[language], name))


def _write(file: Path, text: str) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode())
    except OSError as error:
        raise StorageError(
            f"{file}: the page cannot be written: {error.strerror or error}; check disk and rights"
        ) from None
