"""One pupil's own sheet, made on demand from the current release's warehouse; it is never part of a release.

Belongs here: finding the pupil by number or pseudonym, and writing the sheet where only its owner may read it. Does not belong
here: what stands in it (`reporting.pupil`), Dagster.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any, cast

import duckdb

from pipelines import __version__
from pipelines.errors import ConfigurationError
from pipelines.extract import pseudonym_of
from pipelines.files import private_folder, write_atomically
from pipelines.programme import Programme
from pipelines.release import current_release, read_manifest
from pipelines.reporting import Measured, Provenance, write_pupil_sheet
from pipelines.settings import Settings
from pipelines.warehouse import DATABASE

WHOSE = "pupil"
"""Kind of person whose numbers results are delivered under."""


def write_sheet(
    programme: Programme, settings: Settings, number: str, out: Path, *, is_pseudonym: bool = False
) -> list[Path]:
    """Write a pupil's sheet in Danish and English.

    Args:
        programme: whose tests.
        settings: home with the current release and the key of the pseudonyms.
        number: the pupil's number as delivered, or the pseudonym.
        out: folder for `da.html` and `en.html`, readable by its owner alone; not inside a release.
        is_pseudonym: what `number` is.

    Returns:
        The files.

    Raises:
        ConfigurationError: there is no release of the programme, no such pupil, or `out` lies in a release. It never repeats
            the number.
    """
    release = current_release(settings.home)
    path = settings.home / DATABASE
    if release is None or not path.exists():
        raise ConfigurationError(f"{settings.home} has no release yet; run `kortlaegning run` first")
    if out.absolute().resolve().is_relative_to((settings.home / "releases").absolute().resolve()):
        raise ConfigurationError(f"{out}: lies in a release; a pupil's sheet is part of none: name another folder")
    pseudonym = number.strip() if is_pseudonym else pseudonym_of(settings, programme.slug, WHOSE, number)
    with duckdb.connect(str(path), read_only=True) as con:
        [(built_for,)] = con.execute("select release_id from raw.built_for").fetchall()
        if built_for != release or not release.startswith(f"{programme.slug}-"):
            raise ConfigurationError(
                f"{path}: is not the warehouse of a release of {programme.slug}; run `kortlaegning run` again"
            )
        measured = _measured(con, pseudonym)
        [(simulated,)] = con.execute("select coalesce(bool_or(is_simulated), false) from raw.results").fetchall()
    if not measured:
        raise ConfigurationError(
            "no measurements of such a pupil in the current release; is the number written as in the extracts, or is it a "
            "pseudonym (--pseudonym)?"
        )
    about = read_manifest(settings.home / "releases" / release)
    inputs = tuple(
        (one["mapping"], one["file"], one["sha256"]) for one in cast("list[dict[str, str]]", about["inputs"])
    )
    provenance = Provenance(release, __version__, inputs, simulated=bool(simulated))
    pages = write_pupil_sheet(programme, measured, provenance)
    private_folder(out)
    written = []
    for language, page in pages.items():
        write_atomically(out / f"{language}.html", page, mode=0o600)
        written.append(out / f"{language}.html")
    return written


def _measured(con: duckdb.DuckDBPyConnection, pseudonym: str | None) -> list[Measured]:
    """The pupil's own rows, test by test and school year by school year."""
    rows = con.execute(
        """
        select results.test, results.school_year, results.measurement, results.submitted_on, results.score, gains.sem, gains.rci
        from stg_results as results
        left join int_pupil_gains as gains
            on results.respondent_group = gains.respondent_group
            and results.respondent_id = gains.respondent_id
            and results.test = gains.test
            and results.school_year = gains.school_year
        where results.respondent_id = ? and results.kind = 'measurement' and results.score is not null
            and not results.is_figure
        order by results.test, results.school_year, results.measurement
        """,
        [pseudonym],
    ).fetchall()
    found: dict[tuple[str, str], list[tuple[Any, ...]]] = {}
    for row in rows:
        found.setdefault((row[0], row[1]), []).append(row[2:])
    return [
        Measured(test, year, tuple(_score(row) for row in own), sem=own[0][3], rci=own[0][4])
        for (test, year), own in found.items()
    ]


def _score(row: tuple[Any, ...]) -> tuple[int, date | None, float]:
    """Number, day and score of one measurement."""
    return int(row[0]), row[1], float(row[2])
