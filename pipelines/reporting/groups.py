"""Section of one respondent group: its levels, the spread between schools, and what follows of changes and answers.

Belongs here: which tables and charts of levels a group has.
Does not belong here: its changes (`changes`) and answers (`answers`).
"""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.reporting import wording
from pipelines.reporting.answers import answer_blocks
from pipelines.reporting.cells import hidden_note, mark
from pipelines.reporting.changes import change_blocks, moved_blocks, other_pairs, round_blocks
from pipelines.reporting.model import (
    Block,
    Bullets,
    Cell,
    Chart,
    Column,
    Fold,
    Heading,
    Number,
    Paragraph,
    Part,
    Role,
    Row,
    Said,
    Section,
    Strip,
    Strips,
    Table,
)
from pipelines.reporting.order import by_level
from pipelines.reporting.records import (
    GroupBlock,
    Place,
)
from pipelines.reporting.sections import Sections


def group_section(sections: Sections, group: GroupBlock, number: int, *, with_answers: bool = True) -> Section:
    """Levels, changes, rounds, questions that moved, spread, answers."""
    say, name = sections.say, f"gruppe-{number}"
    hidden = hidden_group(sections, group, name)
    if hidden is not None:
        return hidden
    blocks: list[Block] = []
    if group.mode != "reading":
        blocks.append(Paragraph(say(f"group.mode.{group.mode}"), "note"))
    if sections.content.pairs and group.themes:
        blocks.append(Paragraph(wording.summary_line(say, group.tally, sections.content.pairs[0])))
    inner: list[Block] = [*level_blocks(sections, group, name)]
    if sections.content.pairs and group.themes:
        inner += change_blocks(sections, group, name)
        inner += moved_blocks(sections, group, name)
        inner += round_blocks(sections, group, name)
        inner += other_pairs(sections, group, name) if not sections.is_profile else []
    if with_answers and group.themes:
        inner += answer_blocks(sections, group, name)
    return Section(name, group.label, (*blocks, *hidden_note(say, inner), *inner))


def _is_all_hidden(group: GroupBlock) -> bool:
    """Whether a group has figures, but none that may be shown."""
    levels = [one for theme in group.themes for one in (theme.level, *(r.unit for r in theme.rounds), *theme.members)]
    return (
        any(one.state == "suppressed" for one in levels)
        and not any(one.mean is not None for one in levels)
        and not any(change.delta is not None for theme in group.themes for change in theme.changes)
        and not any(item.state == "shown" for t in group.themes for a in t.answers for item in a.items)
    )


def hidden_group(sections: Sections, group: GroupBlock, name: str) -> Section | None:
    """A sentence instead of tables that would hold nothing but the sign; None where something is shown."""
    if not _is_all_hidden(group):
        return None
    codes = {theme.level.code for theme in group.themes if theme.level.state == "suppressed"}
    codes |= {one.unit.code for t in group.themes for one in t.rounds if one.unit.state == "suppressed"}
    reasons = {r["da"]: r for r in (wording.hidden_reason(sections.say, code, sections.frame) for code in codes)}
    told = sections.say.joined([reasons[key] for key in sorted(reasons)], "; ")
    return Section(name, group.label, (Paragraph(sections.say("group.all_hidden", reasons=told)),))


def level_blocks(sections: Sections, group: GroupBlock, name: str) -> list[Block]:
    """Where the unit stands, against the nearest units above it, with those that it is made of."""
    say, mapping = sections.say, sections.frame.latest
    blocks: list[Block] = [Heading(say("group.levels", mapping=mapping.key))]
    table = _level_table(sections, group, name)
    if not any(theme.level.state == "shown" for theme in group.themes):
        blocks.append(Paragraph(say("group.no_levels", mapping=mapping.key)))
        if group.themes:
            blocks.append(table)
    else:
        blocks.append(Paragraph(say(f"group.levels_lead.{'unit' if sections.content.others else 'programme'}")))
        blocks.append(_level_chart(sections, group, name, table))
    notes = _reservations(sections, group)
    if notes:
        blocks.append(Bullets(tuple(notes), say("group.notes"), "note"))
    if sections.content.members and any(one.mean is not None for t in group.themes for one in t.members):
        blocks += _spread(sections, group, name)
    return blocks


def _level_table(sections: Sections, group: GroupBlock, name: str) -> Table:
    say, content, cells = sections.say, sections.content, sections.cells
    rows = [
        Row(
            theme.label,
            (
                *cells.level(theme.level, group.is_rated),
                *(cells.mean(other) for other in theme.others),
                *([cells.ahead(theme.level)] if content.others else []),
            ),
        )
        for theme in by_level(group.themes)
    ]
    return Table(
        name=f"{name}-niveau",
        caption=say("caption.levels", group=group.label, mapping=sections.frame.latest.label),
        columns=(
            Column(say("table.theme"), False),
            *(Column(say(f"table.{key}")) for key in ("mean", "interval", "n")),
            *([Column(say("table.raters"))] if group.is_rated else []),
            Column(say("table.favourable")),
            *(Column(say(f"table.{_role(other)}")) for other in content.others),
            *([Column(say("table.ahead"))] if content.others else []),
        ),
        parts=(Part(None, tuple(rows)),),
    )


