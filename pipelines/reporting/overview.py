"""Sections at the head of a document: the summary, the questions that readers ask, strengths and focus areas.

Belongs here: how many changes there were and which.
Does not belong here: the themes of a group one by one (`groups`).
"""

from __future__ import annotations

from pipelines.reporting import wording
from pipelines.reporting.cells import hidden_note
from pipelines.reporting.model import (
    Block,
    Cell,
    Chart,
    Column,
    Heading,
    Number,
    Paragraph,
    Part,
    Row,
    Said,
    Section,
    Table,
    Terms,
    Tiles,
    Words,
)
from pipelines.reporting.order import Found, focus, strengths
from pipelines.reporting.records import (
    COMPARABLE,
    STATUSES,
    Tally,
)
from pipelines.reporting.sections import Sections

LISTED = 10
"""Most themes in a list of strengths or focus areas."""

NAMED = 3
"""Most themes named in a sentence."""


def summary(sections: Sections, *, with_list: bool = True) -> Section:
    """One page: what happened, in a sentence, in numbers, what to do with it, and which themes moved."""
    say, content = sections.say, sections.content
    blocks: list[Block] = []
    if not content.has_data:
        blocks.append(
            Paragraph(say("summary.no_data", unit=content.place.label, mapping=sections.frame.latest.key), "lead")
        )
    pair = content.pairs[0] if content.pairs else None
    blocks.append(Paragraph(wording.summary_line(say, content.tally, pair), "lead"))
    if content.period is not None:
        blocks.append(Paragraph(wording.summary_line(say, content.period.tally, content.period.pair)))
    if content.tally is not None:
        blocks.append(questions(sections))
        blocks.append(_tally_chart(sections, content.tally))
        blocks += _changed(sections, content.tally) if with_list else []
    return Section("resume", say("summary.heading"), tuple(blocks))


def questions(sections: Sections) -> Terms:
    """The three questions that readers ask, answered by rule."""
    say = sections.say
    answers = {"real": _is_it_real(sections), "moved": _what_moved(sections), "use": _what_to_do(sections)}
    return Terms(tuple((say(f"questions.{key}.term"), answer) for key, answer in answers.items()), "answers")


def _is_it_real(sections: Sections) -> Said:
    say, tally = sections.say, sections.content.tally
    if tally is None or not tally.comparable:
        return say("questions.nothing")
    changed = tally.counts["increase"] + tally.counts["decrease"]
    return say.joined(
        [
            say.count("questions.real.changed", changed),
            *(
                say.count(f"questions.real.{status}", tally.counts[status])
                for status in ("status_quo", "inconclusive")
                if tally.counts[status]
            ),
        ]
    )


def _what_moved(sections: Sections) -> Said:
    say, tally, sentences = sections.say, sections.content.tally, []
    if tally is None or not tally.comparable:
        return say("questions.nothing")
    for status in ("increase", "decrease"):
        found = sections.with_status(status)
        if not found:
            continue
        group, theme = found[0]
        delta = theme.changes[0].delta
        if delta is None:
            continue
        sentences.append(
            say(f"questions.moved.{status}", theme=theme.label, group=group.label, delta=Number(delta, "change"))
        )
        parts = theme.contribution.parts
        if parts:
            item, part = parts[0] if status == "increase" else parts[-1]
            sentences.append(say("questions.moved.item", item=item, part=Number(part, "change")))
    return say.joined(sentences) if sentences else say("questions.moved.nothing")


def _what_to_do(sections: Sections) -> Said:
    say, found = sections.say, sections.found()
    sentences = []
    for key, chosen in (("strengths", strengths(found)), ("focus", focus(found))):
        if chosen:
            names = [say("focus.named", theme=t.label, group=g.label) for g, t in chosen[:NAMED]]
            sentences.append(say(f"questions.use.{key}", names=say.joined(names, "; ")))
        else:
            sentences.append(say(f"questions.use.no_{key}"))
    if sections.content.tally is not None and sections.content.tally.counts["inconclusive"]:
        sentences.append(say("questions.use.inconclusive"))
    return say.joined(sentences)


