"""The section on result targets: met, not met or not comparable, school year by school year.

Belongs here: which targets stand together, in which order, and their tables. Does not belong here: words (`reports/texts`), and
whether a target is met (the mart `result_targets`).

Where the programme follows the national targets, they stand under the national goal that they belong to, and a municipality's own
target below the national one that it serves. A target has a row for everything that it is measured by (test, grade, whose
parents; theme and group), and a column for every school year.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

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
    "theme": "points",
    "social_gap": "change",
    "added_value": "effect",
    "mean_score": "coefficient",
}
"""How a target's figure is written; shares as per cent."""

Key = tuple[str, str, str, str, str]
"""What one row of a table is about: target, respondent group, measure, grade, background."""


def targets(source: Source, sections: Sections) -> Section | None:
    """All targets of a unit; None where it has none."""
    say, (level, unit) = sections.say, sections.content.place.unit
    if not source.academic.targets:
        return None
    rows = source.marts.rows_of("result_targets", TARGETS, (level, unit))
    if not rows:
        return None
    if all(code(row, "suppressed") is not None for row in rows):
        return hidden_section(sections, "maal", "targets", rows)
    home = {"municipality": unit, "institution": source.home[unit].unit[1] if level == "institution" else None}.get(
        level
    )
    order = _orders(source)
    by_target: dict[str, list[MartRow]] = {}
    for row in sorted(rows, key=lambda one: _place(one, order)):
        by_target.setdefault(text(row, "target"), []).append(row)
    known = {name: source.academic.target(name, home) for name in by_target}
    blocks: list[Block] = []
    for goal in _goals(source):
        blocks.append(Heading(say(f"targets.goals.{goal}")))
        absent = [name for name in _national(source, goal) if name not in by_target]
        blocks += [
            Paragraph(say("targets.none", target=_named(sections, name, source.academic.target(name, None))))
            for name in absent
        ]
        mine = [name for name, one in known.items() if one.national is not None and _goal(one.national) == goal]
        chosen = sorted(mine, key=lambda name: (str(known[name].national), not known[name].is_national, name))
        blocks += _tables(source, sections, {name: by_target[name] for name in chosen}, known, goal)
    own = {name: found for name, found in by_target.items() if known[name].national is None}
    if own and blocks:
        blocks.append(Heading(say("targets.own")))
    blocks += _tables(source, sections, own, known, "")
    notes = hidden_note(say, blocks)
    lead = Paragraph(say("targets.lead_national" if _goals(source) else "targets.lead"))
    read = Paragraph(say("targets.read"), "note")
    return Section("maal", say("targets.heading"), (lead, *notes, *blocks, read))


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


def _tables(
    source: Source, sections: Sections, rows: dict[str, list[MartRow]], known: dict[str, Target], goal: str
) -> list[Block]:
    """Year by year in short, and below it all that each year stands on."""
    say = sections.say
    if not rows:
        return []
    years = sorted({text(row, "school_year") for found in rows.values() for row in found})
    short, whole = [], []
    for name, found in rows.items():
        by_key: dict[Key, dict[str, list[MartRow]]] = {}
        for row in found:
            by_key.setdefault(_key(row), {}).setdefault(text(row, "school_year"), []).append(row)
        label = _named(sections, name, known[name])
        short.append(
            Part(
                label,
                tuple(
                    Row(
                        _measure(source, sections, next(iter(by_year.values()))[0]),
                        tuple(_in_short(sections, by_year.get(year, [])) for year in years),
                    )
                    for by_year in by_key.values()
                ),
            )
        )
        whole.append(Part(label, tuple(_in_full(source, sections, row) for row in found)))
    suffix = f"-{goal}" if goal else ""
    caption = say("targets.caption_of_goal", goal=goal) if goal else say("targets.caption")
    return [
        Table(
            name=f"resultatmaal{suffix}",
            caption=caption,
            columns=(
                Column(say("targets.measure"), False),
                *(Column(say("targets.year", year=year), False) for year in years),
            ),
            parts=tuple(short),
        ),
        Fold(
            say("targets.behind"),
            (
                Table(
                    name=f"resultatmaal-tal{suffix}",
                    caption=say("targets.behind_caption", caption=caption),
                    columns=(
                        Column(say("targets.measure"), False),
                        Column(say("targets.school_year"), False),
                        Column(say("targets.n")),
                        Column(say("targets.before")),
                        Column(say("targets.value")),
                        Column(say("targets.status_heading"), False),
                    ),
                    parts=tuple(whole),
                ),
            ),
            is_printed=False,
        ),
    ]


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
        before = Words(say(f"targets.goal.{text(row, 'direction')}", goal=Number(goal, kind)))
    status = say(f"targets.status.{text(row, 'status')}")
    if reason is not None:
        # A change of a theme that cannot be shown has the same reasons here as elsewhere.
        known = f"targets.reasons.{reason}" if say.has(f"targets.reasons.{reason}") else f"reason.{reason}"
        why = say(known, before=code(row, "mapping_from") or "", after=text(row, "mapping"))
        status = say("targets.because", status=status, reason=why)
    value = cells.number(number(row, "value"), kind, is_strong=True)
    return Row(label, (year, cells.number(count(row, "n"), "count"), before, value, Words(status)))


def _form(row: MartRow) -> Kind:
    return FORMS.get(text(row, "indicator"), "share")
