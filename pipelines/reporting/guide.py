"""Sections that help to read a document: the reading guide and links to other documents.

Belongs here: what is explained, and from which settings.
Does not belong here: the methods page (`method`).
"""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.reporting.model import (
    Block,
    Bullets,
    Column,
    Fold,
    Heading,
    Link,
    Links,
    Number,
    Paragraph,
    Part,
    Row,
    Said,
    Section,
    Table,
    Terms,
    Words,
)
from pipelines.reporting.records import (
    COMPARABLE,
    Place,
)
from pipelines.reporting.sections import Sections


def guide(sections: Sections, *, is_short: bool = False, with_reliability: bool = True) -> Section:
    """How to read it, what is hidden, how it was calculated."""
    say, thresholds, limits = sections.say, sections.frame.thresholds, sections.frame.limits
    settings: dict[str, str | float] = {
        "base": sections.frame.base,
        "trivial": thresholds.trivial,
        "relevant": thresholds.relevant,
        "marked": thresholds.marked,
        "alpha": thresholds.alpha,
    }
    keys = say.listed("guide.entries")
    if is_short:
        keys = [key for key in keys if key in ("scale", "interval", *COMPARABLE, "suppressed", "development")]
    entries = tuple((say(f"guide.entries.{k}.term"), say(f"guide.entries.{k}.text", **settings)) for k in keys)
    hidden = say(
        f"disclosure.text.{sections.frame.audience}",
        n=limits.min_n,
        leaders=limits.leaders_min_n,
        raters=limits.min_raters,
        items=limits.item_min_n,
    )
    blocks: list[Block] = [
        Terms(entries),
        Heading(say("disclosure.heading")),
        Paragraph(say("disclosure.legend")),
        Paragraph(hidden),
        Paragraph(say("disclosure.secondary")),
    ]
    if not is_short:
        method = tuple(
            say(
                f"method.entries.{key}.{sections.frame.clusters}" if key == "cluster" else f"method.entries.{key}",
                valid=Number(thresholds.min_valid_share, "share"),
                alpha=thresholds.alpha,
            )
            for key in say.listed("method.entries")
        )
        blocks += [Heading(say("method.heading")), Bullets(method)]
    if with_reliability and not is_short:
        blocks += _reliability(sections)
    return Section("laesevejledning", say("guide.heading"), tuple(blocks))


def _reliability(sections: Sections) -> list[Block]:
    say, cells = sections.say, sections.cells
    caption = say("reliability.caption", mapping=sections.frame.latest.label)
    parts = []
    for group in sections.content.groups:
        rows = []
        for theme in group.themes:
            r = theme.reliability
            verdict = Words(say(f"reliability.verdicts.{r.verdict}")) if r.verdict is not None else cells.none
            numbers = (
                cells.number(r.items, "count"),
                cells.number(r.n, "count"),
                cells.number(r.alpha, "coefficient"),
                cells.number(r.omega, "coefficient"),
                verdict,
            )
            rows.append(Row(theme.label, cells.figures(r.state, r.code, numbers)))
        if rows:
            parts.append(Part(group.label, tuple(rows)))
    keys = ("items", "n", "alpha", "omega", "verdict")
    table = Table(
        name="paalidelighed",
        caption=caption,
        columns=(
            Column(say("table.theme"), False),
            *(Column(say(f"reliability.{key}"), key != "verdict") for key in keys),
        ),
        parts=tuple(parts),
    )
    return [
        Heading(say("reliability.heading")),
        Paragraph(say("reliability.lead")),
        Fold(say("reliability.fold"), (table,)),
    ]


def links(sections: Sections, places: Sequence[Place], heading: Said, lead: Said, anchor: str) -> Section | None:
    """The documents of other units."""
    entries = tuple(Link(place.label, place.document) for place in places if place.document is not None)
    if not entries:
        return None
    return Section(anchor, heading, (Paragraph(lead), Links(entries)))