def _tally_chart(sections: Sections, tally: Tally) -> Block:
    """A tile per theme, and the counts."""
    say, groups = sections.say, [group for group in sections.content.groups if group.themes]
    present = [status for status in STATUSES if status in COMPARABLE or tally.counts[status]]

    def row(label: Said, counts: Tally, is_strong: bool = False) -> Row:
        cells: list[Cell] = [Number(counts.counts[status], "count", is_strong) for status in present]
        return Row(label, (*cells, Number(counts.total, "count", is_strong)))

    table = Table(
        name="resume",
        caption=say("summary.caption", **sections.pair_values),
        columns=(
            Column(say("table.group"), is_number=False),
            *(Column(say(f"status.{status}")) for status in present),
            Column(say("summary.total")),
        ),
        parts=(Part(None, tuple(row(group.label, group.tallies[0]) for group in groups)),),
        foot=row(say("summary.all_groups"), tally),
        note=say("summary.counted"),
    )
    if not tally.total:
        return table
    return Chart(
        name="resume",
        title=say("figure.tally.title", **sections.pair_values),
        description=say("figure.tally.describe"),
        read=say("figure.tally.read"),
        plot=Tiles(
            tuple((status, say(f"status.{status}")) for status in present),
            tuple((group.label, tuple(group.tallies[0].counts[s] for s in present)) for group in groups),
        ),
        table=table,
    )


def _changed(sections: Sections, tally: Tally) -> list[Block]:
    """Themes that have risen or fallen, by name; nothing where none can be compared."""
    say = sections.say
    if not tally.comparable:
        return []
    heading = say("summary.changed", **sections.pair_values)
    if not tally.counts["increase"] + tally.counts["decrease"]:
        return [Heading(heading), Paragraph(say("summary.nothing_changed"))]
    rows = []
    for group in sections.content.groups:
        named = []
        for status in ("increase", "decrease"):
            themes = [t for g, t in sections.with_status(status) if g is group]
            parts = [
                say("summary.named", theme=t.label, delta=Number(d, "change"))
                for t in themes
                if (d := t.changes[0].delta) is not None
            ]
            named.append(Words(say.joined(parts, "; ") if parts else say("summary.none_listed")))
        if any(g is group for status in ("increase", "decrease") for g, _ in sections.with_status(status)):
            rows.append(Row(group.label, tuple(named)))
    return [
        Heading(heading),
        Table(
            name="resume-temaer",
            caption=heading,
            columns=tuple(Column(say(key), False) for key in ("table.group", "summary.grew", "summary.fell")),
            parts=(Part(None, tuple(rows)),),
            look="lists",
        ),
    ]


def strengths_and_focus(sections: Sections, most: int = LISTED) -> Section:
    """Two lists and the rule that chose them."""
    say, found = sections.say, sections.found()
    has_others = bool(sections.content.others)
    rule = "unit" if has_others else "programme" if sections.kind == "programme" else "alone"
    blocks: list[Block] = [Paragraph(say(f"focus.rule.{rule}"))]
    for key, chosen in (("strengths", strengths(found)), ("focus", focus(found))):
        blocks.append(Heading(say(f"focus.{key}")))
        if not chosen:
            blocks.append(Paragraph(say(f"focus.no_{key}")))
            continue
        if len(chosen) > most:
            blocks.append(Paragraph(say("focus.more", n=most, of=len(chosen)), "note"))
        blocks.append(
            Table(
                name=key,
                caption=say(f"focus.{key}"),
                columns=(
                    Column(say("table.theme"), False),
                    Column(say("table.group"), False),
                    *([Column(say("table.ahead"))] if has_others else []),
                    *sections.change_columns,
                ),
                parts=(Part(None, tuple(_focus_row(sections, one, has_others) for one in chosen[:most])),),
                look="lists",
            )
        )
    blocks.append(Paragraph(say("focus.use")))
    return Section("fokus", say("focus.heading"), (*hidden_note(say, blocks), *blocks))


def _focus_row(sections: Sections, found: Found, has_others: bool) -> Row:
    group, theme = found
    cells: list[Cell] = [Words(group.label)]
    if has_others:
        cells.append(sections.cells.ahead(theme.level))
    if sections.content.pairs:
        change = theme.changes[0]
        cells += sections.cells.moved(change, with_reason=False)
    return Row(theme.label, tuple(cells))
