"""What has changed in a group: the latest change, which questions moved, all rounds, other pairs of mappings.

Belongs here: tables and charts of changes.
Does not belong here: how many changes there are in all (`overview`).
"""

from __future__ import annotations

from pipelines.reporting import wording
from pipelines.reporting.cells import mark, told_once
from pipelines.reporting.model import (
    Block,
    Chart,
    Column,
    Fold,
    Heading,
    Mark,
    Movement,
    Movements,
    Number,
    Panel,
    Panels,
    Paragraph,
    Part,
    Role,
    Row,
    Said,
    Strip,
    Strips,
    Table,
)
from pipelines.reporting.order import Found, by_change
from pipelines.reporting.panels import LONGEST_KEY
from pipelines.reporting.records import (
    COMPARABLE,
    STATUSES,
    Change,
    GroupBlock,
    Place,
    ThemeBlock,
)
from pipelines.reporting.scales import Extent, bounds_of
from pipelines.reporting.sections import FEWEST_ROUNDS, Sections

MOVED = 6
"""Most themes of a group whose change is divided between its questions."""


def change_blocks(sections: Sections, group: GroupBlock, name: str) -> list[Block]:
    """The change over the latest pair."""
    say = sections.say
    blocks: list[Block] = [Heading(say("group.changes", **sections.pair_values))]
    themes = by_change(group.themes)
    table = Table(
        name=f"{name}-udvikling",
        caption=say("caption.changes", group=group.label, **sections.pair_values),
        columns=_change_columns(sections),
        parts=(Part(None, tuple(Row(theme.label, sections.cells.change(theme.changes[0])) for theme in themes)),),
    )
    table = told_once(say, table)
    if not any(theme.changes[0].delta is not None for theme in themes):
        return [*blocks, Paragraph(say("group.no_changes", **sections.pair_values)), table]
    relevant = sections.frame.thresholds.relevant
    counts = group.tallies[0].counts
    tally = say.joined(
        [
            say("figure.changes.counted", status=say(f"status.{status}"), n=counts[status])
            for status in STATUSES
            if counts[status]
        ],
        "; ",
    )
    chart = Chart(
        name=f"{name}-udvikling",
        title=say("figure.changes.title", group=group.label, **sections.pair_values),
        description=say("figure.changes.describe", relevant=relevant, tally=tally),
        read=sections.read(
            "changes",
            ((one.delta, one.low, one.high) for t in themes for one in t.changes[:1] if one.delta is not None),
            -sections.reach,
            sections.reach,
        ),
        plot=Strips(
            "change",
            -sections.reach,
            sections.reach,
            0.0,
            tuple(_change_strip(sections, theme.label, theme.changes[0]) for theme in themes),
            (),
            band=relevant,
            band_label=say("figure.changes.band", relevant=relevant),
        ),
        table=table,
    )
    return [*blocks, Paragraph(say("group.changes_lead")), chart]


def _change_columns(sections: Sections) -> tuple[Column, ...]:
    keys = ("theme", "delta", "interval", "q", "g")
    return (
        *(Column(sections.say(f"table.{key}"), key != "theme") for key in keys),
        Column(sections.say("table.status"), False),
    )


def _change_strip(sections: Sections, label: Said, change: Change) -> Strip:
    say = sections.say
    if change.delta is None:
        return Strip(label, None, (), absent=wording.absent_word(say, change))
    beside = say("figure.changes.beside", status=wording.status_word(say, change), delta=Number(change.delta, "change"))
    return Strip(label, beside, (Mark("unit", change.delta, change.low, change.high, change.status),))


def moved_blocks(sections: Sections, group: GroupBlock, name: str) -> list[Block]:
    """Which questions carry the change of the themes that have risen or fallen most; nothing where none can be compared."""
    say = sections.say
    if not any(theme.changes[0].status in COMPARABLE for theme in group.themes):
        return []
    found = [theme for g, theme in _moved_most(sections) if g is group]
    blocks: list[Block] = [Heading(say("group.moved"))]
    if not found:
        return [*blocks, Paragraph(say("group.moved_none", **sections.pair_values))]
    shown = [theme for theme in found if theme.contribution.state == "shown"][:MOVED]
    rows = [
        Movement(theme.label, theme.contribution.delta, theme.contribution.parts)
        for theme in shown
        if theme.contribution.delta is not None
    ]
    parts = [_moved_part(sections, theme) for theme in found[:MOVED]]
    table = Table(
        name=f"{name}-spoergsmaal",
        caption=say("caption.moved", group=group.label, **sections.pair_values),
        columns=(Column(say("table.question"), False), Column(say("table.part"))),
        parts=tuple(parts),
    )
    blocks.append(Paragraph(say("group.moved_lead")))
    if not rows:
        return [*blocks, table]
    reach = max(10.0, *(abs(value) for row in rows for _, value in row.parts))
    return [
        *blocks,
        Chart(
            name=f"{name}-spoergsmaal",
            title=say("figure.moved.title", group=group.label, **sections.pair_values),
            description=say("figure.moved.describe", n=len(rows)),
            read=say("figure.moved.read"),
            plot=Movements(reach, tuple(rows)),
            table=table,
        ),
    ]


