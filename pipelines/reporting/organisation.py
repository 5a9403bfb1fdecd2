"""Sections on the organisation: competence development, levels and sectors side by side, persons who answered both times.

Belongs here: the rules of these sections and their tables. Does not belong here: words (`reports/texts`) and figures
(`content`).

Competence development is general (A) or specific (B): A is a focus area of the municipality as a whole, B one that an
institution has by itself (`order.focus`: below the programme, or fallen).
"""

from __future__ import annotations

from dataclasses import replace

from pipelines.reporting.cells import hidden_note
from pipelines.reporting.content import Source, change_of
from pipelines.reporting.model import (
    Block,
    Bullets,
    Cell,
    Column,
    Heading,
    Number,
    Paragraph,
    Part,
    Row,
    Said,
    Section,
    Table,
    Words,
)
from pipelines.reporting.names import uncapitalised
from pipelines.reporting.order import Found, focus
from pipelines.reporting.records import COMPARABLE, Change, Content, GroupBlock, Place, ThemeBlock, Turnover
from pipelines.reporting.sections import Sections
from pipelines.reporting.statements import potential
from pipelines.reporting.texts import Speaker

LEVELS = ("administration", "school", "team")
"""Levels of the organisation from the top."""

NAMED = 3
"""Most themes named of one institution."""

APART = 0.10
"""Difference between shares of favourable answers from which two levels are said to lie apart."""


def competence(source: Source, sections: Sections) -> Section | None:
    """Where competence development is needed: in the whole municipality (A), in single institutions (B)."""
    say, content, word = sections.say, sections.content, f"competence.{sections.members_word}"
    if content.kind != "municipality" or not content.members:
        return None
    general = [
        say("focus.named", theme=label, group=say.joined(groups, ", ")) for label, groups in potential(content).values()
    ]
    common = {(group.code, theme.code) for group, theme in _of_unit(content)}
    blocks: list[Block] = [Paragraph(say(f"{word}.lead")), Heading(say("competence.general"))]
    blocks.append(Bullets(tuple(general)) if general else Paragraph(say("competence.no_general")))
    rows = []
    for place, member in enumerate(content.members):
        own = [one for one in _of_member(source, content, place, member) if (one[0].code, one[1].code) not in common]
        if own:
            rows.append(Row(member.label, (Words(_listed(say, own)),)))
    blocks.append(Heading(say("competence.specific")))
    if rows:
        blocks.append(
            Table(
                name="kompetenceudvikling",
                caption=say("competence.caption"),
                columns=(Column(say(f"{word}.institution"), False), Column(say("focus.focus"), False)),
                parts=(Part(None, tuple(rows)),),
                look="lists",
            )
        )
    else:
        blocks.append(Paragraph(say(f"{word}.no_specific")))
    blocks.append(Paragraph(say(f"{word}.rule"), "note"))
    return Section("kompetenceudvikling", say("competence.heading"), tuple(blocks))


def _of_unit(content: Content) -> list[Found]:
    return focus([(group, theme) for group in content.groups for theme in group.themes])


def _of_member(source: Source, content: Content, place: int, member: Place) -> list[Found]:
    """Focus areas of one institution: its themes with its own level and its own change over the latest pair."""
    found: list[Found] = []
    for group in content.groups:
        for theme in group.themes:
            changes: tuple[Change, ...] = ()
            if content.pairs:
                changes = (change_of(source, group.code, theme.code, member.unit, content.pairs[0]),)
            found.append((group, replace(theme, level=theme.members[place], changes=changes)))
    return focus(found)


def _listed(say: Speaker, found: list[Found]) -> Said:
    names = [say("focus.named", theme=theme.label, group=uncapitalised(group.label)) for group, theme in found[:NAMED]]
    if len(found) > NAMED:
        names.append(say("competence.more", n=len(found) - NAMED))
    return say.joined(names, "; ")


# Levels of the organisation


def levels_compared(sections: Sections) -> Section | None:
    """Themes that several levels of the organisation were asked in the same words, level by level; None where there are none.

    Points are no measure between groups: each has a scale of its own. What can be held side by side is the share of favourable
    answers to the same questions, and which way each level moves.
    """
    say, content, cells = sections.say, sections.content, sections.cells
    shared = shared_themes(content)
    if not shared:
        return None
    parts, apart = [], []
    for found in shared.values():
        rows = []
        for group, theme in found:
            figures: tuple[Cell, ...] = (
                cells.number(theme.level.favourable, "share", is_strong=True),
                cells.number(theme.level.n, "count"),
            )
            moved: tuple[Cell, ...] = ()
            if content.pairs:
                moved = cells.moved(theme.changes[0])
            label = say(
                "organisation.row",
                level=say(f"organisation.level.{group.organisation}"),
                group=uncapitalised(group.label),
            )
            rows.append(Row(label, (*cells.figures(theme.level.state, theme.level.code, figures), *moved)))
        parts.append(Part(found[0][1].label, tuple(rows)))
        apart += _apart(say, found)
    table = Table(
        name="niveauer",
        caption=say("organisation.caption", mapping=sections.frame.latest.label),
        columns=(
            Column(say("organisation.column"), False),
            Column(say("table.favourable")),
            Column(say("table.n")),
            *sections.change_columns,
        ),
        parts=tuple(parts),
    )
    told: Block = Bullets(tuple(apart), say("organisation.apart")) if apart else Paragraph(say("organisation.alike"))
    blocks = (Paragraph(say("organisation.lead")), told, *hidden_note(say, [table]), table)
    return Section("niveauer", say("organisation.heading"), blocks)


