"""The documents as PDF/UA: read back with pypdf and held against the same document's tables, which are held against the marts."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from time import process_time
from typing import Any

import pytest
from pypdf import PdfReader

from pipelines.programme import Programme
from pipelines.reporting import Edition, Provenance
from pipelines.reporting.build import Desk, Job
from pipelines.reporting.canvas import Canvas
from pipelines.reporting.columns import PAGE, Texts, pieces_of
from pipelines.reporting.figures import draw
from pipelines.reporting.model import (
    Block,
    Chart,
    Column,
    Document,
    Fold,
    Interval,
    Language,
    Number,
    Paragraph,
    Part,
    Row,
    Table,
    Tiles,
    Words,
)
from pipelines.reporting.pdf import _Writer, forget, render_pdf
from pipelines.reporting.texts import Voices
from tests.unit.reporting import example
from tests.unit.reporting.test_html import CHART, TABLE, said

ONE_EACH = (
    "programme",
    "municipality-101",
    "school-901",
    "daycare-9-3-d108ac7694",
    "progression-municipality-101",
    "theme-ro",
    "summary-municipality-101",
    "quality-municipality-101",
    "response-municipality-101",
)
KINDS = {name.split("-")[0] for name in ONE_EACH}
GOLDEN = Path(__file__).parent / "golden_page.txt"


def read(made: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(made))


def text_of(reader: PdfReader) -> str:
    return " ".join("\n".join(page.extract_text() for page in reader.pages).split())


def elements(node: Any) -> Iterator[Any]:
    """Elements of the structure tree, parents first."""
    node = node.get_object()
    if isinstance(node, list):
        for child in node:
            yield from elements(child)
    elif isinstance(node, dict):
        if "/S" in node:
            yield node
        if "/K" in node:
            yield from elements(node["/K"])


def tags(reader: PdfReader) -> list[str]:
    return [str(element["/S"]) for element in elements(reader.root_object["/StructTreeRoot"])]


@pytest.fixture(scope="module")
def documents(
    programme: Programme, marts: Path, provenance: Provenance, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Document]:
    """One of every kind, a school's and a day-care institution's too."""
    desk = Desk(programme, (Edition("public", marts, tmp_path_factory.mktemp("none")),), provenance)
    units = (("municipality", "101"), ("programme", example.PROGRAMME), ("institution", "901"), ("institution", "9/3"))
    jobs = (*(Job(unit) for unit in units), Job(family="ro"))
    found = {d.entry.name: d for job in jobs for d in desk.documents(desk.sources[0], job)}
    assert {document.entry.kind for document in found.values()} == KINDS
    return found


def paper(document: Document, voices: Voices, language: Language = "da") -> bytes:
    return render_pdf(document, draw(document.charts, voices, {}), voices[language])


@pytest.mark.parametrize("language", ["da", "en"])
def test_it_is_tagged_and_says_what_it_is(documents: dict[str, Document], voices: Voices, language: Language) -> None:
    document = documents["municipality-101"]
    reader = read(paper(document, voices, language))
    root = reader.root_object
    assert root["/MarkInfo"]["/Marked"] == True  # noqa: E712 - a PDF's own boolean
    assert str(root["/Lang"]).startswith(language)
    assert root["/ViewerPreferences"]["/DisplayDocTitle"] == True  # noqa: E712
    assert reader.metadata is not None
    assert document.entry.title[language] in str(reader.metadata.title)
    assert b"<pdfuaid:part>1</pdfuaid:part>" in re.sub(rb"\s", b"", root["/Metadata"].get_object().get_data())
    found = tags(reader)
    assert found.count("/H1") == 1
    assert found.count("/H2") == len(document.sections) + 1
    assert {"/Table", "/TR", "/TH", "/TD", "/Figure", "/P", "/L"} <= set(found)


def test_every_figure_has_its_text_alternative(documents: dict[str, Document], voices: Voices) -> None:
    document = documents["municipality-101"]
    reader = read(paper(document, voices))
    figures = [e for e in elements(reader.root_object["/StructTreeRoot"]) if e["/S"] == "/Figure"]
    told = sorted({str(figure["/Alt"]) for figure in figures})
    printed = [chart for chart in document.charts if chart.name not in hidden_on_paper(document)]
    assert told == sorted({f"{chart.title['da']}. {chart.description['da']}" for chart in printed})
    assert len(figures) == len(printed)


def hidden_on_paper(document: Document) -> set[str]:
    """Names of charts in folds that are not printed."""
    folds = [block for block in document.blocks if isinstance(block, Fold) and not block.is_printed]
    return {
        getattr(block, "name", "")
        for fold in folds
        for block in replace(document, sections=(replace(document.sections[0], blocks=fold.blocks),)).blocks
    }


@pytest.mark.parametrize("language", ["da", "en"])
@pytest.mark.parametrize("name", ONE_EACH)
def test_every_number_of_every_table_is_in_the_text(
    documents: dict[str, Document], voices: Voices, language: Language, name: str
) -> None:
    """The tables' cells are those of the marts (test_numbers_shown); what is extracted has them, row by row."""
    document, number = documents[name], voices[language].number
    found = re.sub(r"\s", "", text_of(read(paper(document, voices, language)))).replace("\u00ad", "")
    hidden = hidden_on_paper(document)
    rows = [row for table in document.tables if table.name not in hidden for row in table.rows]
    assert rows
    for row in rows:
        figures = [number.write_number(cell) for cell in row.cells if isinstance(cell, Number)]
        figures += [
            number.write_interval(cell.kind, cell.low, cell.high)
            for cell in row.cells
            if isinstance(cell, Number | Interval) and cell.low is not None and cell.high is not None
        ]
        missing = [figure for figure in figures if re.sub(r"\s", "", figure) not in found]
        assert missing == []


