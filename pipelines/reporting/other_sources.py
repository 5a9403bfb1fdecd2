"""Academic results beside the survey: national tests, grades and added value of a unit, year by year.

Belongs here: the section, its tables, and by which rule a source is said to point the same way as the mapping. Does not
belong here: words (`reports/texts`), result targets (`targets`), progression within the school year (`academic`), and any claim
that one source proves what another tells.
"""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.reporting.academic import hidden_section
from pipelines.reporting.cells import hidden_note
from pipelines.reporting.content import Source
from pipelines.reporting.model import (
    Block,
    Bullets,
    Cell,
    Column,
    Kind,
    Number,
    Paragraph,
    Part,
    Row,
    Said,
    Section,
    Table,
    Words,
)
from pipelines.reporting.order import grade_place
from pipelines.reporting.reading import Row as MartRow
from pipelines.reporting.reading import Unit, code, count, number, text
from pipelines.reporting.sections import Sections

RESULTS = (
    "school_year respondent_group test grade background kind series n share_good share_best share_poor mean_score expected"
    " added_value is_significant suppressed"
)
FIGURES: dict[str, tuple[tuple[str, Kind], ...]] = {
    "national_test": (("share_good", "share"), ("share_best", "share"), ("share_poor", "share")),
    "exam": (("mean_score", "coefficient"), ("expected", "coefficient"), ("added_value", "effect")),
}
"""Figures of each kind of test, the first the one that a sentence follows from year to year."""

AS_EXPECTED = 0.005
"""Grade points from the reference that two decimals show as none."""

Pointed = tuple[Said, bool | None]
"""A sentence, and whether what it tells points forward; None: neither way."""


def other_sources(source: Source, sections: Sections) -> Section | None:
    """National tests and grades of the unit beside its survey; None where the programme has none of them."""
    say, unit = sections.say, sections.content.place.unit
    rows = results_of(source, unit)
    if not rows:
        return None
    if all(code(row, "suppressed") is not None for row in rows):
        return hidden_section(sections, "andre", "other_sources", rows)
    start = _start(sections, rows)
    blocks: list[Block] = [Paragraph(start or say("other_sources.lead"))]
    pointed: list[Pointed] = []
    if start is None:
        pointed = [found for kind in FIGURES for found in _moved(sections, kind, rows)]
        pointed += _lifted(source, sections, rows)
    if pointed:
        told = [_beside_mapping(sections, said, forward) for said, forward in pointed]
        blocks += [Bullets((*told, *_significant(source, sections, rows))), *_rule(sections)]
    tables = [_table(source, sections, kind, [row for row in rows if text(row, "kind") == kind]) for kind in FIGURES]
    shown = [table for table in tables if table is not None]
    return Section("andre", say("other_sources.heading"), (*blocks, *hidden_note(say, shown), *shown))


def results_of(source: Source, unit: Unit) -> list[MartRow]:
    """National tests and exams of a unit, of pupils of every background together; hidden ones too."""
    if not source.academic.tests:
        return []
    return [
        row
        for row in source.marts.rows_of("academic_results", RESULTS, unit)
        if text(row, "background") == "all" and text(row, "kind") in FIGURES
    ]


def _shown(rows: Sequence[MartRow], name: str) -> list[MartRow]:
    """Rows with a figure that may be shown."""
    return [row for row in rows if number(row, name) is not None and code(row, "suppressed") is None]


def _start(sections: Sections, rows: Sequence[MartRow]) -> Said | None:
    """What existing results are for where all are from before the first mapping: a start, nothing that could point its way."""
    first, latest = sections.frame.rounds[0], max(text(row, "school_year") for row in rows)
    if latest >= first.school_year:
        return None
    return sections.say("other_sources.start", year=latest, before=first.key)


def _moved(sections: Sections, kind: str, rows: Sequence[MartRow]) -> list[Pointed]:
    """On how many tests and grades the main figure rose from one school year to the next, within one series."""
    main = FIGURES[kind][0][0]
    found: dict[tuple[str, str, int | None], dict[str, float]] = {}
    for row in _shown([row for row in rows if text(row, "kind") == kind], main):
        key = (text(row, "test"), text(row, "grade"), count(row, "series"))
        found.setdefault(key, {})[text(row, "school_year")] = number(row, main) or 0.0
    years = sorted({year for by_year in found.values() for year in by_year})[-2:]
    both = [by_year for by_year in found.values() if set(years) <= set(by_year)]
    if len(years) < 2 or not both:  # noqa: PLR2004 - two years make a change
        return []
    before, after = years
    risen = sum(one[after] > one[before] for one in both)
    form = "other" if len(both) > 1 else "rose" if risen else "not"
    said = sections.say(f"other_sources.moved.{kind}.{form}", n=risen, of=len(both), before=before, after=after)
    return [(said, None if 2 * risen == len(both) else 2 * risen > len(both))]


