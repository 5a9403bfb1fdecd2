"""The style guide: every element of the reports once, made by the code that makes the reports.

Belongs here: examples with made-up figures, and what each element is for. Does not belong here: how an element is drawn or
written. `python -m pipelines.reporting.style_guide` writes it to `reports/style_guide/`; a test holds the files against the
code, so that a change of any element is seen in review.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pipelines.reporting.figures import draw
from pipelines.reporting.html import render_html
from pipelines.reporting.model import (
    Bar,
    Bars,
    Block,
    Bullets,
    Chart,
    Column,
    Document,
    Entry,
    Fold,
    Heading,
    Hidden,
    Interval,
    Mark,
    Movement,
    Movements,
    Number,
    Panel,
    Panels,
    Paragraph,
    Part,
    Plot,
    Provenance,
    Row,
    Said,
    Section,
    Status,
    Strip,
    Strips,
    Table,
    Terms,
    Tiles,
    Words,
)
from pipelines.reporting.texts import Speaker, load_voices
from pipelines.settings import CHECKOUT

FOLDER = CHECKOUT / "reports" / "style_guide"
STATUSES = ("increase", "status_quo", "inconclusive", "decrease", "not_comparable", "suppressed")
CHANGES = ((23.4, 15.0, 31.8), (1.2, -7.5, 9.9), (8.5, -6.0, 23.0), (-16.1, -24.0, -8.2))


def main() -> None:
    """Write the guide in both languages."""
    for file, text in pages().items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


def pages() -> dict[Path, str]:
    """The guide's files and what stands in them."""
    voices = load_voices()
    document = style_guide(Speaker(voices))
    drawings = draw(document.charts, voices, {})
    return {FOLDER / f"{name}.html": render_html(document, drawings, voice) for name, voice in voices.items()}


def style_guide(say: Speaker) -> Document:
    """Every block, cell and plot, with what each is for."""
    return Document(
        entry=Entry("style_guide", "style_guide", say("style_guide.title")),
        audience="public",
        series=say("series.style_guide"),
        subtitle=say("style_guide.subtitle"),
        edition=say("style_guide.edition"),
        about=None,
        data_source=None,
        provenance=Provenance("–", "–", (), simulated=True),
        sections=(
            Section("ord", say("style_guide.words"), tuple(_words(say))),
            Section("tabeller", say("style_guide.tables"), tuple(_tables(say))),
            Section("figurer", say("style_guide.figures"), tuple(_figures(say))),
        ),
    )


def _words(say: Speaker) -> Iterator[Block]:
    yield Paragraph(say("style_guide.lead"), "lead")
    yield Paragraph(say("style_guide.plain"))
    yield Paragraph(say("style_guide.note"), "note")
    yield Heading(say("style_guide.heading"))
    yield Terms(((say("questions.real.term"), say("style_guide.answer")),), "answers")
    yield Terms(((say("guide.entries.increase.term"), say("style_guide.term")),))
    yield Bullets((say("style_guide.bullet"),), say("group.notes"), "note")
    yield Fold(say("style_guide.fold"), (Paragraph(say("style_guide.folded")),))


def _theme(say: Speaker, number: int) -> Said:
    return say("style_guide.theme", n=number)


def _tables(say: Speaker) -> Iterator[Block]:
    keys = ("mean", "delta", "interval", "n", "favourable")
    cells = (
        Number(512.3, "points", is_strong=True, low=505.1, high=519.5),
        Number(-12.4, "change", is_strong=True),
        Interval(-20.2, -4.6, "change"),
        Number(1234, "count"),
        Number(0.724, "share"),
        Status("decrease", say("status.decrease")),
    )
    hidden = Hidden(say("hidden.n_lt_min"))
    yield Paragraph(say("style_guide.table"))
    yield Table(
        name="celler",
        caption=say("style_guide.cells"),
        columns=(
            Column(say("table.theme"), is_number=False),
            *(Column(say(f"table.{key}")) for key in keys),
            Column(say("table.status"), is_number=False),
        ),
        parts=(
            Part(say("style_guide.part"), (Row(_theme(say, 1), cells, say("table.negative")),)),
            Part(
                None,
                (
                    Row(_theme(say, 2), (*(hidden,) * 5, Status("suppressed", say("status.suppressed")))),
                    Row(
                        _theme(say, 3),
                        (
                            Words(say("state.no_data"), is_faint=True, span=5),
                            Status("no_data", say("status.no_data"), say("style_guide.why")),
                        ),
                    ),
                ),
            ),
        ),
        note=say("disclosure.legend"),
    )
    yield Table(
        name="andele",
        caption=say("style_guide.shares"),
        columns=(Column(say("table.question"), is_number=False), *(Column(_answer(say, n)) for n in range(1, 6))),
        parts=(Part(None, (Row(_theme(say, 1), tuple(Number(s, "share") for s in (0.05, 0.11, 0.2, 0.4, 0.24))),)),),
        look="shares",
    )


