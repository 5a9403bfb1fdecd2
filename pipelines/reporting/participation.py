"""Sections on who was asked and who answered.

Belongs here: tables and charts of response rates.
Does not belong here: what kept people from answering (`documents` has the appendix).
"""

from __future__ import annotations

from dataclasses import replace

from pipelines.reporting.cells import hidden_note
from pipelines.reporting.model import (
    Block,
    Cell,
    Chart,
    Column,
    Mark,
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
    Words,
)
from pipelines.reporting.records import (
    Place,
    Response,
)
from pipelines.reporting.sections import Sections

WIDE = 8
"""Columns from which a table stands below its plot and not beside it."""


def response(sections: Sections) -> Section:
    """Who was invited and who answered."""
    say, frame, content = sections.say, sections.frame, sections.content
    lead = say(
        "response.lead",
        complete=Number(frame.thresholds.complete_share, "share"),
        partial=Number(frame.thresholds.partial_share, "share"),
    )
    table = _response_table(sections)
    charted = _response_chart(sections, table)
    flags = sorted({row.rounds[-1].flag for row in content.responses if row.rounds[-1].flag is not None})
    is_wide = isinstance(charted, Chart) and len(table.columns) > WIDE
    blocks: tuple[Block, ...] = (
        Paragraph(lead),
        *((replace(charted, table=None), table) if is_wide and isinstance(charted, Chart) else (charted,)),
        *hidden_note(say, [table]),
        *(Paragraph(say(f"response.flag_notes.{flag}"), "note") for flag in flags),
    )
    return Section("svar", say("response.heading"), blocks)


def response_in_short(sections: Sections) -> Section:
    """The response rate alone."""
    say, cells = sections.say, sections.cells
    rows = []
    for row in sections.content.responses:
        now = row.rounds[-1]
        numbers = (cells.number(now.invited, "count"), cells.number(now.rr2, "rate", is_strong=True))
        rows.append(Row(row.label, cells.figures(now.state, now.code, numbers)))
    table = Table(
        name="svarprocent-kort",
        caption=say("response.caption", mapping=sections.frame.latest.label),
        columns=(
            Column(say("table.group"), False),
            Column(say("response.invited")),
            Column(say("response.rate", mapping=sections.frame.latest.key)),
        ),
        parts=(Part(None, tuple(rows)),),
    )
    return Section("svar", say("response.heading"), (*hidden_note(say, [table]), table))


def _response_table(sections: Sections) -> Table:
    say, frame, content = sections.say, sections.frame, sections.content
    cells = sections.cells

    def figures(one: Response) -> tuple[Cell, ...]:
        numbers = (
            *(cells.number(v, "count") for v in (one.invited, one.complete, one.partial)),
            cells.number(one.rr1, "rate"),
        )
        return cells.figures(one.state, one.code, numbers)

    def rate(one: Response, is_strong: bool = False) -> Cell:
        return cells.figures(one.state, one.code, (cells.number(one.rr2, "rate", is_strong),))[0]

    rows = []
    has_flags = any(row.rounds[-1].flag is not None for row in content.responses)
    for row in content.responses:
        now = row.rounds[-1]
        flag = (
            Words(say(f"response.flags.{now.flag}", limit=Number(row.limit, "share")))
            if now.flag is not None
            else Words({"da": "", "en": ""})
        )
        rounds = [rate(one, number == 0) for number, one in enumerate(reversed(row.rounds))]
        others = [rate(one) for one in row.others]
        rows.append(Row(row.label, (*figures(now), *rounds, *others, *([flag] if has_flags else []))))
    return Table(
        name="svar",
        caption=say("response.caption", mapping=frame.latest.label),
        columns=(
            Column(say("table.group"), False),
            *(Column(say(f"response.{key}")) for key in ("invited", "complete", "partial", "strict")),
            *(Column(say("response.rate", mapping=held.key)) for held in reversed(frame.rounds)),
            *(Column(say(f"response.{_role(other)}", mapping=frame.latest.key)) for other in content.others),
            *([Column(say("response.flag"), False)] if has_flags else []),
        ),
        parts=(Part(None, tuple(rows)),),
    )


def _response_chart(sections: Sections, table: Table) -> Block:
    say, content = sections.say, sections.content
    roles: list[Role] = [_role(other) for other in content.others]
    rows = []
    for row in content.responses:
        now = row.rounds[-1]
        marks = [] if now.rr2 is None else [Mark("unit", now.rr2)]
        marks += [Mark(r, one.rr2) for r, one in zip(roles, row.others, strict=True) if one.rr2 is not None]
        if len(row.rounds) > 1 and row.rounds[-2].rr2 is not None:
            marks.append(Mark("before", row.rounds[-2].rr2))
        if now.rr2 is None:
            rows.append(
                Strip(row.label, None, (), absent=say(f"state.{now.state if now.state != 'shown' else 'no_data'}"))
            )
        else:
            beside = {k: v.number.write("rate", now.rr2) for k, v in say.voices.items()}
            rows.append(Strip(row.label, beside, tuple(marks)))
    if not any(row.marks for row in rows):
        return table
    key: list[tuple[Role, Said]] = [("unit", say(f"figure.key.short.{sections.kind}"))]
    key += [(role, say(f"figure.key.short.{role}")) for role in roles]
    if len(sections.frame.rounds) > 1:
        key.append(("before", say("figure.key.before", mapping=sections.frame.rounds[-2].key)))
    return Chart(
        name="svarprocent",
        title=say("figure.response.title", mapping=sections.frame.latest.label),
        description=say("figure.response.describe"),
        read=say("figure.response.read"),
        plot=Strips("share", 0.0, 1.0, None, tuple(rows), tuple(key)),
        table=table,
    )


def _role(place: Place) -> Role:
    """Whose figures a unit is held against."""
    return "municipality" if place.unit[0] == "municipality" else "programme"