def _moved_most(sections: Sections) -> list[Found]:
    found = [one for status in ("increase", "decrease") for one in sections.with_status(status)]
    return sorted(found, key=lambda one: -abs(one[1].changes[0].delta or 0.0))


def _moved_part(sections: Sections, theme: ThemeBlock) -> Part:
    say, found, cells = sections.say, theme.contribution, sections.cells
    if found.state != "shown":
        return Part(
            theme.label, (Row(say("group.moved_total"), cells.figures(found.state, found.code, (cells.none,))),)
        )
    rows = [Row(label, (Number(value, "change"),)) for label, value in found.parts]
    rows.append(Row(say("group.moved_rest"), (cells.number(found.residual, "change"),)))
    rows.append(Row(say("group.moved_total"), (cells.number(found.delta, "change", is_strong=True),)))
    return Part(theme.label, tuple(rows))


def round_blocks(sections: Sections, group: GroupBlock, name: str) -> list[Block]:
    """Every mapping's mean, where there are more than the latest pair tells."""
    say, frame, content = sections.say, sections.frame, sections.content
    if len(frame.rounds) < FEWEST_ROUNDS:
        return []
    table = Table(
        name=f"{name}-kortlaegninger",
        caption=say("caption.rounds", group=group.label),
        columns=(
            Column(say("table.theme"), False),
            *(Column({"da": held.key, "en": held.key}) for held in frame.rounds),
            *(
                Column(say(f"response.{_role(other)}", mapping=held.key))
                for other in content.others
                for held in frame.rounds
            ),
        ),
        parts=(
            Part(
                None,
                tuple(
                    Row(
                        theme.label,
                        (
                            *(sections.cells.mean(one.unit, is_strong=True) for one in theme.rounds),
                            *(
                                sections.cells.mean(one.others[place], with_interval=False)
                                for place in range(len(content.others))
                                for one in theme.rounds
                            ),
                        ),
                    )
                    for theme in group.themes
                ),
            ),
        ),
    )
    blocks: list[Block] = [Heading(say("group.rounds")), Paragraph(say("group.rounds_lead"))]
    themes = [t for t in group.themes if any(r.unit.mean is not None for r in t.rounds)]
    if not themes:
        return [*blocks, table]
    keys = tuple(held.key for held in frame.rounds)
    levels: list[Extent] = [
        (one.mean, one.low, one.high)
        for theme in themes
        for r in theme.rounds
        for one in (r.unit, *r.others)
        if one.mean is not None
    ]
    low, high = bounds_of(levels, least=(480, 520), most=(440, 560), step=10)
    own = (
        (one.value, one.low, one.high) for t in themes for r in t.rounds if (one := mark("unit", r.unit)) is not None
    )
    read = sections.read("rounds", own, low, high)
    if max(map(len, keys)) > LONGEST_KEY:
        read = say.joined([read, say("figure.rounds.numbered", names=", ".join(keys))])
    roles: list[Role] = [_role(other) for other in content.others]
    chart = Chart(
        name=f"{name}-kortlaegninger",
        title=say("figure.rounds.title", group=group.label),
        description=say("figure.rounds.describe", n=len(themes)),
        read=read,
        plot=Panels(
            low,
            high,
            500.0,
            keys,
            tuple(
                Panel(
                    theme.label,
                    tuple(mark("unit", r.unit) for r in theme.rounds),
                    tuple(r.unit.state == "suppressed" for r in theme.rounds),
                    tuple(
                        (role, tuple(r.others[place].mean for r in theme.rounds)) for place, role in enumerate(roles)
                    ),
                )
                for theme in themes
            ),
            (
                ("unit", say(f"figure.key.short.{sections.kind}")),
                *((role, say(f"figure.key.short.{role}")) for role in roles),
            ),
        ),
        table=table,
    )
    return [*blocks, chart]


def other_pairs(sections: Sections, group: GroupBlock, name: str) -> list[Block]:
    """Changes over the other pairs of mappings, folded."""
    say, pairs = sections.say, sections.content.pairs
    if len(pairs) < 2:  # noqa: PLR2004 - the latest pair has its own table
        return []
    table = Table(
        name=f"{name}-oevrige",
        caption=say("caption.other_pairs", group=group.label),
        columns=_change_columns(sections),
        parts=tuple(
            Part(
                say("table.pair", before=pair.before, after=pair.after),
                tuple(Row(theme.label, sections.cells.change(theme.changes[k])) for theme in group.themes),
            )
            for k, pair in enumerate(pairs)
            if k
        ),
    )
    table = told_once(say, table)
    return [Fold(say("group.other_pairs"), (table,), is_printed=sections.kind in ("programme", "municipality"))]


def _role(place: Place) -> Role:
    """Whose figures a unit is held against."""
    return "municipality" if place.unit[0] == "municipality" else "programme"