def test_a_summary_fits_two_pages(documents: dict[str, Document], voices: Voices) -> None:
    assert len(read(paper(documents["summary-municipality-101"], voices)).pages) <= 2


@pytest.mark.parametrize("name", ["programme", "municipality-101", "school-901"])
def test_the_summary_of_a_report_is_its_first_page(documents: dict[str, Document], voices: Voices, name: str) -> None:
    document = documents[name]
    first = re.sub(r"\s", "", read(paper(document, voices)).pages[0].extract_text())
    summary = replace(document, sections=document.sections[:1])
    for block in summary.blocks:
        if isinstance(block, Paragraph):
            assert re.sub(r"\s", "", block.words["da"]) in first
    for row in (row for table in summary.tables for row in table.rows):
        assert re.sub(r"\s", "", row.label["da"]) in first
        for cell in (one for one in row.cells if isinstance(one, Words)):
            assert re.sub(r"\s", "", cell.words["da"]) in first.replace("\u00ad", "")


@pytest.mark.parametrize("kind", ["pdf", "html"])
def test_links_lead_to_files_that_are_written(documents: dict[str, Document], voices: Voices, kind: str) -> None:
    """Where only joint documents become paper, a municipality's schools have pages and no paper."""
    document = replace(documents["municipality-101"], links_to_pdf=kind == "pdf")
    pages = read(paper(document, voices)).pages
    found = [
        str(a.get_object()["/A"]["/URI"]) for page in pages for a in page.get("/Annots", ()) if "/A" in a.get_object()
    ]
    assert f"school-901.{kind}" in found


def test_the_summary_of_a_large_programme_fits_two_pages(documents: dict[str, Document], voices: Voices) -> None:
    """Twelve respondent groups, five strengths and five focus areas with long names."""
    document = documents["summary-municipality-101"]

    def grown(table: Table, most: int) -> Table:
        rows = [replace(row, label=said(f"{row.label['da']} {k}")) for k in range(most) for row in table.rows]
        return replace(table, parts=(replace(table.parts[0], rows=tuple(rows[:most])),))

    def larger(block: Block) -> Block:
        if isinstance(block, Table):
            return grown(block, 5 if block.name in ("strengths", "focus") else 12)
        if isinstance(block, Chart) and isinstance(block.plot, Tiles):
            rows = tuple((said(f"Gruppe {k}"), (2,) * len(block.plot.statuses)) for k in range(12))
            return replace(block, plot=replace(block.plot, rows=rows), table=block.table and grown(block.table, 12))
        return block

    sections = tuple(replace(s, blocks=tuple(map(larger, s.blocks))) for s in document.sections)
    assert len(read(paper(replace(document, sections=sections), voices)).pages) <= 2


def test_the_same_document_gives_the_same_bytes(documents: dict[str, Document], voices: Voices) -> None:
    document = documents["response-municipality-101"]
    made, english = paper(document, voices), paper(document, voices, "en")
    assert made == paper(document, voices) != english
    forget()
    assert made == paper(document, voices), "with what was remembered as without"


def test_the_second_edition_is_hardly_set_anew(documents: dict[str, Document], voices: Voices) -> None:
    """Else a set rule, or a function in one, takes something of the document that differs between editions or schools."""
    document = documents["municipality-101"]
    others = [
        replace(
            document,
            entry=replace(document.entry, title=said(f"Skole {number}")),
            edition=said(f"Udgave {number}"),
            provenance=replace(document.provenance, release_id=f"release-{number}"),
        )
        for number in range(3)
    ]
    drawings = draw(document.charts, voices, {})
    forget()
    spent = []
    for edition in (document, *others):
        began = process_time()
        render_pdf(edition, drawings, voices["da"])
        spent.append(process_time() - began)
    assert min(spent[1:]) < spent[0] / 2


def test_what_is_suppressed_is_in_no_byte(
    programme: Programme, provenance: Provenance, voices: Voices, documents: dict[str, Document], tmp_path: Path
) -> None:
    marts = example.write_marts(tmp_path, example.marts(hidden=13.5))
    desk = Desk(programme, (Edition("public", marts, tmp_path),), provenance)
    for document in desk.documents(desk.sources[0], Job(("municipality", "101"))):
        assert paper(document, voices) == paper(documents[document.entry.name], voices)
    # What typst is given decides the bytes: of the other kinds that is compared, figures included.
    units = (("programme", example.PROGRAMME), ("institution", "901"), ("institution", "9/3"))
    for job in (*(Job(unit) for unit in units), Job(family="ro")):
        for document in desk.documents(desk.sources[0], job):
            given, known = (
                _Writer(voices["en"], draw(one.charts, voices, {})).document(one)
                for one in (document, documents[document.entry.name])
            )
            assert given == known


