"""The section on result targets: met, not met or not comparable, school year by school year.

Belongs here: which targets stand together, in which order, and their tables. Does not belong here: words (`reports/texts`), and
whether a target is met (the mart `result_targets`).

Where the programme follows the national targets, they stand under the national goal that they belong to, and a municipality's own
target below the national one that it serves. A target has a row for everything that it is measured by (test, grade, whose
parents; theme and group), and a column for every school year.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pipelines.programme.results import NATIONAL
from pipelines.reporting.academic import hidden_section
from pipelines.reporting.catalogue import Target
from pipelines.reporting.cells import hidden_note
from pipelines.reporting.content import Source
from pipelines.reporting.model import (
    Block,
    Cell,
    Column,
    Fold,
    Heading,
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
from pipelines.reporting.reading import code, count, number, text
from pipelines.reporting.sections import Sections

TARGETS = (
    "school_year mapping mapping_from target respondent_group measure grade background indicator is_national direction goal n"
    " value value_before status reason suppressed"
)
FORMS: dict[str, Kind] = {
    "theme": "score",
    "social_gap": "change",
    "added_value": "effect",
    "mean_score": "coefficient",
}
"""How a target's figure is written, shares as per cent: with a decimal, so that the verdict on a rise can be seen in it."""

Key = tuple[str, str, str, str, str]
"""What one row of a table is about: target, respondent group, measure, grade, background."""

Rows = dict[str, list[MartRow]]
"""A unit's rows of the mart in the order of the tables, by target."""


def targets(source: Source, sections: Sections) -> Section | None:
    """All targets of a unit; None where it has none."""
    say = sections.say
    rows = (
        source.marts.rows_of("result_targets", TARGETS, sections.content.place.unit) if source.academic.targets else []
    )
    if not rows:
        return None
    if all(code(row, "suppressed") is not None for row in rows):
        return hidden_section(sections, "maal", "targets", rows)
    found = _by_target(source, rows)
    known = {name: source.academic.target(name, _home(source, sections)) for name in found}
    goals = _goals(source)
    blocks = [block for goal in goals for block in _under_goal(source, sections, goal, found, known)]
    blocks += _of_their_own(source, sections, found, known)
    lead = Paragraph(say("targets.lead_national" if goals else "targets.lead"))
    read = Paragraph(say("targets.read"), "note")
    return Section("maal", say("targets.heading"), (lead, *hidden_note(say, blocks), *blocks, read))


def _home(source: Source, sections: Sections) -> str | None:
    """The municipality whose targets hold for a unit; None for the whole programme."""
    level, unit = sections.content.place.unit
    if level == "programme":
        return None
    return source.home[unit].unit[1] if level == "institution" else unit


def _by_target(source: Source, rows: Sequence[MartRow]) -> Rows:
    """A unit's rows in order, by target."""
    order = _orders(source)
    found: Rows = {}
    for row in sorted(rows, key=lambda one: _place(one, order)):
        found.setdefault(text(row, "target"), []).append(row)
    return found


def _under_goal(source: Source, sections: Sections, goal: str, found: Rows, known: Mapping[str, Target]) -> list[Block]:
    """A national goal: its result targets without figures in sentences, the others and what serves them in tables."""
    say = sections.say
    absent = [name for name in _national(source, goal) if name not in found]
    mine = [name for name, one in known.items() if one.national is not None and _goal(one.national) == goal]
    chosen = sorted(mine, key=lambda name: (str(known[name].national), not known[name].is_national, name))
    return [
        Heading(say(f"targets.goals.{goal}")),
        *(
            Paragraph(say("targets.none", target=_named(sections, name, source.academic.target(name, None))))
            for name in absent
        ),
        *_tables(source, sections, {name: found[name] for name in chosen}, known, goal),
    ]


def _of_their_own(source: Source, sections: Sections, found: Rows, known: Mapping[str, Target]) -> list[Block]:
    """Targets that serve no national one; with a heading where they stand below those that do."""
    own = {name: rows for name, rows in found.items() if known[name].national is None}
    heading = [Heading(sections.say("targets.own"))] if own and _goals(source) else []
    return [*heading, *_tables(source, sections, own, known, "")]


def _goal(target: str) -> str:
    """National goal of a national target: 1 of 1.2."""
    return target.partition(".")[0]


def _goals(source: Source) -> list[str]:
    """National goals, where the programme follows them."""
    follows = any(one.is_national for one in source.academic.targets.values())
    return sorted({_goal(name) for name, *_ in NATIONAL}) if follows else []


def _national(source: Source, goal: str) -> list[str]:
    """The programme's national targets of a goal; 3.1 is none where no well-being is asked."""
    return [name for name, *_ in NATIONAL if _goal(name) == goal and (name, "") in source.academic.targets]


def _orders(source: Source) -> dict[str, dict[str, int]]:
    """Place of tests, groups and levels of background as the programme lists them."""
    listed: dict[str, Iterable[str]] = {
        "measure": source.academic.tests,
        "respondent_group": [group.code for group in source.groups],
        "background": ["all", *source.academic.backgrounds],
    }
    return {name: {one: place for place, one in enumerate(values)} for name, values in listed.items()}


def _place(row: MartRow, order: dict[str, dict[str, int]]) -> tuple[str, int, str, int, int, int, str, str]:
    """Target, test or theme, group, grade as a number, background from the lowest level up, time."""
    places = {name: order[name].get(text(row, name), -1) for name in order}
    return (
        text(row, "target"),
        places["measure"],
        text(row, "measure"),
        places["respondent_group"],
        grade_place(text(row, "grade")),
        places["background"],
        text(row, "school_year"),
        text(row, "mapping"),
    )