def _level_chart(sections: Sections, group: GroupBlock, name: str, table: Table) -> Chart:
    say, content = sections.say, sections.content
    roles: list[Role] = [_role(other) for other in content.others]
    rows = []
    for theme in by_level(group.themes):
        own = mark("unit", theme.level)
        if own is None:
            rows.append(Strip(theme.label, None, (), absent=say(f"state.{theme.level.state}")))
            continue
        held = [mark(role, other) for role, other in zip(roles, theme.others, strict=True)]
        rows.append(
            Strip(
                theme.label,
                {k: v.number.write("points", own.value) for k, v in say.voices.items()},
                (own, *(one for one in held if one is not None)),
                ticks=tuple(one.mean for one in theme.members if one.mean is not None),
            )
        )
    shown = sum(bool(row.marks) for row in rows)
    key: list[tuple[Role, Said]] = [("unit", say(f"figure.key.{sections.kind}"))]
    key += [(role, say(f"figure.key.{role}_too")) for role in roles]
    has_ticks = any(row.ticks for row in rows)
    if has_ticks:
        each = "daycare" if sections.kind == "municipality" and group.place == "daycare" else sections.kind
        key.append(("other", say(f"figure.key.each.{each}")))
    return Chart(
        name=f"{name}-niveau",
        title=say("figure.levels.title", group=group.label, mapping=sections.frame.latest.label),
        description=say("figure.levels.describe", n=shown, of=len(rows)),
        read=sections.read(
            "levels", ((one.value, one.low, one.high) for row in rows for one in row.marks), *sections.levels
        ),
        plot=Strips("points", *sections.levels, 500.0, tuple(rows), tuple(key)),
        table=table,
    )


def _reservations(sections: Sections, group: GroupBlock) -> list[Said]:
    """Reservations on a group's themes, each said once: weak reliability, a later base."""
    found: dict[str, tuple[Said, list[Said]]] = {}
    for theme in group.themes:
        note = wording.verdict_note(sections.say, theme.reliability)
        later = None if theme.base is None else sections.say("group.base", mapping=theme.base)
        for text in (note, later):
            if text is not None:
                found.setdefault(text["da"], (text, []))[1].append(theme.label)
    return [
        sections.say("group.note", themes=sections.say.joined(names, "; "), note=text) for text, names in found.values()
    ]


def _spread(sections: Sections, group: GroupBlock, name: str) -> list[Block]:
    """How far the units that this one is made of lie apart: fewest figures first, all of them folded."""
    say, of_daycare = sections.say, group.place == "daycare"
    kind = "programme" if sections.kind == "programme" else "daycare" if of_daycare else "municipality"
    # A school is no member of a group that only day-care has.
    there = [
        place
        for place, member in enumerate(sections.content.members)
        if group.place is None or member.kind in (None, group.place)
    ]
    members = [sections.content.members[place] for place in there]
    rows, every = [], []
    for theme in group.themes:
        shown = [one.mean for one in theme.members if one.mean is not None]
        cells: tuple[Cell, ...] = (
            (Number(len(shown), "count"), Number(min(shown), "points"), Number(max(shown), "points"))
            if shown
            else (Number(0, "count"), sections.cells.none, sections.cells.none)
        )
        rows.append(Row(theme.label, cells))
        levels = (theme.members[place] for place in there)
        every.append(Row(theme.label, tuple(sections.cells.mean(one, with_interval=False) for one in levels)))
    caption = say(f"caption.spread.{kind}", group=group.label, mapping=sections.frame.latest.label)
    has_range = any(sum(one.mean is not None for one in theme.members) > 1 for theme in group.themes)
    return [
        *([_range(sections, group, name, kind, rows)] if has_range else []),  # of one there is none
        Fold(
            say(f"group.every.{kind}"),
            (
                Table(
                    name=f"{name}-alle",
                    caption=caption,
                    columns=(Column(say("table.theme"), False), *(Column(member.label) for member in members)),
                    parts=(Part(None, tuple(every)),),
                ),
            ),
            is_printed=False,
        ),
    ]


def _range(sections: Sections, group: GroupBlock, name: str, kind: str, rows: Sequence[Row]) -> Fold:
    """Lowest and highest mean of each theme."""
    say = sections.say
    table = Table(
        name=f"{name}-spredning",
        caption=say(f"caption.range.{kind}", group=group.label, mapping=sections.frame.latest.label),
        columns=(
            Column(say("table.theme"), False),
            Column(say(f"table.members.{kind}")),
            Column(say("table.lowest")),
            Column(say("table.highest")),
        ),
        parts=(Part(None, tuple(rows)),),
    )
    return Fold(say(f"group.spread.{kind}"), (Paragraph(say("group.spread.lead")), table))


def _role(place: Place) -> Role:
    """Whose figures a unit is held against."""
    return "municipality" if place.unit[0] == "municipality" else "programme"
