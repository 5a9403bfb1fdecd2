"""Where each row of a file ends: kept, superseded by another row, or set aside under a named reason.

Belongs here: the reasons, in the order in which they are looked for, and what a finding says of them. Does not belong here:
what stops a whole file (`contract`, `privacy`) and the sum over files (the mart `extract_reconciliation`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from pipelines.extract.columns import Column
from pipelines.extract.content import ROW
from pipelines.programme import Extract, Mapping, Programme, RespondentGroup

NOT_A_RECORD = "not_a_record"
DUPLICATE = "duplicate"
FORGOTTEN = "forgotten"

SET_ASIDE = {
    "blank_row": (None, "the row is empty"),
    "repeated_header": (None, "the header stands here again"),
    "totals_row": (None, "a totals or notes row, not a respondent"),
    NOT_A_RECORD: (None, "a line with a single cell: a note, or the rest of a broken text"),
    "correction": (None, "set aside by corrections.csv"),
    FORGOTTEN: (None, "asked to be removed; run `kortlaegning forget` again to take the row out of the landing folder"),
    "test": ("respondent_id", "a test respondent, or answered before the mapping opened (`intake` of programme.yaml)"),
    "unknown_institution": (
        "institution_id",
        "the institution is not in institutions.csv; declare a correction if it is a slip",
    ),
    "other_municipality": (
        "institution_id",
        "the institution is not in institutions.csv for this municipality; declare a correction if it is a slip",
    ),
    "wrong_institution_kind": ("institution_id", "the institution is not of the kind that the group belongs to"),
    "closed_institution": (
        "institution_id",
        "the institution had closed before this mapping (institution_lineage.csv)",
    ),
    "grade_not_read": ("grade", "is not a grade"),
    "grade_outside_group": ("grade", "the grade does not belong to the respondent group"),
    "other_school": ("institution_id", "the roster lists the pupil at another institution"),
    "straight_lined": (None, "the same answer throughout (`intake.straight_lining` of programme.yaml)"),
    "late": ("submitted_at", "answered after the mapping closed (`intake.late_answers` of programme.yaml)"),
    "outside_school_year": ("submitted_at", "the day does not lie in the school year of the result"),
    "outside_scale": ("score", "the score does not lie on the scale that tests.csv declares for the school year"),
    "two_schools": (
        "institution_id",
        "the same measurement of the pupil stands at two institutions, and nobody can know which is right; declare a correction",
    ),
    "out_of_order": (
        "measurement",
        "a later measurement of the pupil lies before an earlier one; all of the pupil's in that test and school year",
    ),
    DUPLICATE: (
        "respondent_id",
        "another row of the same respondent is kept: completed before partial, then the latest",
    ),
}
"""Reason: role whose column is named, and how a finding says it."""

SUPERSEDED = (DUPLICATE,)
"""Reasons whose rows another row stands for."""

_TOTALS = re.compile(r"(?i)^\s*(total|i ?alt|sum|hovedtotal|grand total|noter?|bemærk(ning)?|kilde|udtrukket)\b")

GRADE = r"""
    case
        when regexp_matches(lower({code}), '^(bh|børnehave)') then 0
        else try_cast(regexp_extract({code}, '^([0-9]{{1,2}})([^0-9]|$)', 1) as integer)
    end
