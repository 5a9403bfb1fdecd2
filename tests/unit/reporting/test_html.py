"""Every block and cell of the content model becomes HTML."""

from __future__ import annotations

from typing import get_args

import pytest

from pipelines.reporting.canvas import Canvas
from pipelines.reporting.html import render_html
from pipelines.reporting.model import (
    Block,
    Bullets,
    Cell,
    Chart,
    Column,
    Document,
    Entry,
    Fold,
    Heading,
    Hidden,
    Interval,
    Link,
    Links,
    Number,
    Paragraph,
    Part,
    Provenance,
    Row,
    Said,
    Section,
    Status,
    Table,
    Terms,
    Tiles,
    Words,
)
from pipelines.reporting.texts import Voices


def said(text: str) -> Said:
    return {"da": f"{text} <æ>", "en": f"{text} <e>"}


CELLS: tuple[Cell, ...] = (
    Number(1234.5, "change", is_strong=True, low=-3.0, high=2469.0),
    Interval(480.2, 520.8, "points"),
    Hidden(said("too few")),
    Words(said("words")),
    Status("increase", said("rise"), said("why")),
)
TABLE = Table(
    name="table",
    caption=said("caption"),
    columns=(Column(said("of"), False), *(Column(said(f"column {n}")) for n in range(5))),
    parts=(Part(said("part"), (Row(said("row"), CELLS, said("remark")),)),),
    foot=Row(said("foot"), (Words(said("wide"), is_faint=True, span=5),)),
    note=said("note"),
)
CHART = Chart("chart", said("title"), said("description"), said("read"), Tiles((), ()), TABLE)
BLOCKS: tuple[Block, ...] = (
    Paragraph(said("lead"), "lead"),
    Heading(said("heading")),
    Bullets((said("item"),), said("head")),
    Terms(((said("term"), said("answer")),), "answers"),
    Links((Link(said("link"), "school-1"),)),
    CHART,
    Fold(said("fold"), (TABLE,), is_printed=False),
)


@pytest.fixture(scope="module")
def document(provenance: Provenance) -> Document:
    return Document(
        entry=Entry("programme", "programme", said("title")),
        audience="public",
        series=said("series"),
        subtitle=said("subtitle"),
        edition=said("edition"),
        about=None,
        data_source=None,
        provenance=provenance,
        sections=(Section("here", said("section"), BLOCKS),),
    )


def test_this_test_has_every_block_and_cell() -> None:
    assert {type(block) for block in (*BLOCKS, TABLE)} == set(get_args(Block))
    assert {type(cell) for cell in CELLS} == set(get_args(Cell))


def test_every_block_is_written(document: Document, voices: Voices) -> None:
    drawing = Canvas(10, 10).drawing(CHART.title, CHART.description)
    html = render_html(document, {"chart": drawing}, voices["da"])
    for expected in (
        '<p class="lead">lead &lt;æ&gt;</p>',
        "<h3>heading &lt;æ&gt;</h3>",
        "<b>head &lt;æ&gt;</b>",
        '<dl class="answers">',
        '<a href="school-1.html">link &lt;æ&gt;</a>',
        "<td><b>+1.234,5</b><br><small>−3,0 til +2.469,0</small></td>",
        "<td>480–521</td>",
        'title="too few &lt;æ&gt;"',
        '<td class="words" colspan="5"><small>wide &lt;æ&gt;</small></td>',
        '<span class="status increase"><span aria-hidden="true">▲</span> rise &lt;æ&gt;</span><br><small>why',
        '<details class="screen">',
        "<small>remark &lt;æ&gt;</small>",
        '<th colspan="6" scope="rowgroup">part &lt;æ&gt;</th>',
    ):
        assert expected in html, expected
    assert "<æ>" not in html
    assert "<e>" not in html


def test_blocks_and_tables_are_found_in_folds_and_charts(document: Document) -> None:
    assert [chart.name for chart in document.charts] == ["chart"]
    assert len(list(document.tables)) == 2
