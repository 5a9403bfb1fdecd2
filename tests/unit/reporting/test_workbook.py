"""The workbook read back with openpyxl: every number is the mart's, nothing is a formula, nothing suppressed is in a byte."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet
from xlsxwriter.worksheet import Worksheet as PlainSheet

from pipelines.dictionary import dictionary_of
from pipelines.errors import StorageError
from pipelines.programme import Programme
from pipelines.reporting import Provenance
from pipelines.reporting.texts import Voices
from pipelines.reporting.workbook import COLUMNS, HEAD, Office, workbook
from tests.unit.reporting import example

UNIT = "101"
SHEETS = {"Niveau": "theme_scores", "Udvikling": "progression"}


@pytest.fixture(scope="module")
def office(programme: Programme, marts: Path, provenance: Provenance) -> Office:
    return Office(programme, example.MAPPINGS, marts, provenance)


@pytest.fixture(scope="module")
def made(office: Office, voices: Voices) -> bytes:
    return workbook(office, UNIT, voices["da"])


@pytest.fixture(scope="module")
def book(made: bytes) -> Workbook:
    return load_workbook(io.BytesIO(made))


def records(sheet: Worksheet, mart: str) -> list[dict[str, object]]:
    """Rows of a sheet by the mart's columns; the unit's name stands before its id."""
    columns = COLUMNS[mart].split()
    columns.insert(columns.index("unit_id"), "unit")
    return [dict(zip(columns, row, strict=True)) for row in sheet.iter_rows(min_row=HEAD + 2, values_only=True)]


@pytest.mark.parametrize("name", SHEETS)
def test_every_number_is_the_marts(book: Workbook, name: str) -> None:
    """Row by row: as many rows as the mart has of the municipality, and in each its figures or the sign."""
    mart = SHEETS[name]
    found = records(book[name], mart)
    table = example.marts()[mart]
    own = table[table["unit_id"].eq(UNIT) & table.get("form", pd.Series("full", table.index)).eq("full")]
    assert len([row for row in found if row["unit_id"] == UNIT]) == len(own)
    figures = [
        c.name
        for c in dictionary_of(mart).columns
        if c.type in ("integer", "number") and c.name in COLUMNS[mart].split()
    ]
    groups = {"Elever": "elever", "Ledere": "ledere"}
    themes = {"Trivsel": "trivsel", example.EVIL: "ro", example.LONG: "faelles"}
    keys = ["mapping", "mapping_from", "mapping_to"]
    for row in found:
        where = {key: row[key] for key in keys if key in row}
        where |= {
            "unit_id": row["unit_id"],
            "respondent_group": groups[str(row["respondent_group"])],
            "theme": themes[str(row["theme"])],
        }
        chosen = table
        for column, value in where.items():
            chosen = chosen[chosen[column].eq(value)]
        if "form" in chosen:
            chosen = chosen[chosen["form"].eq("full")]
        assert len(chosen) == 1
        expected = chosen.iloc[0]
        for figure in figures:
            if expected["suppressed"] is not None and not pd.isna(expected["suppressed"]):
                assert row[figure] == "•"
            elif pd.isna(expected[figure]):
                assert row[figure] is None
            else:
                assert row[figure] == pytest.approx(expected[figure], rel=1e-15)


def test_schools_are_there_in_the_latest_mapping(book: Workbook) -> None:
    schools = [row for row in records(book["Niveau"], "theme_scores") if row["unit_id"] != UNIT]
    assert schools
    assert {row["mapping"] for row in schools} == {example.MAPPINGS[-1]}
    assert {row["level"] for row in schools} == {"skole eller dagtilbud"}


def test_headings_are_frozen_and_filtered(book: Workbook) -> None:
    for name in SHEETS:
        sheet = book[name]
        assert str(sheet.freeze_panes).endswith(str(HEAD + 2))
        assert sheet.auto_filter.ref == f"A{HEAD + 1}:{sheet.dimensions.split(':')[1]}"
        assert sheet.cell(HEAD + 1, 1).font.bold
    assert book["Niveau"].cell(HEAD + 2, 9).number_format == "#,##0"


def test_nothing_is_a_formula(book: Workbook, made: bytes) -> None:
    assert {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row} <= {"s", "n"}
    with zipfile.ZipFile(io.BytesIO(made)) as parts:
        sheets = [parts.read(name) for name in parts.namelist() if name.startswith("xl/worksheets/sheet")]
        assert not any(b"<f>" in sheet or b"<hyperlink" in sheet for sheet in sheets)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", '=HYPERLINK("http://x")'])
def test_a_text_that_begins_like_a_formula_stays_a_text(office: Office, voices: Voices, text: str) -> None:
    themes = office.programme.themes.assign(label_da=text)
    found = load_workbook(
        io.BytesIO(workbook(replace(office, programme=replace(office.programme, themes=themes)), UNIT, voices["da"]))
    )
    cells = [cell for row in found["Niveau"].iter_rows(min_row=HEAD + 2) for cell in row if cell.value == text]
    assert cells
    assert all(cell.data_type == "s" and cell.quotePrefix for cell in cells)


def test_notes_hold_the_dictionary_and_the_mark(book: Workbook) -> None:
    notes = [value for row in book["Læs først"].iter_rows(values_only=True) for value in row if value]
    for mart in SHEETS.values():
        assert dictionary_of(mart).description["da"] in notes
        assert all(dictionary_of(mart).column(c).description["da"] in notes for c in COLUMNS[mart].split())
    for sheet in book:
        assert "Simulerede data" in str(sheet.cell(2, 1).value)
        assert "Simulerede data" in str(sheet.oddHeader.right.text)
    assert book.properties.description == "Simulerede data"


def test_charts_are_excels_own(book: Workbook, made: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(made)) as parts:
        charts = [parts.read(name).decode() for name in parts.namelist() if name.startswith("xl/charts/chart")]
    assert len(charts) == 2  # levels and changes of the pupils; the leaders are suppressed: nothing to draw
    assert all("<c:errBars>" in chart and "Elever" in chart for chart in charts)


def test_the_same_release_gives_the_same_bytes(office: Office, voices: Voices, made: bytes) -> None:
    assert workbook(office, UNIT, voices["da"]) == made
    assert workbook(office, UNIT, voices["en"]) != made


def test_sheets_are_what_xlsxwriter_itself_writes(
    office: Office, voices: Voices, made: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.reporting.sheet.Sheet", PlainSheet)
    with (
        zipfile.ZipFile(io.BytesIO(workbook(office, UNIT, voices["da"]))) as slow,
        zipfile.ZipFile(io.BytesIO(made)) as quick,
    ):
        assert quick.namelist() == slow.namelist()
        for name in quick.namelist():
            assert quick.read(name) == re.sub(rb'(<row [^>]*?) spans="\d+:\d+"', rb"\1", slow.read(name))
        assert any(b" spans=" in slow.read(name) for name in slow.namelist())


def test_what_is_suppressed_is_in_no_byte(office: Office, voices: Voices, made: bytes, tmp_path: Path) -> None:
    folder = example.write_marts(tmp_path, example.marts(hidden=13.5))
    assert workbook(replace(office, marts=folder), UNIT, voices["da"]) == made


def test_real_data_are_not_marked(office: Office, voices: Voices) -> None:
    real = replace(office, provenance=replace(office.provenance, simulated=False))
    with zipfile.ZipFile(io.BytesIO(workbook(real, UNIT, voices["da"]))) as parts:
        assert not any(b"Simuler" in parts.read(name) for name in parts.namelist())


def test_a_damaged_mart_is_an_error(office: Office, voices: Voices, tmp_path: Path) -> None:
    (tmp_path / "theme_scores.parquet").write_bytes(b"PAR1")
    with pytest.raises(StorageError, match=r"theme_scores\.parquet"):
        workbook(replace(office, marts=tmp_path), UNIT, voices["da"])