"""
"""A grade as schools write it (3, 3.0, 0A, 7.b, Bh.kl.) as a number."""


def shapes(
    table: pa.Table, columns: dict[str, Column], names: Sequence[str], is_test: re.Pattern[str]
) -> list[str | None]:
    """What a row is when it is no respondent: a reason per row, or None.

    Args:
        table: the file.
        columns: its columns.
        names: those that together name the respondent.
        is_test: matches the numbers of test respondents.
    """
    found: list[str | None] = [None] * table.num_rows
    parts = [columns[name] for name in names]
    plain = parts[-1].is_decimal()[parts[-1].place]
    for part in parts:
        plain &= ~part.is_blank()[part.place]
    unnamed = []
    odd = np.flatnonzero(~plain)
    blank = np.ones(len(odd), dtype=bool)
    for column in columns.values() if len(odd) else ():
        blank &= column.is_blank()[column.place[odd]]
    for index in odd[blank].tolist():
        found[index] = "blank_row"
    cells_of = [part.trimmed() for part in parts] if len(odd) else []
    for index in odd[~blank].tolist():
        cells = [values[part.place[index]] for part, values in zip(parts, cells_of, strict=True)]
        if cells == list(names):
            found[index] = "repeated_header"
        elif any(_TOTALS.match(cell) for cell in cells):
            found[index] = "totals_row"
        elif not all(cells):
            unnamed.append(index)
        elif is_test.search(cells[-1]):
            found[index] = "test"
    rows = table.drop_columns([ROW]).take(pa.array(unnamed, pa.int64())).to_pylist() if unnamed else []
    end = table.num_rows  # from here on every row is something else than a respondent
    for index, row in zip(reversed(unnamed), reversed(rows), strict=True):
        while end > index + 1 and found[end - 1]:
            end -= 1
        filled = [str(cell).strip() for cell in row.values() if cell and str(cell).strip()]
        if end == index + 1 or any(_TOTALS.match(cell) for cell in filled):
            found[index] = "totals_row"
    return found


def register(programme: Programme, mapping: str) -> pa.Table:
    """The institutions with what a row is judged by: institution_id, municipality_id, kind, is_closed."""
    order = {key: position for position, key in enumerate(programme.mapping_keys)}
    steps = programme.institution_lineage
    closed = {
        str(step.from_id)
        for step in steps.itertuples()
        if step.type == "closed" and step.mapping in order and order[str(step.mapping)] <= order[mapping]
    }
    frame = programme.institutions[["institution_id", "municipality_id", "kind"]]
    return pa.Table.from_pandas(frame.assign(is_closed=frame["institution_id"].isin(closed)), preserve_index=False)


RESULT_CASES = (
    # A school year is that of its first of August.
    "when submitted_on < make_date(cast(left(record.school_year, 4) as integer), 8, 1) "
    "or submitted_on >= make_date(cast(left(record.school_year, 4) as integer) + 1, 8, 1) then 'outside_school_year'",
    "when record.score < series.score_min or record.score > series.score_max then 'outside_scale'",
)
"""What a result is looked at for besides: over `series`, the row of tests.csv that holds for it."""


def reason_sql(programme: Programme, extract: Extract, group: RespondentGroup, mapping: Mapping) -> str:
    """Why a row is set aside, as a SQL expression; null: it is kept.

    Over `record` (columns as in raw, `shape`, `*_code`), `known`, the register's row of its institution, and `listed`, the
    roster's row of its respondent. Looked for in the order of the list; duplicates come after, among the rows that are left.
    """
    intake = programme.definition.intake
    cases = ["when shape is not null then shape"]
    if intake.test_classes:
        classes = ", ".join("'" + name.lower().replace("'", "''") + "'" for name in intake.test_classes)
        cases.append(f"when replace(lower(class_id), '.', '') in ({classes}) then 'test'")
    if mapping.opens_on and extract.content == "answers":
        cases.append(f"when submitted_on < date '{mapping.opens_on}' then 'test'")
    if len(programme.institutions):
        cases += [
            "when known.institution_id is null then 'unknown_institution'",
            "when known.municipality_id <> record.municipality_id then 'other_municipality'",
        ]
        if group.institutions:
            cases.append(f"when known.kind <> '{group.institutions}' then 'wrong_institution_kind'")
        cases.append("when known.is_closed then 'closed_institution'")
    if group.kind == "rated_pupil" and extract.content == "answers":
        cases.append("when listed.institution_id <> record.institution_id then 'other_school'")
    if extract.columns.grade:
        cases.append("when record.grade_code is not null and record.grade is null then 'grade_not_read'")
    if extract.content == "results":
        cases += RESULT_CASES
    elif group.grades:
        cases.append(
            f"when record.grade not between {group.grades[0]} and {group.grades[1]} then 'grade_outside_group'"
        )
    if mapping.closes_on and extract.content == "answers" and intake.late_answers == "set_aside":
        cases.append(f"when submitted_on > date '{mapping.closes_on}' then 'late'")
    if intake.straight_lining == "set_aside":
        cases.append("when is_straight_lined then 'straight_lined'")
    return f"case {' '.join(cases)} end"
