"""A pupil's own sheet: the pupil's own measurements within each school year, in plain words.

Belongs here: from one pupil's rows to a document. Does not belong here: finding the pupil (`assets.pupil`), and any other
pupil's figure: rules on numbers of respondents do not apply, since it is the pupil's own.

A change is called one where it is larger than the error of measurement: |RCI| > 1.96 (method.md 8).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from pipelines.programme import Programme
from pipelines.reporting.catalogue import academic_of, said
from pipelines.reporting.figures import draw
from pipelines.reporting.html import render_html
from pipelines.reporting.model import (
    Block,
    Chart,
    Column,
    Document,
    Entry,
    Interval,
    Language,
    Mark,
    Number,
    Paragraph,
    Part,
    Provenance,
    Row,
    Said,
    Section,
    Strip,
    Strips,
    Table,
    Words,
)
from pipelines.reporting.texts import Speaker, load_voices

RELIABLE = 1.96


@dataclass(frozen=True)
class Measured:
    """One test in one school year: number, day and score of each measurement in order.

    `sem` and `rci` are none where there is one measurement only.
    """

    test: str
    school_year: str
    scores: tuple[tuple[int, date | None, float], ...]
    sem: float | None = None
    rci: float | None = None


def pupil_sheet(programme: Programme, measured: Sequence[Measured], provenance: Provenance, say: Speaker) -> Document:
    """The sheet, the latest school year first."""
    labels = academic_of(programme).tests
    order = {test: place for place, test in enumerate(labels)}
    listed = sorted(measured, key=lambda one: (-int(one.school_year[:4]), order[one.test]))
    sections = [_section(say, one, labels[one.test]) for one in listed]
    first, *others = sections
    first = Section(first.anchor, first.heading, (Paragraph(say("pupil.lead"), "lead"), *first.blocks))
    last = Section("snak", say("pupil.use"), (Paragraph(say("pupil.talk")),))
    return Document(
        entry=Entry("pupil", "pupil", say("pupil.title")),
        audience="internal",
        series=say("series.pupil"),
        subtitle=said(programme.label),
        edition=say("pupil.edition"),
        about=None,
        data_source=None,
        provenance=provenance,
        sections=(first, *others, last),
    )


def write_pupil_sheet(
    programme: Programme, measured: Sequence[Measured], provenance: Provenance
) -> dict[Language, bytes]:
    """The sheet as a page by language; nothing is written to disk.

    Args:
        programme: whose names of tests the sheet uses.
        measured: the pupil's own, at least one.
        provenance: of the release that the figures are from.
    """
    voices = load_voices()
    document = pupil_sheet(programme, measured, provenance, Speaker(voices))
    drawings = draw(document.charts, voices, {})
    return {language: render_html(document, drawings, voice).encode() for language, voice in voices.items()}


def _section(say: Speaker, measured: Measured, label: Said) -> Section:
    """One test in one school year: in a sentence, drawn, and as a table."""
    year = measured.school_year
    name = f"{measured.test}-{year.replace('/', '-')}"
    rows, strips = [], []
    swing = None if measured.sem is None else RELIABLE * measured.sem
    for number, day, score in measured.scores:
        words = say("pupil.measured", n=number, day=_day(say, day)) if day else say("pupil.undated", n=number)
        low, high = (None, None) if swing is None else (score - swing, score + swing)
        interval = (
            Words(say("sign.none"), is_faint=True) if low is None or high is None else Interval(low, high, "score")
        )
        rows.append(Row(words, (Number(score, "score", is_strong=True), interval)))
        strips.append(
            Strip(words, say("pupil.beside", score=Number(score, "score")), (Mark("unit", score, low, high),))
        )
    table = Table(
        name=name,
        caption=say("pupil.caption", test=label, year=year),
        columns=(Column(say("pupil.measurement"), False), Column(say("pupil.score")), Column(say("pupil.swing"))),
        parts=(Part(None, tuple(rows)),),
    )
    ends = [end for strip in strips for m in strip.marks for end in (m.value, m.low, m.high) if end is not None]
    chart = Chart(
        name=name,
        title=say("pupil.caption", test=label, year=year),
        description=say("pupil.describe", n=len(rows)),
        read=say("pupil.read"),
        plot=Strips(
            "score",
            5.0 * (min(ends) // 5),
            5.0 * -(-max(ends) // 5) + 5.0 * (min(ends) == max(ends)),
            None,
            tuple(strips),
            (("unit", say("pupil.key")),),
        ),
        table=table,
    )
    blocks: tuple[Block, ...] = (Paragraph(_told(say, measured)), chart)
    return Section(name, say("pupil.heading", test=label, year=year), blocks)


def _told(say: Speaker, measured: Measured) -> Said:
    """What the measurements tell, in a sentence or two."""
    if len(measured.scores) == 1:
        return say("pupil.once")
    change = measured.scores[-1][2] - measured.scores[0][2]
    if measured.rci is None:
        return say("pupil.unknown", gain=Number(change, "change"))
    if abs(measured.rci) > RELIABLE:
        return say("pupil.gained" if measured.rci > 0 else "pupil.fell", gain=Number(abs(change), "score"))
    return say("pupil.unclear", gain=Number(change, "change"))


def _day(say: Speaker, day: date) -> Said:
    """A day as readers write it; its parts are texts, so that a year has no thousands mark."""
    return say("pupil.day", day=str(day.day), month=str(day.month), year=str(day.year))
