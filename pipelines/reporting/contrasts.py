"""Sections that hold groups of persons or schools against each other: social background, initiatives.

Belongs here: their tables and charts.
Does not belong here: the levels of an organisation (`organisation`).
"""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.reporting.cells import hidden_note
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
    Words,
)
from pipelines.reporting.records import (
    GroupBlock,
    ThemeBlock,
)
from pipelines.reporting.scales import Extent, level_range
from pipelines.reporting.sections import Sections


def social_gap(sections: Sections) -> Section | None:
    """How far apart themes lie between pupils whose parents have most and least education; None without the mart."""
    say = sections.say
    groups = [(g, [t for t in g.themes if t.gap is not None]) for g in sections.content.groups]
    groups = [(group, themes) for group, themes in groups if any(t.gap and t.gap.state != "no_data" for t in themes)]
    if not groups:
        return None
    blocks: list[Block] = [Paragraph(say("gap.lead"))]
    for number, (group, themes) in enumerate(groups, 1):
        blocks.append(Heading(group.label))
        blocks.append(_gap_chart(sections, group, themes, f"baggrund-{number}"))
    return Section("baggrund", say("gap.heading"), (*hidden_note(say, blocks), *blocks))


def _gap_chart(sections: Sections, group: GroupBlock, themes: Sequence[ThemeBlock], name: str) -> Block:
    say, cells = sections.say, sections.cells
    ordered = sorted(themes, key=lambda t: (t.gap is None or t.gap.gap is None, -((t.gap and t.gap.gap) or 0.0)))
    rows, strips = [], []
    levels: list[Extent] = []
    for theme in ordered:
        gap, change = theme.gap, theme.gap_change
        if gap is None:
            continue
        figures = (
            cells.number(gap.lowest, "points"),
            cells.number(gap.highest, "points"),
            cells.number(gap.gap, "change", True, gap.low, gap.high),
            cells.number(gap.unknown, "share"),
        )
        moved: Cell = cells.none
        if change is not None:
            moved = cells.figures(
                change.state, change.code, (cells.number(change.delta, "change", low=change.low, high=change.high),)
            )[0]
        rows.append(Row(theme.label, (*cells.figures(gap.state, gap.code, figures), moved)))
        if gap.lowest is None or gap.highest is None or gap.gap is None:
            strips.append(Strip(theme.label, None, (), absent=say(f"state.{gap.state}")))
        else:
            levels += [(gap.lowest, None, None), (gap.highest, None, None)]
            beside = say("gap.beside", gap=Number(gap.gap, "change"))
            strips.append(Strip(theme.label, beside, (Mark("unit", gap.highest), Mark("before", gap.lowest))))
    table = Table(
        name=name,
        caption=say("gap.caption", group=group.label, mapping=sections.frame.latest.label),
        columns=(
            Column(say("table.theme"), False),
            *(Column(say(f"gap.{key}")) for key in ("lowest", "highest", "gap", "unknown", "change")),
        ),
        parts=(Part(None, tuple(rows)),),
    )
    if not levels:
        return table
    return Chart(
        name=name,
        title=say("gap.title", group=group.label, mapping=sections.frame.latest.label),
        description=say("gap.describe", n=len(strips)),
        read=say("gap.read"),
        plot=Strips(
            "points",
            *level_range(levels),
            500.0,
            tuple(strips),
            (("unit", say("gap.key_highest")), ("before", say("gap.key_lowest"))),
        ),
        table=table,
    )


def initiatives(sections: Sections) -> Section | None:
    """What happened on the themes of initiatives, against schools without; None where there is none."""
    say, cells = sections.say, sections.cells
    if not sections.content.initiatives:
        return None
    parts: dict[str, tuple[Said, list[Row]]] = {}
    for one in sections.content.initiatives:
        figures = (
            cells.number(one.with_, "change"),
            cells.number(one.without, "change"),
            cells.number(one.difference, "change", True, one.low, one.high),
        )
        when = say(f"initiatives.phases.{one.phase}", before=one.pair.before, after=one.pair.after)
        row = Row(one.theme, (Words(one.group), Words(when), *cells.figures(one.state, one.code, figures)))
        parts.setdefault(one.label["da"], (one.label, []))[1].append(row)
    keys = ("group", "phase", "with", "without", "difference")
    table = Table(
        name="indsatser",
        caption=say("initiatives.caption"),
        columns=(
            Column(say("table.theme"), False),
            *(Column(say(f"initiatives.{key}"), key not in ("group", "phase")) for key in keys),
        ),
        parts=tuple(Part(label, tuple(rows)) for label, rows in parts.values()),
    )
    blocks: tuple[Block, ...] = (Paragraph(say("initiatives.lead")), *hidden_note(say, [table]), table)
    return Section("indsatser", say("initiatives.heading"), blocks)