def test_simulated_data_are_marked_on_every_page(documents: dict[str, Document], voices: Voices) -> None:
    document = documents["municipality-101"]
    pages = [page.extract_text() for page in read(paper(document, voices)).pages]
    assert all("Simulerede data" in page and "Simulated data" in page for page in pages)
    real = replace(document, provenance=replace(document.provenance, simulated=False))
    assert "Simuler" not in text_of(read(paper(real, voices)))


def test_a_page_reads_as_it_did(documents: dict[str, Document], voices: Voices) -> None:
    """The first page's text, line by line. Where a change is meant, delete the file, run, and read what was written."""
    page = read(paper(documents["summary-municipality-101"], voices)).pages[0].extract_text()
    text = "\n".join(line.strip() for line in page.splitlines() if line.strip()) + "\n"
    if not GOLDEN.exists():
        GOLDEN.write_text(text, encoding="utf-8")
        pytest.fail(f"{GOLDEN.name} was not there and has been written: read it and run again")
    assert text == GOLDEN.read_text(encoding="utf-8")


def test_text_from_data_is_never_markup(documents: dict[str, Document], voices: Voices) -> None:
    evil = '#panic("x") *b* $x^2$ \\ ] } "q" <label> @ref'
    document = documents["response-municipality-101"]
    named = replace(document, entry=replace(document.entry, title={"da": evil, "en": evil}))
    assert re.sub(r"\s", "", evil) in re.sub(r"\s", "", text_of(read(paper(named, voices))))


def test_every_block_and_cell_is_set(documents: dict[str, Document], voices: Voices) -> None:
    from tests.unit.reporting.test_html import BLOCKS

    document = documents["response-municipality-101"]
    section = replace(document.sections[0], blocks=BLOCKS)
    drawings = {"chart": Canvas(10, 10).drawing(CHART.title, CHART.description)}
    text = text_of(read(render_pdf(replace(document, sections=(section,)), drawings, voices["da"])))
    for expected in (
        "lead <æ>",
        "heading <æ>",
        "item <æ>",
        "answer <æ>",
        "link <æ>",
        "+1.234,5",
        "480–521",
        "▲ rise",
        "wide <æ>",
    ):
        assert expected in text.replace("\u00a0", " "), expected


def test_a_figure_higher_than_a_page_still_stands_on_one(documents: dict[str, Document], voices: Voices) -> None:
    document = documents["response-municipality-101"]
    section = replace(document.sections[0], blocks=(replace(CHART, table=None),))
    drawing = Canvas(380, 3800).drawing(CHART.title, CHART.description)
    made = read(render_pdf(replace(document, sections=(section,)), {"chart": drawing}, voices["da"]))
    assert len(made.pages) <= 3


def test_a_wide_table_is_set_in_pieces() -> None:
    columns = [Texts("Tema", ["Trivsel"], is_number=False)] + [Texts("Kommune", ["1.234.567.890"])] * 30
    pieces = pieces_of(columns, is_whole=False, is_beside=False)
    assert [piece.first for piece in pieces] == [0, *(piece.end for piece in pieces[:-1])]
    assert pieces[-1].end == 30
    assert all(sum(piece.widths) <= PAGE + 1 for piece in pieces)
    assert len(pieces_of(columns, is_whole=True, is_beside=False)) == 1


def test_what_stands_after_a_wide_cell_gets_its_room(voices: Voices) -> None:
    """It was left out of its column's width: a reason of eleven words stood in six lines, and over the end of a page."""
    reason = "vises ikke som tema, fordi spørgsmålene ikke hænger godt nok sammen"
    columns = tuple(
        Column(said(head), is_number=n in (1, 2)) for n, head in enumerate(("Tema", "Point", "q", "Udvikling"))
    )
    row = Row(said("Trivsel"), (Words(said("–"), span=2), Words(said(reason))))
    table = replace(TABLE, columns=columns, parts=(Part(None, (row,)),), foot=None)
    [record] = _Writer(voices["da"], {})._tables(table)
    widths = record["widths"]
    assert isinstance(widths, tuple)
    assert widths[3] > len(reason)


def test_a_narrow_table_stands_beside_its_figure() -> None:
    columns = [Texts("Tema", ["Trivsel"], is_number=False), Texts("Point", ["512"])]
    assert pieces_of(columns, is_whole=False, is_beside=True)[0].is_narrow
    assert not pieces_of(columns, is_whole=False, is_beside=False)[0].is_narrow


def test_tables_of_words_only_have_rows(voices: Voices, documents: dict[str, Document]) -> None:
    table: Table = replace(TABLE, caption=said("only words"), look="lists")
    section = replace(documents["response-municipality-101"].sections[0], blocks=(table,))
    made = render_pdf(replace(documents["response-municipality-101"], sections=(section,)), {}, voices["da"])
    assert "only words" not in text_of(read(made))