def _answer(say: Speaker, number: int) -> Said:
    return say("style_guide.answer_name", n=number)


def _figures(say: Speaker) -> Iterator[Block]:
    yield Paragraph(say("style_guide.colours"))
    for name, plot in _plots(say).items():
        yield Chart(
            name=name,
            title=say(f"style_guide.plots.{name}.title"),
            description=say(f"style_guide.plots.{name}.use"),
            read=say(f"style_guide.plots.{name}.use"),
            plot=plot,
        )


def _plots(say: Speaker) -> dict[str, Plot]:
    written = say.voices
    levels = tuple(
        Strip(
            _theme(say, number),
            {language: voice.number.write("points", mean) for language, voice in written.items()},
            (
                Mark("unit", mean, mean - 14, mean + 14),
                Mark("municipality", mean - 9, mean - 15, mean - 3),
                Mark("programme", 501, 497, 505),
            ),
            ticks=(mean - 22, mean - 6, mean + 4, mean + 30),
        )
        for number, mean in enumerate((528.0, 509.0, 476.0), 1)
    )
    hidden = Strip(_theme(say, 4), None, (), absent=say("state.suppressed"))
    changes = tuple(
        Strip(
            _theme(say, number),
            say("figure.changes.beside", status=say(f"status.{status}"), delta=Number(delta, "change")),
            (Mark("unit", delta, low, high, status),),
        )
        for number, ((delta, low, high), status) in enumerate(zip(CHANGES, STATUSES[:4], strict=True), 1)
    )
    means = ((500.0, 507.0, 519.0), (500.0, 498.0, 501.0), (500.0, None, 488.0))
    return {
        "levels": Strips(
            "points",
            450,
            550,
            500,
            (*levels, hidden),
            (
                ("unit", say("figure.key.school")),
                ("municipality", say("figure.key.municipality_too")),
                ("programme", say("figure.key.programme_too")),
                ("other", say("figure.key.each.municipality")),
            ),
        ),
        "changes": Strips("change", -40, 40, 0, (*changes, hidden), (), 20, say("figure.changes.band", relevant=20)),
        "rounds": Panels(
            480,
            520,
            500,
            ("2015", "2017", "2019"),
            tuple(
                Panel(
                    _theme(say, number),
                    tuple(None if mean is None else Mark("unit", mean, mean - 5, mean + 5) for mean in row),
                    tuple(mean is None for mean in row),
                    (("programme", (500.0, 502.0, 503.0)),),
                )
                for number, row in enumerate(means, 1)
            ),
            (("unit", say("figure.key.short.school")), ("programme", say("figure.key.short.programme"))),
        ),
        "answers": Bars(
            tuple(_answer(say, number) for number in range(1, 6)),
            (
                Bar(_theme(say, 1), (0.05, 0.11, 0.2, 0.4, 0.24)),
                Bar(_theme(say, 2), (0.14, 0.31, 0.25, 0.22, 0.08)),
                Bar(_theme(say, 3), (), say("state.suppressed")),
            ),
        ),
        "moved": Movements(
            15,
            (Movement(_theme(say, 1), 23.4, tuple((_theme(say, n), v) for n, v in ((1, 14.1), (2, 11.0), (3, -1.7)))),),
        ),
        "tally": Tiles(
            tuple((status, say(f"status.{status}")) for status in STATUSES),
            ((_theme(say, 1), (3, 5, 4, 1, 1, 2)),),
        ),
    }


if __name__ == "__main__":
    main()
