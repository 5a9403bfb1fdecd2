"""An extract against its contract: columns, codes, municipalities, institutions, grades.

Belongs here: the checks of one file, each giving findings. Does not belong here: what is done about them (`raw`), checks
over several files or of numbers (validation).
"""

from __future__ import annotations

import duckdb
import pyarrow as pa

from pipelines.extract.deliveries import Delivery
from pipelines.extract.findings import Action, Finding
from pipelines.extract.formats import ROW
from pipelines.programme import Programme

PHANTOM = "__phantom"


def check_columns(programme: Programme, delivery: Delivery, table: pa.Table) -> list[Finding]:
    """Header against codebook and roles: a declared column that is missing or a column nobody declared stops the run."""
    extract = delivery.extract
    roles = extract.columns.columns()
    variables: set[str] = set()
    if extract.content == "answers":
        variables = set(programme.asked(delivery.mapping, extract.respondent_group)["variable"])
    optional = {extract.columns.simulated}
    present = [name for name in table.column_names if name != ROW]
    findings = [
        _finding(
            delivery,
            "missing_column",
            "is declared but not in the file; correct the codebook or the file",
            "stop",
            name,
        )
        for name in [*roles, *sorted(variables)]
        if name not in present and name not in optional
    ]
    known = variables | set(roles) | set(extract.ignored)
    for name in present:
        if name == PHANTOM:
            findings.append(
                _finding(delivery, "phantom_column", "a trailing column without a name is left out", "note")
            )
        elif name not in known:
            message = "is not in the codebook; add it there, or list it under `ignored` in programme.yaml"
            findings.append(_finding(delivery, "unknown_column", message, "stop", name))
    return findings


def check_roles(programme: Programme, delivery: Delivery, con: duckdb.DuckDBPyConnection) -> list[Finding]:
    """Values of the roles, on the view `respondent` (columns as in raw, plus `file_row` and the set-aside `reason`)."""
    columns = delivery.extract.columns
    findings = []
    checks: list[tuple[str, str, str, str, Action]] = [
        (
            "no_respondent_id",
            "respondent_number is null",
            columns.respondent_id[0],
            "there is no respondent number",
            "stop",
        ),
        (
            "unknown_municipality",
            "municipality_id is null or municipality_id not in (select municipality_id from municipalities)",
            columns.municipality_id,
            "the municipality is not in municipalities.csv; add it there or correct the file",
            "stop",
        ),
        ("bad_institution", "institution_id is null", columns.institution_id, "is not an institution number", "stop"),
    ]
    for role in ("gender", "status", "background"):
        column = getattr(columns, role)
        if column is not None and role in delivery.extract.values:
            checks.append(
                (
                    f"undeclared_{role}",
                    f"{role}_code is not null and {role} is null",
                    column,
                    f"a code that `values.{role}` of programme.yaml does not declare",
                    "stop",
                )
            )
    if columns.grade is not None:
        checks.append(
            ("bad_grade", "grade_code is not null and grade is null", columns.grade, "is not a grade", "stop")
        )
    if columns.submitted_at is not None:
        layout = delivery.extract.dialect.date_format
        message = f"is not a date of the declared form {layout}"
        checks.append(
            ("bad_date", "submitted_code is not null and submitted_on is null", columns.submitted_at, message, "stop")
        )
    for reason, condition, column, message, action in checks:
        [(rows, row)] = con.execute(f"select count(*), min(file_row) from respondent where {condition}").fetchall()
        if rows:
            findings.append(_finding(delivery, reason, message, action, column, row, rows))
    set_aside = con.execute(
        "select reason, count(*), min(file_row) from respondent where reason is not null group by reason order by reason"
    ).fetchall()
    column_of = {"unknown_institution": columns.institution_id, "grade_outside_group": columns.grade}
    for reason, rows, row in set_aside:
        findings.append(_finding(delivery, reason, SET_ASIDE[reason], "set aside", column_of[reason], row, rows))
    return findings


SET_ASIDE = {
    "unknown_institution": "the institution is not in institutions.csv for this municipality; the row is set aside",
    "grade_outside_group": "the grade does not belong to the respondent group; the row is set aside",
}
"""Reasons for which a row is set aside, and how a finding says it."""


def check_codes(delivery: Delivery, con: duckdb.DuckDBPyConnection) -> list[Finding]:
    """Codes of the answers that the codebook does not declare, on the views `answer` and `declared_code`."""
    found = con.execute(
        """
        with per_code as (
            select variable, code, count(*) as n, min(file_row) as first_row from answer group by variable, code
        )
        select variable, sum(n)::bigint, min(first_row)
        from per_code anti join declared_code using (variable, code)
        group by variable order by variable
        """
    ).fetchall()
    message = "a code that the codebook does not declare; add it to scales.csv or correct the file"
    return [
        _finding(delivery, "undeclared_code", message, "stop", variable, row, rows) for variable, rows, row in found
    ]


def _finding(
    delivery: Delivery,
    reason: str,
    message: str,
    action: Action,
    column: str | None = None,
    row: int | None = None,
    rows: int = 1,
) -> Finding:
    """A finding in this delivery."""
    return Finding(delivery.mapping, delivery.name, reason, message, action, row, column, rows)