def _key(row: MartRow) -> Key:
    return (
        text(row, "target"),
        text(row, "respondent_group"),
        text(row, "measure"),
        text(row, "grade"),
        text(row, "background"),
    )


def _named(sections: Sections, name: str, target: Target) -> Said:
    """A target's name: a national one with its number, an own one with what it serves."""
    if target.is_national:
        return sections.say("targets.national", number=name, target=target.label)
    if target.national is not None:
        return sections.say("targets.serves", number=target.national, target=target.label)
    return target.label


def _tables(source: Source, sections: Sections, found: Rows, known: Mapping[str, Target], goal: str) -> list[Block]:
    """Year by year in short, and folded below it all that each year stands on; nothing where there is no target."""
    if not found:
        return []
    say, suffix = sections.say, f"-{goal}" if goal else ""
    caption = say("targets.caption_of_goal", goal=goal) if goal else say("targets.caption")
    told = say("targets.behind_caption", caption=caption)
    return [
        _year_by_year(source, sections, found, known, f"resultatmaal{suffix}", caption),
        Fold(
            say("targets.behind"),
            (_behind(source, sections, found, known, f"resultatmaal-tal{suffix}", told),),
            is_printed=False,
        ),
    ]


def _year_by_year(
    source: Source, sections: Sections, found: Rows, known: Mapping[str, Target], name: str, caption: Said
) -> Table:
    """A part per target, a row for all that it is measured by, a column per school year."""
    say = sections.say
    years = sorted({text(row, "school_year") for rows in found.values() for row in rows})
    parts = []
    for target, rows in found.items():
        by_key: dict[Key, dict[str, list[MartRow]]] = {}
        for row in rows:
            by_key.setdefault(_key(row), {}).setdefault(text(row, "school_year"), []).append(row)
        listed = (
            Row(
                _measure(source, sections, next(iter(by_year.values()))[0]),
                tuple(_in_short(sections, by_year.get(year, [])) for year in years),
            )
            for by_year in by_key.values()
        )
        parts.append(Part(_named(sections, target, known[target]), tuple(listed)))
    return Table(
        name=name,
        caption=caption,
        columns=(
            Column(say("targets.measure"), False),
            *(Column(say("targets.year", year=year), False) for year in years),
        ),
        parts=tuple(parts),
    )


def _behind(
    source: Source, sections: Sections, found: Rows, known: Mapping[str, Target], name: str, caption: Said
) -> Table:
    """The figures of each year, what they are held against, and why they cannot be."""
    say = sections.say
    return Table(
        name=name,
        caption=caption,
        columns=(
            Column(say("targets.measure"), False),
            Column(say("targets.school_year"), False),
            *(Column(say(f"targets.{key}")) for key in ("n", "before", "value")),
            Column(say("targets.status_heading"), False),
        ),
        parts=tuple(
            Part(_named(sections, target, known[target]), tuple(_in_full(source, sections, row) for row in rows))
            for target, rows in found.items()
        ),
    )


def _measure(source: Source, sections: Sections, row: MartRow) -> Said:
    """What a target is measured by: a theme and who was asked, or a test, its grade and whose parents."""
    say, measure = sections.say, text(row, "measure")
    if text(row, "mapping"):
        group = next(group for group in source.groups if group.code == text(row, "respondent_group"))
        theme = next(theme for theme in group.themes if theme.code == measure)
        return say("focus.named", theme=theme.label, group=group.label)
    label = source.academic.tests[measure]
    if text(row, "grade") != "all":
        label = say("targets.graded", test=label, grade=text(row, "grade"))
    if text(row, "background") != "all":
        background = source.academic.backgrounds[text(row, "background")]
        label = say("targets.of_background", test=label, background=background)
    return label


def _in_short(sections: Sections, rows: Sequence[MartRow]) -> Cell:
    """The value and whether the target is met; of two mappings in one school year the later one."""
    if not rows:
        return sections.cells.none
    row = rows[-1]
    hidden = code(row, "suppressed")
    if hidden is not None:
        return sections.cells.hidden(hidden)
    status, value = sections.say(f"targets.status.{text(row, 'status')}"), number(row, "value")
    if value is None:
        return Words(status)
    return Words(sections.say("targets.in_short", value=Number(value, _form(row)), status=status))


def _in_full(source: Source, sections: Sections, row: MartRow) -> Row:
    """Year, n, the value before or the goal, the value, and the status with its reason."""
    say, cells = sections.say, sections.cells
    year, hidden = Words(say("targets.year", year=text(row, "school_year"))), code(row, "suppressed")
    label = _measure(source, sections, row)
    if hidden is not None:
        return Row(label, (year, *(cells.hidden(hidden),) * 4))
    kind, goal, reason = _form(row), number(row, "goal"), code(row, "reason")
    before = cells.number(number(row, "value_before"), kind)
    if goal is not None:
        before = Words(
            say(f"targets.goal.{text(row, 'direction')}", goal=Number(goal, "share" if kind == "rate" else kind))
        )
    status = say(f"targets.status.{text(row, 'status')}")
    if reason is not None:
        # A change of a theme that cannot be shown has the same reasons here as elsewhere.
        known = f"targets.reasons.{reason}" if say.has(f"targets.reasons.{reason}") else f"reason.{reason}"
        why = say(known, before=code(row, "mapping_from") or "", after=text(row, "mapping"))
        status = say("targets.because", status=status, reason=why)
    value = cells.number(number(row, "value"), kind, is_strong=True)
    return Row(label, (year, cells.number(count(row, "n"), "count"), before, value, Words(status)))


def _form(row: MartRow) -> Kind:
    return FORMS.get(text(row, "indicator"), "rate")
