"""Sections on academic results: progression within the school year, and what stands beside it.

Belongs here: the rules of these sections and their tables. Does not belong here: words (`reports/texts`), figures from elsewhere
than the marts, result targets (`targets`), and a pupil's own sheet (`pupil`).

A programme without such tests has none of them. Where all of a unit's rows are hidden, as every unit's are to the public,
the section says so in a sentence.
"""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.reporting.cells import hidden_note
from pipelines.reporting.content import Source, change_of
from pipelines.reporting.model import (
    Block,
    Cell,
    Chart,
    Column,
    Heading,
    Mark,
    Number,
    Paragraph,
    Part,
    Row,
    Said,
    Section,
    Strip,
    Strips,
    Table,
)
from pipelines.reporting.names import uncapitalised
from pipelines.reporting.order import grade_place
from pipelines.reporting.reading import Row as MartRow
from pipelines.reporting.reading import Unit, code, count, number, text
from pipelines.reporting.scales import Extent
from pipelines.reporting.sections import Sections

GAINS = (
    "school_year respondent_group test breakdown breakdown_value n mean_first mean_last gain ci_low ci_high"
    " share_reliable_gain share_reliable_fall reason suppressed"
)
GRADES = ("all", "grade", "class")


def gains_of(source: Source, unit: Unit) -> list[MartRow]:
    """Rows of a unit's progression within the school year, the latest school year first."""
    if not source.academic.measured:
        return []
    rows = source.marts.rows_of("school_year_progression", GAINS, unit)
    return sorted(rows, key=lambda row: (text(row, "test"), [-ord(c) for c in text(row, "school_year")], _place(row)))


def school_year(source: Source, sections: Sections) -> Section | None:
    """From the first to the last measurement of a school year, by grade, class and school, with intervals."""
    say, unit = sections.say, sections.content.place.unit
    rows = gains_of(source, unit)
    if not rows:
        return None
    if all(code(row, "suppressed") is not None for row in rows):
        return hidden_section(sections, "skoleaaret", "school_year", rows)
    blocks: list[Block] = [Paragraph(say("school_year.lead"))]
    latest = max(text(row, "school_year") for row in rows)
    for test, label in source.academic.tests.items():
        own = [row for row in rows if text(row, "test") == test]
        if not own:
            continue
        blocks.append(Heading(label))
        blocks.append(_by_grade(sections, test, label, [r for r in own if text(r, "school_year") == latest], latest))
        years = [row for row in own if text(row, "breakdown") == "all"]
        if len(years) > 1:
            blocks.append(_by_year(sections, test, label, years))
    blocks += _by_school(source, sections, latest)
    blocks.append(Paragraph(say("school_year.read"), "note"))
    return Section("skoleaaret", say("school_year.heading"), (*hidden_note(say, blocks), *blocks))


def beside(source: Source, sections: Sections) -> Section | None:
    """How leadership is met, how that has developed, and what pupils gained, school by school, all with their uncertainty."""
    say, content, cells = sections.say, sections.content, sections.cells
    themes = [
        (group, theme)
        for wanted in source.academic.beside
        for group in content.groups
        for theme in group.themes
        if (group.code, theme.code) == wanted
    ]
    tests = source.academic.measured
    if content.kind != "municipality" or not themes or not tests or not content.members:
        return None
    years = {text(row, "school_year") for row in gains_of(source, content.place.unit)}
    if not years:
        return None
    latest = max(years)
    gains = [_wholes(source, member.unit, latest) for member in content.members]
    if not any(code(row, "suppressed") is None for found in gains for row in found.values()):
        return None
    pairs = content.pairs[:1]
    rows = []
    for place, (member, found) in enumerate(zip(content.members, gains, strict=True)):
        figures: list[Cell] = []
        for group, theme in themes:
            figures.append(cells.mean(theme.members[place]))
            figures += [cells.moved(change_of(source, group.code, theme.code, member.unit, pair))[0] for pair in pairs]
        figures += [_gain(sections, found.get(test)) for test in tests]
        rows.append(Row(member.label, tuple(figures)))
    whole = _wholes(source, content.place.unit, latest)
    own: list[Cell] = []
    for _, theme in themes:
        own.append(cells.mean(theme.level, True))
        own += [cells.moved(theme.changes[place])[0] for place, _ in enumerate(pairs)]
    own += [_gain(sections, whole.get(test), True) for test in tests]
    table = Table(
        name="ledelse-progression",
        caption=say("beside.caption", year=latest, mapping=sections.frame.latest.label),
        columns=(
            Column(say("beside.school"), False),
            *(
                Column(words)
                for group, theme in themes
                for words in (
                    say("focus.named", theme=theme.label, group=uncapitalised(group.label)),
                    *(say("beside.change", theme=theme.label, before=one.before, after=one.after) for one in pairs),
                )
            ),
            *(Column(say("beside.gain", test=source.academic.tests[test])) for test in tests),
        ),
        parts=(Part(None, tuple(rows)),),
        foot=Row(content.place.label, tuple(own)),
    )
    blocks: list[Block] = [Paragraph(say("beside.lead")), table, Paragraph(say("beside.read"), "note")]
    return Section("ledelse", say("beside.heading"), (*hidden_note(say, blocks), *blocks))


