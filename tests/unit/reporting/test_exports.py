"""Charts and tables as files: the archive beside a page, and the parts that are made on demand."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PIL import Image

from pipelines.errors import ConfigurationError
from pipelines.programme import Programme
from pipelines.reporting import Edition, Provenance, write_figures
from pipelines.reporting.exports import table_csv
from pipelines.reporting.model import Column, Hidden, Interval, Number, Part, Row, Table, Words
from pipelines.reporting.texts import Voices
from tests.unit.reporting import example
from tests.unit.reporting.pages import page_of

SAID = {"da": "=1+1", "en": "Theme"}
TABLE = Table(
    name="t",
    caption=SAID,
    columns=tuple(Column({"da": name, "en": name}) for name in ("a", "b", "c", "d")),
    parts=(
        Part(
            {"da": "Del; 1", "en": "Part, 1"},
            (
                Row(SAID, (Number(1.25, "points", low=-3.5, high=4.0), Interval(1.5, 2.5, "points"), Hidden(SAID))),
                Row(SAID, (Words({"da": "ingen data", "en": "no data"}, is_faint=True, span=2), Number(7, "count"))),
            ),
        ),
    ),
)


def test_a_table_as_csv(voices: Voices) -> None:
    text = table_csv(TABLE, voices["da"])
    assert text.startswith("\ufeff")
    assert list(csv.reader(io.StringIO(text[1:]), delimiter=";")) == [
        ["", "a", "b", "b, nedre grænse", "b, øvre grænse", "c, nedre grænse", "c, øvre grænse", "d"],
        ["Del; 1", "'=1+1", "1,25", "-3,5", "4", "1,5", "2,5", "•"],
        ["Del; 1", "'=1+1", *["ingen data"] * 5, "7"],
    ]
    assert table_csv(TABLE, voices["en"]).splitlines()[1] == '"Part, 1",Theme,1.25,-3.5,4,1.5,2.5,•'


def test_the_archive_holds_every_chart_and_table_of_the_page(reports: Path) -> None:
    page = page_of(reports / "da" / "municipality-101.html")
    with zipfile.ZipFile(reports / "da" / "municipality-101.zip") as packed:
        names = packed.namelist()
        assert all(name.startswith("municipality-101-simulerede-data/") for name in names)
        assert len([name for name in names if name.endswith(".svg")]) == len(page.all("svg"))
        assert len([name for name in names if name.endswith(".csv")]) == len(page.tables) - 1  # but the input files
        for name in names:
            if name.endswith(".svg"):
                ElementTree.fromstring(packed.read(name))  # noqa: S314 - our own
                assert "Simulerede data" in packed.read(name).decode()
        level = packed.read("municipality-101-simulerede-data/gruppe-1-niveau.csv").decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(level), delimiter=";"))
    scores = example.marts()["theme_scores"]
    key = {"unit_id": "101", "respondent_group": "elever", "theme": "trivsel", "mapping": "2019", "form": "full"}
    for column, value in key.items():
        scores = scores[scores[column].eq(value)]
    found = next(row for row in rows if row[0] == "Trivsel")
    assert float(found[1].replace(",", ".")) == pytest.approx(scores.iloc[0]["mean"], rel=1e-11)


def test_figures_on_demand(programme: Programme, marts: Path, provenance: Provenance, tmp_path: Path) -> None:
    written = write_figures(programme, Edition("public", marts, tmp_path), provenance, "school-901")
    assert {path.parent.name for path in written} == {"da", "en"}
    assert {path.parents[1].name for path in written} == {"school-901-simulerede-data"}
    pictures = [path for path in written if path.suffix == ".png"]
    assert len(pictures) == len([path for path in written if path.suffix == ".svg"]) > 0
    with Image.open(pictures[0]) as picture:
        assert picture.size[0] == 760


def test_an_unknown_document_is_an_error(
    programme: Programme, marts: Path, provenance: Provenance, tmp_path: Path
) -> None:
    with pytest.raises(ConfigurationError, match=r"no public document 'school-902'; they are programme, "):
        write_figures(programme, Edition("public", marts, tmp_path), provenance, "school-902")
