"""An extract against its contract: columns, codes, municipalities, institutions, grades.

Belongs here: the checks of one file, each giving findings. Does not belong here: what is done about them (`raw`), checks
over several files or of numbers (validation).
"""

from __future__ import annotations

import re
from collections.abc import Container, Mapping

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipelines.extract.columns import Column, pooled
from pipelines.extract.content import PHANTOM, ROW, Content
from pipelines.extract.deliveries import Delivery
from pipelines.extract.findings import Action, Finding
from pipelines.extract.matrix import Matrix
from pipelines.extract.placing import SET_ASIDE
from pipelines.extract.privacy import sayable
from pipelines.programme import Programme

_SECOND_BYTES = {bytes([byte]).decode("cp1252", "ignore") for byte in range(0x80, 0xC0)} | {
    chr(byte) for byte in range(0x80, 0xC0)
}
MISREAD = f"[ÂÃ][{''.join(re.escape(one) for one in sorted(_SECOND_BYTES) if one)}]|â€|\ufffd"
"""UTF-8 of Danish letters and of quotation marks as it looks in Windows-1252 or Latin-1 (RE2)."""
DECIMAL = re.compile(r"-?\d+[.,]\d+")


def check_columns(programme: Programme, delivery: Delivery, content: Content, asked: Container[str]) -> list[Finding]:
    """Header against codebook and roles: a declared column that is missing stops, one that nobody declared is set aside.

    Args:
        programme: its `ignored` columns are the extract's.
        delivery: the file.
        content: what it holds.
        asked: variables of the codebook; none for a roster.
    """
    extract = delivery.extract
    roles = extract.columns.columns()
    variables = sorted(asked) if extract.content == "answers" else []  # type: ignore[call-overload]
    optional = {extract.columns.simulated}
    present = [name for name in content.table.column_names if name != ROW]
    known = {*variables, *roles, *extract.ignored}
    undeclared = [
        (name, sayable(name, position))
        for position, name in enumerate(present, start=1)
        if name not in known and name != PHANTOM
    ]
    missing = [name for name in [*roles, *variables] if name not in present and name not in optional]
    declared = [*roles, *variables]
    if sum(name in present for name in declared) * 2 < len(declared):
        # Perhaps the header is missing: then the first row stands in its place, and may not be repeated in a message.
        message = "has few of the declared columns; is the header missing, or the dialect another?"
        findings = [
            finding(delivery, "missing_column", "is declared but not in the file", "stop", name) for name in missing
        ]
        return [*findings, finding(delivery, "no_header", message, "stop", row=extract.dialect.skip_rows + 1)]
    instead = f" (not in the codebook: {', '.join(shown for _, shown in undeclared[:3])})" if undeclared else ""
    message = f"is declared but not in the file{instead}; correct the codebook or the file"
    findings = [finding(delivery, "missing_column", message, "stop", name) for name in missing]
    message = "is not in the codebook: not loaded; add it there, or list it under `ignored` in programme.yaml"
    findings += [finding(delivery, "unknown_column", message, "set aside", shown) for _, shown in undeclared]
    if PHANTOM in present:
        message = "a trailing column without a name is left out"
        findings.append(finding(delivery, "phantom_column", message, "note"))
    if content.had_mark:
        message = "a byte order mark before the header is left out"
        findings.append(finding(delivery, "byte_order_mark", message, "note", row=extract.dialect.skip_rows + 1))
    return findings


