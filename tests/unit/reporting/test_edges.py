"""Programmes at the edge: many themes, everything hidden, long names; each document still reads well."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from pypdf import PdfReader

from pipelines.programme import Programme
from pipelines.reporting import Edition, Provenance
from pipelines.reporting.build import Desk, Job
from pipelines.reporting.canvas import Canvas
from pipelines.reporting.documents import entries
from pipelines.reporting.figures import draw
from pipelines.reporting.pdf import render_pdf
from tests.unit.reporting import example
from tests.unit.reporting.pages import Page, page_of

MANY = 60
ON_PAPER = ("municipality-101", "summary-municipality-101")
TALL = ("theme", "respondent_group")


@pytest.fixture(scope="module")
def write(
    tmp_path_factory: pytest.TempPathFactory, programme: Programme, provenance: Provenance
) -> Callable[..., Path]:
    """Write a municipality's documents from these marts; gives the folder of the Danish ones."""

    def written(tables: dict[str, pd.DataFrame], of: Programme = programme) -> Path:
        folder = tmp_path_factory.mktemp("edge")
        edition = Edition("public", example.write_marts(folder / "marts", tables), folder / "out")
        desk = Desk(of, (edition,), provenance, "all", "joint")
        desk.work(Job(unit=("municipality", "101")))
        assert {entry.kind for entry in entries(desk.sources[0], desk.say)} >= {"municipality", "theme"}
        for document in desk.documents(desk.sources[0], Job(unit=("municipality", "101"))):
            if document.entry.name in ON_PAPER:
                drawings = draw(document.charts, desk.say.voices, {})
                made = render_pdf(document, drawings, desk.say.voices["da"])
                (folder / "out" / "da" / f"{document.entry.name}.pdf").write_bytes(made)
        return folder / "out" / "da"

    return written


def papers(out: Path) -> dict[str, str]:
    """The municipality's report and summary on paper: the text of each; the summary never takes more than two pages."""
    found = {}
    for kind in ON_PAPER:
        reader = PdfReader(out / f"{kind}.pdf")
        assert len(reader.pages) <= 2 or not kind.startswith("summary")
        text = " ".join(page.extract_text() for page in reader.pages)
        found[kind] = "".join(text.replace("\u00ad", "").split())
    return found


def is_sound(page: Page) -> None:
    """Nothing is left open, every figure has a size."""
    assert "None" not in page.text
    assert "nan" not in page.text.split()
    for svg in page.all("svg"):
        _, _, width, height = map(float, svg["viewbox"].split())
        assert width == 380
        assert height > 20


def test_a_municipality_of_which_everything_is_hidden(write: Callable[..., Path]) -> None:
    tables = example.marts()
    for name, table in tables.items():
        if "unit_id" in table and "suppressed" in table:
            hidden = table["unit_id"].isin(["101", "901", "902", "9/3"])
            reason = table["suppressed"].mask(hidden, "n_lt_min")
            tables[name] = table.assign(suppressed=reason)
            if "status" in table:
                tables[name]["status"] = table["status"].mask(hidden, "suppressed")
    out = write(tables)
    assert "Allegruppenstalerundertrykt:forfåbesvarelser." in papers(out)["municipality-101"]
    for name in (
        "municipality-101",
        "summary-municipality-101",
        "quality-municipality-101",
        "progression-municipality-101",
    ):
        page = page_of(out / f"{name}.html")
        is_sound(page)
        assert "Fra 2017 til 2019 kan ingen temaer sammenlignes." in page.text or name.startswith("progression")
        digits = [c for t in page.tables if t.caption.startswith(("Elever", "Ledere")) for r in t.rows for c in r[1:]]
        assert not any(ch.isdigit() for cell in digits for ch in cell)
    assert "• Alle gruppens tal er undertrykt: for få besvarelser." in page_of(out / "municipality-101.html").text


def test_sixty_themes(write: Callable[..., Path], programme: Programme) -> None:
    """One group has sixty themes with long names; figures grow downwards, nothing is cut."""
    names = [f"tema_{number}" for number in range(MANY)]

    def spread(table: pd.DataFrame, column: str = "theme") -> pd.DataFrame:
        if column not in table or "respondent_group" not in table:
            return table
        one = table[table["theme"].eq("trivsel") & table["respondent_group"].eq("elever")]
        rest = table[table["respondent_group"].ne("elever")]
        copies = [one.assign(theme=name) for name in names]
        if "item_id" in one:
            copies = [
                c.assign(item_id=c["item_id"].str.replace("trivsel", n)) for c, n in zip(copies, names, strict=True)
            ]
        return pd.concat([rest, *copies], ignore_index=True)

    themes = spread(programme.themes)
    labels = [f"{example.LONG} nr. {k}" if k % 7 == 0 else f"Tema {k}" for k in range(MANY)]
    of_pupils = themes["respondent_group"].eq("elever")
    themes.loc[of_pupils, "label_da"] = labels
    themes.loc[of_pupils, "family"] = names
    themes.loc[of_pupils, "position"] = range(1, MANY + 1)
    book = pd.concat(
        [
            programme.codebook[programme.codebook["respondent_group"].ne("elever")],
            *(
                programme.codebook[
                    programme.codebook["respondent_group"].eq("elever")
                    & programme.codebook["item_id"].str.startswith("trivsel")
                ].assign(item_id=lambda b, n=name: b["item_id"].str.replace("trivsel", n))
                for name in names
            ),
        ],
        ignore_index=True,
    )
    many = replace(programme, themes=themes, items=spread(programme.items), codebook=book)
    tables = {name: spread(table) for name, table in example.marts().items()}
    out = write(tables, many)
    text = papers(out)["municipality-101"]
    assert all("".join(label.split()) in text for label in labels)
    page = page_of(out / "municipality-101.html")
    is_sound(page)
    table = page.table("Elever: niveau i Kortlægning 2019")
    assert len(table.rows) == MANY
    assert {row[0] for row in table.rows} == set(labels)
    summary = page_of(out / "summary-municipality-101.html")
    assert all(len(t.rows) <= MANY for t in summary.tables)
    assert len(summary.table("Styrker").rows) <= 5


def test_one_round_only_on_paper(write: Callable[..., Path]) -> None:
    text = papers(write(example.limited("2015")))
    assert all("Derergennemførténkortlægning." in one for one in text.values())


def test_a_school_with_one_theme(reports: Path) -> None:
    page = next(page_of(file) for file in (reports / "da").glob("daycare-*.html"))
    is_sound(page)
    assert "Dagtilbudsprofil" in page.text
    assert len(page.table("Elever: niveau i Kortlægning 2019").rows) == 3
    assert page.table("Elever: niveau i Kortlægning 2019").row("Trivsel")[0] != "ingen data"
    assert "Ledere" not in [row[0] for table in page.tables for row in table.rows]


def test_a_school_says_which_schools_it_was(reports: Path) -> None:
    assert "Bakkeskolen (inkl. tidligere Gammelskolen)" in page_of(reports / "da" / "school-901.html").text


def test_a_canvas_without_anything_is_empty() -> None:
    drawing = Canvas(380, 30).drawing({"da": "", "en": ""}, {"da": "", "en": ""})
    assert drawing.body == ""