def hidden_section(sections: Sections, anchor: str, key: str, rows: Sequence[MartRow]) -> Section:
    """A section of which nothing may be shown, and why."""
    say = sections.say
    reasons = {code(row, "suppressed") for row in rows}
    why = "confidential" if reasons & {"confidential", "secondary"} and sections.frame.audience == "public" else "few"
    return Section(anchor, say(f"{key}.heading"), (Paragraph(say(f"{key}.hidden.{why}")),))


def _place(row: MartRow) -> tuple[int, int, str]:
    """All, then grades as numbers, then classes of each."""
    value = text(row, "breakdown_value")
    return (grade_place(value.partition("/")[0]), GRADES.index(text(row, "breakdown")), value)


def _gain(sections: Sections, row: MartRow | None, is_strong: bool = False) -> Cell:
    """A gain with its interval below it."""
    cells = sections.cells
    if row is None:
        return cells.none
    hidden = code(row, "suppressed")
    if hidden is not None:
        return cells.hidden(hidden)
    return cells.number(number(row, "gain"), "change", is_strong, number(row, "ci_low"), number(row, "ci_high"))


def _figures(sections: Sections, row: MartRow) -> tuple[Cell, ...]:
    """n, first, last, gain with interval, reliable gain and fall."""
    cells, hidden = sections.cells, code(row, "suppressed")
    if hidden is not None:
        return (cells.hidden(hidden),) * 6
    return (
        cells.number(count(row, "n"), "count"),
        cells.number(number(row, "mean_first"), "score"),
        cells.number(number(row, "mean_last"), "score"),
        _gain(sections, row, True),
        cells.number(number(row, "share_reliable_gain"), "share"),
        cells.number(number(row, "share_reliable_fall"), "share"),
    )


def _columns(sections: Sections, first: str) -> tuple[Column, ...]:
    say = sections.say
    keys = ("n", "first", "last", "gain", "reliable_gain", "reliable_fall")
    return (Column(say(f"school_year.{first}"), False), *(Column(say(f"school_year.{key}")) for key in keys))


def _by_grade(sections: Sections, test: str, label: Said, rows: Sequence[MartRow], year: str) -> Block:
    """The latest school year by grade and class: plot and table."""
    say = sections.say
    listed = [Row(_part(sections, row), _figures(sections, row)) for row in rows]
    name = f"skoleaaret-{test}"
    table = Table(
        name=name,
        caption=say("school_year.caption", test=label, year=year),
        columns=_columns(sections, "part"),
        parts=(Part(None, tuple(listed)),),
    )
    shown = [row for row in rows if number(row, "gain") is not None and text(row, "breakdown") != "class"]
    if not shown:
        return table
    extents: list[Extent] = []
    strips = []
    for row in shown:
        gain, low, high = (number(row, column) for column in ("gain", "ci_low", "ci_high"))
        if gain is None:
            continue
        extents.append((gain, low, high))
        beside = say("school_year.beside", gain=Number(gain, "change"))
        strips.append(Strip(_part(sections, row), beside, (Mark("unit", gain, low, high),)))
    ends = [end for extent in extents for end in extent if end is not None]
    return Chart(
        name=name,
        title=say("school_year.title", test=label, year=year),
        description=say("school_year.describe", n=len(strips)),
        read=say("school_year.read_chart"),
        plot=Strips(
            "change",
            float(min(0.0, *ends) // 1),
            float(-(-max(0.0, *ends) // 1)),
            0.0,
            tuple(strips),
            (("unit", sections.content.place.label),),
        ),
        table=table,
    )


def _by_year(sections: Sections, test: str, label: Said, rows: Sequence[MartRow]) -> Table:
    """All pupils, school year by school year."""
    say = sections.say
    return Table(
        name=f"skoleaar-{test}",
        caption=say("school_year.years_caption", test=label),
        columns=_columns(sections, "year"),
        parts=(
            Part(
                None, tuple(Row(say("targets.year", year=text(r, "school_year")), _figures(sections, r)) for r in rows)
            ),
        ),
    )


def _by_school(source: Source, sections: Sections, year: str) -> list[Block]:
    """A municipality's schools side by side."""
    say, content = sections.say, sections.content
    if content.kind != "municipality" or not content.members:
        return []
    tests = source.academic.measured
    rows = []
    for member in content.members:
        found = _wholes(source, member.unit, year)
        rows.append(Row(member.label, tuple(_gain(sections, found.get(test)) for test in tests)))
    return [
        Heading(say("school_year.schools")),
        Table(
            name="skoleaaret-skoler",
            caption=say("school_year.schools_caption", year=year),
            columns=(Column(say("beside.school"), False), *(Column(source.academic.tests[test]) for test in tests)),
            parts=(Part(None, tuple(rows)),),
        ),
    ]


def _wholes(source: Source, unit: Unit, year: str) -> dict[str, MartRow]:
    """All of a unit's pupils in a school year, by test; hidden ones too."""
    return {
        text(row, "test"): row
        for row in source.marts.rows_of("school_year_progression", GAINS, unit)
        if (text(row, "school_year"), text(row, "breakdown")) == (year, "all")
    }


def _part(sections: Sections, row: MartRow) -> Said:
    """All, a grade or a class in words."""
    value, breakdown = text(row, "breakdown_value"), text(row, "breakdown")
    if breakdown == "all":
        return sections.say("school_year.all")
    if breakdown == "grade":
        return sections.say("school_year.grade", grade=value)
    return sections.say("school_year.class", name=value.partition("/")[2])
