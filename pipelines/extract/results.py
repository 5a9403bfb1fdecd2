"""Academic results in an extract: what a row says of a test, which rows of one pupil go together, and what is wrong with them.

Belongs here: the columns that results have besides those of every record, rules over several rows of a pupil, and findings.
Does not belong here: what every extract has (`raw`, `placing`, `contract`), and any figure (dbt).

A row is one pupil's result of one measurement of a test in a school year; where the extract declares a column `pupils`, it is a
school's figure, and the declared number of the respondent only tells rows apart. Rules over rows, in this order:

* the same measurement of a pupil at two institutions: all of its rows are set aside (`two_schools`);
* the same measurement twice: the latest is kept (`duplicate`);
* a measurement with a higher number and an earlier day: the pupil's measurements of that test and school year are set aside
  (`out_of_order`).

They hold within a file, which this package sets aside from, and over all files of a school year whatever mapping or group
they were delivered in: there dbt applies them (`stg_results_placed`), since the files of a mapping are read without the others.
`check` tells both, with file and row. A pupil who has changed institution between two measurements stays; dbt counts such a
pupil only where both were.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import duckdb
import pandas as pd
import pyarrow as pa

from pipelines.extract.contract import finding
from pipelines.extract.deliveries import Delivery
from pipelines.extract.findings import Action, Finding
from pipelines.extract.placing import DUPLICATE, SET_ASIDE
from pipelines.programme import Extract, Programme
from pipelines.programme.definition import STEPS

SERIES = """
    left join tests as series
        on record.test = series.test
        and record.school_year >= series.from_year
        and (series.to_year is null or record.school_year < series.to_year)