def shared_themes(content: Content) -> dict[str, list[Found]]:
    """Themes that groups of two or more levels are asked in the same words, by family; groups from the top level down."""
    found: dict[str, list[Found]] = {}
    for group in sorted(content.groups, key=_level):
        if group.organisation is None:
            continue
        for theme in group.themes:
            found.setdefault(theme.family, []).append((group, theme))
    return {
        family: themes
        for family, themes in found.items()
        if len({group.organisation for group, _ in themes}) > 1 and len({_wording(theme) for _, theme in themes}) == 1
    }


def _level(group: GroupBlock) -> int:
    return LEVELS.index(group.organisation) if group.organisation is not None else len(LEVELS)


def _wording(theme: ThemeBlock) -> tuple[object, ...]:
    """Questions and answers of the latest mapping: what makes shares of two groups mean the same."""
    return tuple(
        (tuple(answer["da"] for answer in table.answers), tuple(item.text["da"] for item in table.items))
        for table in theme.answers
    )


def _apart(say: Speaker, found: list[Found]) -> list[Said]:
    """A sentence where the highest and the lowest share of favourable answers lie well apart."""
    shares = [(theme.level.favourable, group) for group, theme in found if theme.level.favourable is not None]
    if not shares:
        return []
    (low, lowest), (high, highest) = min(shares, key=_share), max(shares, key=_share)
    if high - low < APART:
        return []
    return [
        say(
            "organisation.differ",
            theme=found[0][1].label,
            high=Number(high, "share"),
            highest=highest.in_sentence,
            low=Number(low, "share"),
            lowest=lowest.in_sentence,
        )
    ]


def _share(one: tuple[float, GroupBlock]) -> float:
    return one[0]


# The same persons


def same_persons(sections: Sections) -> Section | None:
    """What those who answered both times tell; None where respondents are not linked or there is one mapping."""
    say, content = sections.say, sections.content
    if sections.frame.clusters != "persons" or not content.pairs:
        return None
    table = Table(
        name="parret",
        caption=say("persons.caption", **sections.pair_values),
        columns=(
            Column(say("table.theme"), False),
            *(Column(say(f"persons.{key}")) for key in ("before", "after")),
            Column(say("table.delta")),
            Column(say("table.interval")),
            Column(say("table.status"), False),
        ),
        parts=tuple(
            Part(group.label, tuple(_paired(sections, theme) for theme in group.themes)) for group in content.groups
        ),
    )
    blocks: list[Block] = [Paragraph(say("persons.lead", **sections.pair_values)), *hidden_note(say, [table]), table]
    return Section("personer", say("persons.heading"), (*blocks, *_where_from(sections)))


def _paired(sections: Sections, theme: ThemeBlock) -> Row:
    """Answers before and after, and the paired change."""
    cells, change = sections.cells, theme.changes[0]
    numbers: tuple[Cell, ...] = (
        cells.number(change.n_before, "count"),
        cells.number(change.n_after, "count"),
        cells.number(change.delta, "change", is_strong=True),
        cells.interval(change.low, change.high, "change"),
    )
    hidden = cells.hidden(change.reason)
    return Row(theme.label, (*((hidden,) * 4 if change.status == "suppressed" else numbers), cells.status(change)))


def _where_from(sections: Sections) -> list[Block]:
    """The change divided between those who answered both times and those who came or left; a sentence where all is hidden."""
    say, content = sections.say, sections.content
    found = [(group, theme.label, theme.turnover) for group in content.groups for theme in group.themes]
    blocks: list[Block] = [Heading(say("persons.division"))]
    if not any(one is not None and one.state == "shown" for _, _, one in found):
        return [*blocks, Paragraph(say("persons.no_division"))]
    keys = ("stayers", "left", "joined", "delta", "delta_stayers", "by_joiners", "by_leavers")
    table = Table(
        name="samme-personer",
        caption=say("persons.division_caption", **sections.pair_values),
        columns=(Column(say("table.theme"), False), *(Column(say(f"persons.{key}")) for key in keys)),
        parts=tuple(
            Part(
                group.label,
                tuple(Row(label, _persons(sections, one)) for g, label, one in found if g is group and one is not None),
            )
            for group in content.groups
        ),
    )
    return [*blocks, Paragraph(say("persons.division_lead")), *hidden_note(say, [table]), table]


def _persons(sections: Sections, one: Turnover) -> tuple[Cell, ...]:
    cells = sections.cells
    figures = (
        *(cells.number(value, "count") for value in (one.stayers, one.left, one.joined)),
        cells.number(one.delta, "change", is_strong=True),
        *(cells.number(value, "change") for value in (one.delta_stayers, one.by_joiners, one.by_leavers)),
    )
    return cells.figures(one.state, one.code, figures)


# Day-care and school together


def sectors(sections: Sections) -> Section | None:
    """Themes by development in day-care and in school; None where the programme has but one of them."""
    say, content = sections.say, sections.content
    if not {"daycare", "school"} <= {group.place for group in content.groups} or content.tally is None:
        return None
    rows = []
    for place in ("daycare", "school"):
        counts = [group.tallies[0].counts for group in content.groups if group.place == place]
        cells: list[Cell] = [Number(sum(one[status] for one in counts), "count") for status in COMPARABLE]
        total = sum(sum(one.values()) for one in counts)
        rows.append(Row(say(f"sectors.{place}"), (*cells, Number(total, "count", is_strong=True))))
    table = Table(
        name="omraader",
        caption=say("sectors.caption", **sections.pair_values),
        columns=(
            Column(say("sectors.column"), False),
            *(Column(say(f"status.{status}")) for status in COMPARABLE),
            Column(say("summary.total")),
        ),
        parts=(Part(None, tuple(rows)),),
        note=say("sectors.note"),
    )
    return Section("omraader", say("sectors.heading"), (Paragraph(say("sectors.lead")), table))