def _lifted(source: Source, sections: Sections, rows: Sequence[MartRow]) -> list[Pointed]:
    """Each exam's added value (løfteevne) in its latest school year."""
    found: list[Pointed] = []
    for test, row in _latest(rows).items():
        value = number(row, "added_value") or 0.0
        key = "as_expected" if abs(value) < AS_EXPECTED else "above" if value > 0 else "below"
        said = sections.say(
            f"other_sources.lifted.{key}",
            year=text(row, "school_year"),
            value=Number(abs(value), "coefficient"),
            test=source.academic.tests[test],
        )
        found.append((said, None if key == "as_expected" else value > 0))
    return found


def _latest(rows: Sequence[MartRow]) -> dict[str, MartRow]:
    """By test the latest row that has an added value to be shown."""
    found = sorted(_shown(rows, "added_value"), key=lambda row: text(row, "school_year"))
    return {text(row, "test"): row for row in found}


def _significant(source: Source, sections: Sections, rows: Sequence[MartRow]) -> list[Said]:
    """At how many of a municipality's schools the difference from the reference is significant, as it was delivered."""
    content, latest = sections.content, _latest(rows)
    if content.kind != "municipality" or not latest:
        return []
    told = []
    of_schools = [
        school
        for member in content.members
        for school in _shown(results_of(source, member.unit), "added_value")
        if school["is_significant"] is not None
    ]
    for test, row in latest.items():
        year = text(row, "school_year")
        own = [one for one in of_schools if (text(one, "test"), text(one, "school_year")) == (test, year)]
        certain = [number(school, "added_value") or 0.0 for school in own if school["is_significant"]]
        if own:
            told.append(
                sections.say(
                    "other_sources.significant",
                    n=len(certain),
                    of=len(own),
                    above=sum(value > 0 for value in certain),
                    below=sum(value < 0 for value in certain),
                    test=source.academic.tests[test],
                    year=year,
                )
            )
    return told


def _direction(sections: Sections) -> int:
    """Themes with an increase less those with a decrease, over the latest pair of mappings."""
    tally = sections.content.tally
    return tally.counts["increase"] - tally.counts["decrease"] if tally is not None else 0


def _beside_mapping(sections: Sections, said: Said, forward: bool | None) -> Said:
    """The sentence, and whether it points the same way as the mapping, where both point anywhere."""
    direction = _direction(sections)
    if forward is None or not direction:
        return said
    return sections.say("other_sources.agrees" if forward == (direction > 0) else "other_sources.disagrees", told=said)


def _rule(sections: Sections) -> list[Block]:
    tally = sections.content.tally
    if tally is None or not _direction(sections):
        return []
    up, down = tally.counts["increase"], tally.counts["decrease"]
    return [Paragraph(sections.say("other_sources.rule", **sections.pair_values, up=up, down=down), "note")]


def _table(source: Source, sections: Sections, kind: str, rows: Sequence[MartRow]) -> Table | None:
    """One row per test, grade and school year, under the test's name; of schools also whether the difference is significant."""
    say, cells = sections.say, sections.cells
    if not rows:
        return None
    is_judged = any(row["is_significant"] is not None for row in rows)
    parts: dict[str, list[Row]] = {}
    for row in sorted(rows, key=_order):
        hidden = code(row, "suppressed")
        figures: tuple[Cell, ...] = (
            cells.number(count(row, "n"), "count"),
            *(cells.number(number(row, name), form) for name, form in FIGURES[kind]),
        )
        if is_judged:
            judged = row["is_significant"]
            word = "yes" if judged else "no"
            figures += (cells.none if judged is None else Words(say(f"other_sources.is_significant.{word}")),)
        grade, year = text(row, "grade"), text(row, "school_year")
        label = say("other_sources.year" if grade == "all" else "other_sources.graded", grade=grade, year=year)
        listed = parts.setdefault(text(row, "test"), [])
        listed.append(Row(label, figures if hidden is None else (cells.hidden(hidden),) * len(figures)))
    names = [name for name, _ in FIGURES[kind]]
    return Table(
        name=f"andre-{kind.replace('_', '-')}",
        caption=say(f"other_sources.caption.{kind}"),
        columns=(
            Column(say("other_sources.when"), False),
            Column(say("other_sources.n")),
            *(Column(say(f"other_sources.figure.{name}")) for name in names),
            *([Column(say("other_sources.figure.is_significant"), False)] if is_judged else []),
        ),
        parts=tuple(Part(source.academic.tests[test], tuple(listed)) for test, listed in parts.items()),
    )


def _order(row: MartRow) -> tuple[str, int, str]:
    return text(row, "test"), grade_place(text(row, "grade")), text(row, "school_year")
