"""An extract against its contract: columns, codes, municipalities, institutions, grades.

Belongs here: the checks of one file, each giving findings. Does not belong here: what is done about them (`raw`), checks
over several files or of numbers (validation).
"""

from __future__ import annotations

import duckdb
import pyarrow as pa

from pipelines.extract.content import PHANTOM, ROW
from pipelines.extract.deliveries import Delivery
from pipelines.extract.findings import Action, Finding
from pipelines.extract.placing import SET_ASIDE
from pipelines.extract.privacy import sayable
from pipelines.programme import Programme


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
    declared = [*roles, *variables]
    if sum(name in present for name in declared) * 2 < len(declared):
        # Perhaps the header is missing: then the first row stands in its place, and may not be repeated in a message.
        message = "has few of the declared columns; is the header missing, or the dialect another?"
        return [*findings, _finding(delivery, "no_header", message, "stop", row=extract.dialect.skip_rows + 1)]
    for position, name in enumerate(present, start=1):
        if name == PHANTOM:
            findings.append(
                _finding(delivery, "phantom_column", "a trailing column without a name is left out", "note")
            )
        elif name not in known:
            message = "is not in the codebook; add it there, or list it under `ignored` in programme.yaml"
            findings.append(_finding(delivery, "unknown_column", message, "stop", sayable(name, position)))
    return findings


def check_roles(programme: Programme, delivery: Delivery, con: duckdb.DuckDBPyConnection) -> list[Finding]:
    """Values of the roles, on the view `respondent` (columns as in raw, plus `file_row` and the set-aside `reason`)."""
    columns = delivery.extract.columns
    findings = []
    checks: list[tuple[str, str, str, str, Action]] = [
        (
            "no_respondent_id",
            "respondent_number is null and reason is null",
            columns.respondent_id[0],
            "there is no respondent number",
            "stop",
        ),
        (
            "unknown_municipality",
            "(municipality_id is null or municipality_id not in (select municipality_id from municipalities)) "
            "and coalesce(reason, '') not in ('blank_row', 'repeated_header', 'totals_row', 'not_a_record', 'correction')",
            columns.municipality_id,
            "the municipality is not in municipalities.csv; add it there or correct the file",
            "stop",
        ),
        (
            "bad_institution",
            "institution_id is null and reason is null",
            columns.institution_id,
            "is not an institution number",
            "stop",
        ),
    ]
    for role in ("gender", "status", "background"):
        column = getattr(columns, role)
        if column is not None and role in delivery.extract.values:
            checks.append(
                (
                    f"undeclared_{role}",
                    f"{role}_code is not null and {role} is null and reason is null",
                    column,
                    f"a code that `values.{role}` of programme.yaml does not declare",
                    "stop",
                )
            )
    if columns.submitted_at is not None:
        layout = delivery.extract.dialect.date_format
        message = f"is not a date of the declared form {layout}"
        checks.append(
            (
                "bad_date",
                "submitted_code is not null and submitted_on is null and reason is null",
                columns.submitted_at,
                message,
                "stop",
            )
        )
    for reason, condition, checked, message, action in checks:
        [(rows, row)] = con.execute(f"select count(*), min(file_row) from respondent where {condition}").fetchall()
        if rows:
            findings.append(_finding(delivery, reason, message, action, checked, row, rows))
    set_aside = con.execute(
        "select reason, count(*), min(file_row) from respondent where reason is not null group by reason order by reason"
    ).fetchall()
    for why, rows, row in set_aside:
        part, text = SET_ASIDE[why]
        named = getattr(columns, part) if part else None
        place = named[-1] if isinstance(named, tuple) else named
        findings.append(_finding(delivery, why, f"{text}; set aside", "set aside", place, row, rows))
    return findings


def check_codes(programme: Programme, delivery: Delivery, con: duckdb.DuckDBPyConnection) -> list[Finding]:
    """Codes of the kept rows' answers that the codebook does not declare, on `respondent`, `answer` and `declared_code`.

    A few are set aside answer by answer; more than the programme allows of a variable's answers stop the file.
    """
    found = con.execute(
        """
        with per_code as (
            select variable, code, count(*) as n, min(file_row) as first_row from answer group by variable, code
        ),
        judged as (
            select per_code.*, declared_code.code is null as is_undeclared
            from per_code left join declared_code using (variable, code)
        )
        select variable, sum(n) filter (is_undeclared)::bigint, min(first_row) filter (is_undeclared), sum(n)::bigint
        from judged group by variable having bool_or(is_undeclared) order by variable
        """
    ).fetchall()
    most = programme.definition.intake.max_undeclared_share
    findings = []
    for variable, rows, row, answers in found:
        is_too_many = rows > most * answers
        action: Action = "stop" if is_too_many else "set aside"
        message = "a code that the codebook does not declare; " + (
            f"{rows / answers:.1%} of the answers, {most:.1%} are allowed: add it to scales.csv or correct the file"
            if is_too_many
            else "the answer is set aside"
        )
        findings.append(_finding(delivery, "undeclared_code", message, action, variable, row, rows))
    return findings


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