def check_encoding(delivery: Delivery, columns: Mapping[str, Column], rows: NDArray[np.int64]) -> list[Finding]:
    """Text that was written in one encoding and read in another somewhere on its way: a single cell stops the file."""
    message = "holds letters that were misread on the way (as Ã¦ for æ): have the file delivered in one encoding"
    findings = []
    listed = list(columns.values())
    header = pa.array([column.name for column in listed], pa.string())
    for number in np.flatnonzero(_misread(header)):
        shown = f"number {listed[int(number)].position}"
        findings.append(finding(delivery, "mojibake", message, "stop", shown, delivery.extract.dialect.skip_rows + 1))
    cells, owner, within = pooled(columns, 2)
    misread = _misread(cells)
    for number in np.unique(owner[misread]):
        column = listed[int(number)]
        chosen = np.zeros(len(column.values), dtype=bool)
        chosen[within[misread & (owner == number)]] = True
        hits = column.rows_of(chosen)
        shown = sayable(column.name, column.position)
        findings.append(finding(delivery, "mojibake", message, "stop", shown, int(rows[hits[0]]), len(hits)))
    return findings


def check_quotes(delivery: Delivery, columns: Mapping[str, Column], rows: NDArray[np.int64]) -> list[Finding]:
    """A quote that was opened and not closed: what follows, whole rows of it, stands in one cell."""
    message = "a quote is opened here and not closed: the rows that follow are swallowed; correct the file"
    many = max((len(columns) - 1) // 2, 2)
    findings = []
    listed = list(columns.values())
    cells, owner, within = pooled(columns, many)
    broken = np.flatnonzero(pc.match_substring_regex(cells, r"[\r\n]").to_numpy(zero_copy_only=False))
    for place in broken.tolist():
        if cells[place].as_py().count(delivery.extract.dialect.delimiter) >= many:
            column = listed[int(owner[place])]
            chosen = np.zeros(len(column.values), dtype=bool)
            chosen[within[place]] = True
            first = int(rows[column.rows_of(chosen)[0]])
            shown = sayable(column.name, column.position)
            findings.append(finding(delivery, "unclosed_quote", message, "stop", shown, first))
    return findings


def _misread(cells: pa.StringArray) -> NDArray[np.bool_]:
    """Which cells hold UTF-8 read as Windows-1252 or Latin-1, or the mark of a letter that could not be read."""
    found: NDArray[np.bool_] = np.zeros(len(cells), dtype=bool)
    suspects = np.flatnonzero(~pc.string_is_ascii(cells).to_numpy(zero_copy_only=False))
    if len(suspects):
        matching = pc.match_substring_regex(cells.take(pa.array(suspects)), MISREAD)
        found[suspects] = matching.to_numpy(zero_copy_only=False)
    return found


def check_roles(delivery: Delivery, con: duckdb.DuckDBPyConnection) -> list[Finding]:
    """Values of the roles, on the view `respondent` (columns as in raw, plus `file_row` and the set-aside `reason`)."""
    columns = delivery.extract.columns
    findings = []
    checks: list[tuple[str, str, str | None, str, Action]] = [
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
    for role in ("gender", "status", "background", "step", "significant"):
        column = getattr(columns, role)
        if isinstance(column, str) and role in delivery.extract.values:
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
    if isinstance(columns.status, tuple):
        message = "more or less than one of the status columns is marked; the answers themselves decide"
        condition = "status_marks <> 1 and reason is null"
        checks.append(("status_inconsistent", condition, columns.status[0], message, "note"))
    if delivery.extract.content == "answers":
        message = "the same answer to everything, questions of both directions among them; flagged"
        checks.append(("straight_lining", "is_straight_lined and reason is null", None, message, "note"))
        message = "opened, but nothing is answered: counts in the response rate only"
        condition = "n_answers = 0 and reason is null and status in ('completed', 'started')"
        checks.append(("no_answers", condition, None, message, "note"))
        message = "answers such as don't know: not scored, counted separately"
        checks.append(("declined", "n_declined > 0 and reason is null", None, message, "note"))
    for reason, condition, checked, message, action in checks:
        [(rows, row)] = con.execute(f"select count(*), min(file_row) from respondent where {condition}").fetchall()
        if rows:
            findings.append(finding(delivery, reason, message, action, checked, row, rows))
    set_aside = con.execute(
        "select reason, count(*), min(file_row) from respondent where reason is not null group by reason order by reason"
    ).fetchall()
    for why, rows, row in set_aside:
        part, text = SET_ASIDE[why]
        named = getattr(columns, part) if part else None
        place = named[-1] if isinstance(named, tuple) else named
        findings.append(finding(delivery, why, f"{text}; set aside", "set aside", place, row, rows))
    return findings


def check_roster(delivery: Delivery, con: duckdb.DuckDBPyConnection) -> list[Finding]:
    """Answers against the roster that was read before them, on `respondent` and `listed`.

    Who is on no roster is in no response rate. More answers than the roster has names is an error (method.md 9).
    """
    column = delivery.extract.columns.respondent_id[-1]
    [(rows, row)] = con.execute(
        "select count(*), min(file_row) from respondent "
        "where reason is null and respondent_id not in (select respondent_id from listed)"
    ).fetchall()
    [(answered, listed)] = con.execute(
        "select (select count(distinct respondent_id) from respondent where reason is null), "
        "(select count(distinct respondent_id) from listed)"
    ).fetchall()
    findings = []
    if rows:
        message = (
            "the roster does not list the respondent: was a class deleted and made again? Counts in no response rate"
        )
        findings.append(finding(delivery, "not_on_roster", message, "note", column, row, rows))
    if answered > listed:
        message = f"{answered} respondents, and the roster lists {listed}: the roster or the file is not the right one"
        findings.append(finding(delivery, "above_roster", message, "stop", column, row, answered - listed))
    crowded = con.execute(
        """
        with answering as (
            select institution_id, count(distinct respondent_id) as n, min(file_row) as first_row
            from respondent where reason is null group by institution_id
        ),
        invited as (select institution_id, count(distinct respondent_id) as n from listed group by institution_id)
        select count(*), min(first_row)
        from answering left join invited using (institution_id)
        where answering.n > coalesce(invited.n, 0)
        """
    ).fetchall()
    institutions, first = crowded[0]
    if institutions and answered <= listed:
        message = f"{institutions} institutions have more respondents than the roster lists: response above 100 %"
        place = delivery.extract.columns.institution_id
        findings.append(finding(delivery, "above_roster", message, "note", place, first, institutions))
    return findings


def check_codes(
    programme: Programme, delivery: Delivery, matrix: Matrix, kept: NDArray[np.bool_], rows: NDArray[np.int64]
) -> list[Finding]:
    """Codes of the kept rows' answers that the codebook does not declare.

    A few are set aside answer by answer; more than the programme allows of a variable's answers stop the file, and so does
    a number with another decimal mark than the dialect declares.
    """
    undeclared = matrix.undeclared(kept)
    most = programme.definition.intake.max_undeclared_share
    findings = []
    for number in np.flatnonzero(undeclared.any(axis=0)):
        hits = np.flatnonzero(undeclared[:, number])
        answers = int(((matrix.cells[:, number] > 0) & kept).sum())
        odd = {matrix.codes[place] for place in np.unique(matrix.cells[hits, number]).tolist()}
        if any(DECIMAL.fullmatch(code) for code in odd):
            mark = delivery.extract.dialect.decimal
            message = (
                f"a number is written with another decimal mark than the dialect declares ({mark!r}): correct either"
            )
            reason, action = "decimal_mark", "stop"
        else:
            reason, action = "undeclared_code", "stop" if len(hits) > most * answers else "set aside"
            message = "a code that the codebook does not declare; " + (
                f"{len(hits) / answers:.1%} of the answers, {most:.1%} are allowed: add it to scales.csv or correct the file"
                if action == "stop"
                else "the answer is set aside"
            )
        variable, first = matrix.variables[int(number)], int(rows[hits[0]])
        findings.append(finding(delivery, reason, message, action, variable, first, len(hits)))  # type: ignore[arg-type]
    return findings


def finding(
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