"""
"""The row of tests.csv that holds for a record."""

RESULT_COLUMNS = (
    "programme",
    "mapping",
    "respondent_group",
    "respondent_key",
    "respondent_id",
    "municipality_id",
    "institution_id",
    "class_id",
    "grade",
    "gender",
    "background",
    "submitted_on",
    "is_simulated",
    "file_id",
    "file_row",
    "test",
    "school_year",
    "measurement",
    "score",
    "step",
    "percentile",
    "expected",
    "is_significant",
    "pupils",
    "is_figure",
)
"""Columns of the raw table `results`; `is_figure` tells a school's figure from a pupil's result."""

NUMBERS = ("score", "percentile", "expected", "pupils", "measurement")


def series_of(programme: Programme) -> pa.Table:
    """The tests as records are judged by them: test, from_year, to_year (null: no end), score_min, score_max."""
    frame = programme.tests[["test", "from_year", "to_year", "score_min", "score_max"]]
    text, number = pa.string(), pa.float64()
    schema = pa.schema(
        [("test", text), ("from_year", text), ("to_year", text), ("score_min", number), ("score_max", number)]
    )
    cells = {name: [None if pd.isna(cell) or cell == "" else cell for cell in frame[name]] for name in schema.names}
    return pa.table({name: pa.array(cells[name], schema.field(name).type) for name in schema.names}, schema)


def record_parts(extract: Extract, column: Callable[[str | None], str]) -> dict[str, str]:
    """SQL of what a result has besides every record; `…_code` is the cell as delivered.

    Args:
        extract: its columns, values and decimal mark.
        column: SQL of a column's cell, blank ones null.
    """
    roles = extract.columns
    parts = {f"{role}_code": column(getattr(roles, role)) for role in (*NUMBERS, "test", "school_year")}
    mark = extract.dialect.decimal
    for role in NUMBERS:
        cell = parts[f"{role}_code"]
        # Neither another mark than the declared one (a thousands dot) nor nan or inf is a number.
        parts[role] = (
            f"case when regexp_full_match({cell}, '-?[0-9]{{1,15}}([{mark}][0-9]{{1,15}})?') "
            f"then cast(replace({cell}, '{mark}', '.') as double) end"
        )
    if roles.measurement is None:
        parts["measurement"] = "1"
    parts["measurement"] = f"try_cast({parts['measurement']} as integer)"
    parts["test"] = _recoded(extract, "test", parts["test_code"])
    year = parts["school_year_code"]
    first, last = (f"try_cast(regexp_extract({year}, '{_YEARS}', {place}) as integer)" for place in (1, 2))
    parts["school_year"] = (
        f"case when ({first} + 1) % 100 = {last} % 100 then {first} || '/' || right(cast({first} + 1 as varchar), 2) end"
    )
    for role in ("step", "significant"):
        parts[f"{role}_code"] = column(getattr(roles, role))
        parts[role] = _recoded(extract, role, parts[f"{role}_code"])
    steps = " ".join(f"when '{name}' then {number}" for number, name in enumerate(STEPS, start=1))
    named = parts["step"]
    parts["step"] = f"case {named} {steps} end" if roles.step else "null::integer"
    parts["is_significant"] = f"cast({parts['significant']} as boolean)"
    parts["is_figure"] = "true" if roles.pupils else "false"
    return parts


_YEARS = r"^([0-9]{4})\s*[/-]\s*([0-9]{4}|[0-9]{2})$"


def _recoded(extract: Extract, role: str, cell: str) -> str:
    """The canonical value of a cell; the cell itself where no codes are declared."""
    recode = extract.values.get(role)  # type: ignore[call-overload]
    if recode is None:
        return cell

    def text(value: str) -> str:
        return "'" + value.replace("'", "''") + "'"

    return f"case {cell} {' '.join(f'when {text(code)} then {text(value)}' for code, value in recode.items())} end"


def place_results(con: duckdb.DuckDBPyConnection, table: str = "respondent") -> None:
    """Apply the rules over several rows of a pupil to a table of records, of one file or of several."""
    same = "respondent_id, test, school_year, measurement"
    con.execute(
        f"""
        update {table} set reason = 'two_schools'
        from (
            select {same} from {table} where reason is null
            group by {same} having count(distinct institution_id) > 1
        ) as several
        where {" and ".join(f"{table}.{name} = several.{name}" for name in same.split(", "))}
            and {table}.reason is null
        """
    )
    con.execute(
        f"""
        update {table} set reason = '{DUPLICATE}', kept_row = ranked.kept
        from (
            select file_id, file_row, row_number() over best as place, first_value(file_row) over best as kept
            from {table}
            where reason is null
            window best as (partition by {same} order by submitted_on desc nulls last, respondent_key desc)
        ) as ranked
        where ranked.place > 1 and ranked.file_id = {table}.file_id and ranked.file_row = {table}.file_row
        """
    )
    con.execute(
        f"""
        update {table} set reason = 'out_of_order'
        from (
            select distinct respondent_id, test, school_year
            from (
                select *, max(submitted_on) over (
                    partition by respondent_id, test, school_year order by measurement
                    rows between unbounded preceding and 1 preceding
                ) as latest_before
                from {table}
                where reason is null
            )
            where submitted_on < latest_before
        ) as mixed
        where {table}.respondent_id = mixed.respondent_id and {table}.test = mixed.test
            and {table}.school_year = mixed.school_year and {table}.reason is null
        """
    )


KEPT = "result_kept"
"""Table of the session: kept results of the files looked at so far, for `between_files`."""


def keep_results(con: duckdb.DuckDBPyConnection) -> None:
    """Remember the kept results of the file that was just read."""
    listed = (
        "file_id, file_row, respondent_key, respondent_id, institution_id, test, school_year, measurement, submitted_on, "
        "reason, kept_row"
    )
    kept = f"select {listed} from respondent where reason is null"
    con.execute(f"create temp table if not exists {KEPT} as {kept} limit 0")
    con.execute(f"insert into {KEPT} {kept}")


def between_files(con: duckdb.DuckDBPyConnection, deliveries: Sequence[Delivery]) -> list[Finding]:
    """What the rules find over several files of a mapping, of the rows that each file keeps; forgets the rows.

    Args:
        con: of the session.
        deliveries: the files of results that were looked at.
    """
    if not con.execute("select 1 from duckdb_tables() where table_name = ?", [KEPT]).fetchall():
        return []
    place_results(con, KEPT)
    found = con.execute(
        f"select file_id, reason, count(*), min(file_row) from {KEPT} where reason is not null "
        "group by file_id, reason order by file_id, reason"
    ).fetchall()
    con.execute(f"drop table {KEPT}")
    by_file = {delivery.sha256[:16]: delivery for delivery in deliveries}
    findings = []
    for file_id, reason, rows, row in found:
        delivery = by_file[file_id]
        role, message = SET_ASIDE[reason]
        column = getattr(delivery.extract.columns, str(role))
        name = column[-1] if isinstance(column, tuple) else column
        findings.append(finding(delivery, reason, f"{message} (over several files)", "set aside", name, row, rows))
    return findings


def check_results(programme: Programme, delivery: Delivery, con: duckdb.DuckDBPyConnection) -> list[Finding]:
    """Findings of what only results have, on the table `respondent`."""
    roles = delivery.extract.columns
    checks: list[tuple[str, str, str | None, str, Action]] = [
        (
            "bad_school_year",
            "school_year is null and reason is null",
            roles.school_year,
            "is not a school year like 2015/16",
            "stop",
        ),
        (
            "unknown_test",
            "reason is null and not exists (select 1 from tests where tests.test = respondent.test "
            "and respondent.school_year >= tests.from_year)",
            roles.test,
            "tests.csv has no such test for the school year (or `values.test` of programme.yaml does not name the code)",
            "stop",
        ),
        (
            "no_result",
            "score is null and step is null and percentile is null and reason is null",
            roles.score or roles.step or roles.percentile,
            "there is no result: the pupil counts nowhere",
            "note",
        ),
        (
            "bad_percentile",
            "(percentile < 1 or percentile > 100) and reason is null",
            roles.percentile,
            "is not between 1 and 100",
            "stop",
        ),
    ]
    for role in NUMBERS:
        if getattr(roles, role) is not None:
            mark = delivery.extract.dialect.decimal
            message = f"is not a number with the decimal mark that the dialect declares ({mark!r})"
            checks.append(
                (
                    f"bad_{role}",
                    f"{role}_code is not null and {role} is null and reason is null",
                    getattr(roles, role),
                    message,
                    "stop",
                )
            )
    message = "changed institution between two measurements: counts only where both were"
    moved = (
        "reason is null and respondent_id in (select respondent_id from respondent where reason is null "
        "group by respondent_id, test, school_year having count(distinct institution_id) > 1)"
    )
    checks.append(("moved_institution", moved, roles.institution_id, message, "note"))
    findings = []
    for reason, condition, column, message, action in checks:
        [(rows, row)] = con.execute(f"select count(*), min(file_row) from respondent where {condition}").fetchall()
        if rows:
            findings.append(finding(delivery, reason, message, action, column, row, rows))
    return findings + _changed_scale(programme, delivery, con)


def _changed_scale(programme: Programme, delivery: Delivery, con: duckdb.DuckDBPyConnection) -> list[Finding]:
    """More scores off the declared scale than are slips: the test has another scale than tests.csv says."""
    most = programme.definition.intake.max_undeclared_share
    found = con.execute(
        f"""
        select test, school_year, min(file_row) filter (reason = 'outside_scale') as first_row,
            count(*) filter (reason = 'outside_scale') as outside, count(score) as scores
        from respondent where test is not null and (reason is null or reason = 'outside_scale')
        group by test, school_year
        having outside > {most} * scores
        order by test, school_year
        """
    ).fetchall()
    message = (
        "{share:.1%} of the scores of {test} in {year} do not lie on the scale that tests.csv declares: has the scale changed? "
        "Give the test a row with from_year {year}, its scale and the reason"
    )
    return [
        finding(
            delivery,
            "changed_scale",
            message.format(share=outside / scores, test=test, year=year),
            "stop",
            delivery.extract.columns.score,
            row,
            outside,
        )
        for test, year, row, outside, scores in found
    ]
