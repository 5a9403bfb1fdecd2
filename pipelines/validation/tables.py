"""The tables that are validated: an extract as raw Parquet, a sample of staging, the marts of a candidate.

Belongs here: reading them, no more of them than a check needs. Does not belong here: the checks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines.marts import Audience
from pipelines.programme import Programme
from pipelines.validation.derived import NOT_FINITE
from pipelines.validation.results import CheckResult
from pipelines.validation.run import could_not_run, run_suite
from pipelines.validation.suites import Suite, load_suites

RESPONDENTS = "extract_respondents"
CODES = "extract_codes"
RESULTS = "extract_results"

RESPONDENT_COLUMNS = [
    "mapping",
    "respondent_group",
    "respondent_id",
    "rater_id",
    "municipality_id",
    "institution_id",
    "grade",
    "gender",
    "is_simulated",
    "file_id",
    "file_row",
]
"""Columns of raw `respondents` that the suite reads."""

RESULT_COLUMNS = [
    *(name for name in RESPONDENT_COLUMNS if name not in ("rater_id", "gender")),
    "test",
    "school_year",
    "measurement",
    "score",
    "step",
    "percentile",
    "pupils",
]
"""Columns of raw `results` that the suite reads."""

SAMPLE = 1000
"""Respondents of a sample, about."""

READ_ERRORS = (OSError, pa.ArrowException, duckdb.Error)


def validate_extract(
    programme: Programme, raw_parts: Path, mapping: str, group: str, suites: dict[str, Suite] | None = None
) -> list[CheckResult]:
    """Check what one mapping and respondent group delivered.

    Args:
        programme: the programme.
        raw_parts: folder with `respondents/*.parquet` and `answers/*.parquet`; answers are counted by DuckDB, never held.
        mapping: key of the mapping.
        group: code of the respondent group.
        suites: those of `expectations/` when left out.
    """
    return _validate_raw(programme, raw_parts, mapping, group, suites, ((RESPONDENTS, _respondents), (CODES, _codes)))


def validate_results(
    programme: Programme, raw_parts: Path, mapping: str, group: str, suites: dict[str, Suite] | None = None
) -> list[CheckResult]:
    """Check the results of tests that one mapping and respondent group delivered (`results/*.parquet`); likewise."""
    return _validate_raw(programme, raw_parts, mapping, group, suites, ((RESULTS, _results),))


def _validate_raw(
    programme: Programme,
    raw_parts: Path,
    mapping: str,
    group: str,
    suites: dict[str, Suite] | None,
    readers: Sequence[tuple[str, Callable[[Programme, Path, str, str], pd.DataFrame]]],
) -> list[CheckResult]:
    """Suites of raw Parquet, each with how its table is read."""
    suites = load_suites() if suites is None else suites
    context = {"mapping": mapping, "respondent_group": group}
    results = []
    for name, read in readers:
        suite = suites[name]
        try:
            frame = read(programme, raw_parts, mapping, group)
        except READ_ERRORS as error:
            what = "is missing" if isinstance(error, FileNotFoundError) else f"cannot be read ({type(error).__name__})"
            results += could_not_run(suite, context, f"raw Parquet of {mapping}/{group} {what}")
            continue
        results += run_suite(suite, frame, programme, context)
    return results


def staging_samples(
    con: duckdb.DuckDBPyConnection, suites: dict[str, Suite] | None = None
) -> list[tuple[Suite, pd.DataFrame | None]]:
    """A sample of what staging made: one respondent in so and so many, with all answers.

    The sample follows from the respondents' keys: the same data give the same sample.

    Args:
        con: the candidate's warehouse after staging.
        suites: those of `expectations/` when left out.

    Returns:
        Each suite of staging with its rows; None where they cannot be read.
    """
    suites = load_suites() if suites is None else suites
    [(respondents,)] = con.execute("select count(*) from stg_respondents").fetchall()
    step = max(respondents // SAMPLE, 1)
    samples: list[tuple[Suite, pd.DataFrame | None]] = []
    for suite in (suite for suite in suites.values() if suite.stage == "staging"):
        order = ", ".join(suite.key)
        try:
            frame = con.execute(f"select * from {suite.table} where respondent_key % {step} = 0 order by {order}").df()
        except READ_ERRORS:
            frame = None
        samples.append((suite, frame))
    return samples


def validate_sample(programme: Programme, suite: Suite, sample: pd.DataFrame | None) -> list[CheckResult]:
    """Check a sample of a staging table; None is one that could not be read."""
    context = {"stage": "sample"}
    if sample is None:
        return could_not_run(suite, context, f"{suite.table} cannot be read")
    return run_suite(suite, sample, programme, context)


def mart_suites(suites: dict[str, Suite] | None = None) -> list[tuple[Suite, Audience]]:
    """Suites of marts with each audience that they hold for; those of `expectations/` when left out."""
    suites = load_suites() if suites is None else suites
    return [(suite, audience) for suite in suites.values() if suite.stage == "mart" for audience in suite.audiences]


def validate_marts(programme: Programme, marts_dir: Path) -> list[CheckResult]:
    """Check every mart of a candidate for every audience, one after the other."""
    return [
        result for suite, audience in mart_suites() for result in validate_mart(programme, marts_dir, suite, audience)
    ]


def validate_mart(programme: Programme, marts_dir: Path, suite: Suite, audience: Audience) -> list[CheckResult]:
    """Check a mart of a candidate, as one audience will get it.

    Args:
        programme: the programme.
        marts_dir: folder with `<audience>/<mart>.parquet`.
        suite: the mart's expectations.
        audience: whose mart.
    """
    context = {"audience": audience}
    path = marts_dir / audience / f"{suite.table}.parquet"
    try:
        frame = read_mart(path)
    except READ_ERRORS as error:
        what = "is missing" if not path.exists() else f"cannot be read ({type(error).__name__})"
        return could_not_run(suite, context, f"marts/{audience}/{path.name} {what}")
    return run_suite(suite, frame, programme, context)


def read_mart(path: Path) -> pd.DataFrame:
    """A mart as a frame, with the column `not_finite`: how many numbers of the row are NaN or infinite in the file."""
    table = pq.ParquetFile(path).read()
    strange = np.zeros(table.num_rows, dtype=np.int64)
    for field in table.schema:
        if pa.types.is_floating(field.type):
            finite = pc.fill_null(pc.is_finite(table.column(field.name)), True)
            strange += ~finite.to_numpy().astype(bool)
    frame: pd.DataFrame = table.to_pandas(ignore_metadata=True)
    return frame.assign(**{NOT_FINITE: strange})


def _respondents(_: Programme, folder: Path, *__: str) -> pd.DataFrame:
    """The accepted records, without their answers."""
    return _read_parts(folder / "respondents", RESPONDENT_COLUMNS)


def _results(_: Programme, folder: Path, *__: str) -> pd.DataFrame:
    """The accepted results of tests."""
    return _read_parts(folder / "results", RESULT_COLUMNS)


def _read_parts(folder: Path, columns: Sequence[str]) -> pd.DataFrame:
    """All parts of a raw table. A column that is absent is told by the check that needs it."""
    parts = [pq.ParquetFile(path) for path in _parts(folder)]
    tables = [part.read(columns=[c for c in columns if c in part.schema_arrow.names]) for part in parts]
    frame: pd.DataFrame = pa.concat_tables(tables, promote_options="permissive").to_pandas(ignore_metadata=True)
    return frame


def _codes(programme: Programme, folder: Path, mapping: str, group: str) -> pd.DataFrame:
    """One row per variable and whether its codes are declared: mapping, respondent_group, variable, asked, declared, n.

    A variable that is asked and has no answer has a row with n = 0.
    """
    asked = programme.asked(mapping, group)[["variable", "scale"]]
    declared = asked.merge(programme.scales[["scale", "code"]], on="scale")[["variable", "code"]]
    files = [str(path) for path in _parts(folder / "answers")]
    # A cursor of the process's own database: to open one more takes longer than to count the answers of most extracts.
    with duckdb.default_connection().cursor() as con:
        con.register("asked", pa.table({"variable": pa.array(asked["variable"].tolist(), pa.string())}))
        con.register("declared", pa.Table.from_pandas(declared.drop_duplicates(), preserve_index=False))
        frame = con.execute(
            """
            with counted as (
                select variable, code, count(*) as n from read_parquet($files) group by variable, code
            ),
            judged as (
                select counted.variable, declared.code is not null as declared, sum(counted.n)::bigint as n
                from counted
                left join declared on counted.variable = declared.variable and counted.code = declared.code
                group by all
                union all
                select variable, true, 0 from asked where variable not in (select variable from counted)
            )
            select variable, variable in (select variable from asked) as asked, declared, n
            from judged order by variable, declared
            """,
            {"files": files},
        ).df()
    frame.insert(0, "mapping", mapping)
    frame.insert(1, "respondent_group", group)
    return frame


def _parts(folder: Path) -> Iterable[Path]:
    """The Parquet parts of a raw table.

    Raises:
        FileNotFoundError: there are none.
    """
    found = sorted(folder.glob("*.parquet"))
    if not found:
        raise FileNotFoundError(folder.name)
    return found
