"""Academic results beside the survey: national tests, grades and added value of a unit, year by year.

Belongs here: the section and its tables. Does not belong here: words (`reports/texts`), result targets and progression within
the school year (`academic`), and any claim that one source proves what another tells.
"""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.reporting.academic import hidden_section
from pipelines.reporting.cells import hidden_note
from pipelines.reporting.content import Source
from pipelines.reporting.model import Block, Bullets, Cell, Column, Kind, Paragraph, Part, Row, Said, Section, Table
from pipelines.reporting.reading import Row as MartRow
from pipelines.reporting.reading import code, count, number, text
from pipelines.reporting.sections import Sections

RESULTS = (
    "school_year respondent_group test grade background kind series n share_good share_best share_poor mean_score expected"
    " added_value suppressed"
)
FIGURES: dict[str, tuple[tuple[str, Kind], ...]] = {
    "national_test": (("share_good", "share"), ("share_best", "share"), ("share_poor", "share")),
    "exam": (("mean_score", "coefficient"), ("expected", "coefficient"), ("added_value", "effect")),
}
"""Figures of each kind of test, the first the one that a sentence follows from year to year."""


def other_sources(source: Source, sections: Sections) -> Section | None:
    """National tests and grades of the unit beside its survey; None where the programme has none of them."""
    say, unit = sections.say, sections.content.place.unit
    if not source.academic.tests:
        return None
    rows = [
        row
        for row in source.marts.rows_of("academic_results", RESULTS, unit)
        if text(row, "background") == "all" and text(row, "kind") in FIGURES
    ]
    if not rows:
        return None
    if all(code(row, "suppressed") is not None for row in rows):
        return hidden_section(sections, "andre", "other_sources", rows)
    blocks: list[Block] = [Paragraph(say("other_sources.lead"))]
    told = [said for kind in FIGURES for said in _moved(sections, kind, rows)]
    blocks += [Bullets(tuple(told))] if told else []
    tables = [_table(source, sections, kind, [row for row in rows if text(row, "kind") == kind]) for kind in FIGURES]
    shown = [table for table in tables if table is not None]
    return Section("andre", say("other_sources.heading"), (*blocks, *hidden_note(say, shown), *shown))


def _moved(sections: Sections, kind: str, rows: Sequence[MartRow]) -> list[Said]:
    """On how many tests and grades the main figure rose from one school year to the next, within one series."""
    main = FIGURES[kind][0][0]
    found: dict[tuple[str, str, int | None], dict[str, float]] = {}
    for row in rows:
        value = number(row, main)
        if text(row, "kind") == kind and value is not None and code(row, "suppressed") is None:
            key = (text(row, "test"), text(row, "grade"), count(row, "series"))
            found.setdefault(key, {})[text(row, "school_year")] = value
    years = sorted({year for by_year in found.values() for year in by_year})[-2:]
    both = [by_year for by_year in found.values() if set(years) <= set(by_year)]
    if len(years) < 2 or not both:  # noqa: PLR2004 - two years make a change
        return []
    before, after = years
    risen = sum(one[after] > one[before] for one in both)
    return [sections.say(f"other_sources.moved.{kind}", n=risen, of=len(both), before=before, after=after)]


def _table(source: Source, sections: Sections, kind: str, rows: Sequence[MartRow]) -> Table | None:
    """One row per test, grade and school year, under the test's name."""
    say, cells = sections.say, sections.cells
    if not rows:
        return None
    parts: dict[str, list[Row]] = {}
    for row in sorted(rows, key=_order):
        hidden = code(row, "suppressed")
        figures: tuple[Cell, ...] = (
            cells.number(count(row, "n"), "count"),
            *(cells.number(number(row, name), form) for name, form in FIGURES[kind]),
        )
        grade, year = text(row, "grade"), text(row, "school_year")
        label = say("other_sources.year" if grade == "all" else "other_sources.graded", grade=grade, year=year)
        listed = parts.setdefault(text(row, "test"), [])
        listed.append(Row(label, figures if hidden is None else (cells.hidden(hidden),) * len(figures)))
    return Table(
        name=f"andre-{kind.replace('_', '-')}",
        caption=say(f"other_sources.caption.{kind}"),
        columns=(
            Column(say("other_sources.when"), False),
            Column(say("other_sources.n")),
            *(Column(say(f"other_sources.figure.{name}")) for name, _ in FIGURES[kind]),
        ),
        parts=tuple(Part(source.academic.tests[test], tuple(listed)) for test, listed in parts.items()),
    )


def _order(row: MartRow) -> tuple[str, int, str]:
    grade = text(row, "grade")
    return text(row, "test"), int(grade) if grade.isdecimal() else -1, text(row, "school_year")
