"""Whole documents: every number is the mart's, nothing hidden is in them, they stand alone and can be read by everyone."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest

from pipelines.errors import StorageError
from pipelines.marts import AUDIENCES
from pipelines.programme import Programme
from pipelines.reporting import Edition, Provenance
from pipelines.reporting.model import LANGUAGES
from pipelines.reporting.names import safe_names
from pipelines.workers import Workers
from tests.unit.reporting import example
from tests.unit.reporting.conftest import write_reports
from tests.unit.reporting.pages import Page, page_of

ODD = safe_names(["101", "Å/../2", "303"])["Å/../2"]
TOWNS = {"101": "municipality-101", "Å/../2": f"municipality-{ODD}", "303": "municipality-303"}
SCHOOLS = {"901": "school-901", "9/3": f"daycare-{safe_names(['901', '9/3'])['9/3']}"}
KINDS = ("summary", "response", "progression")
UNITS = {
    "programme": example.PROGRAMME,
    **{f"{kind}-programme": example.PROGRAMME for kind in KINDS},
    **{name: unit for unit, name in (*TOWNS.items(), *SCHOOLS.items())},
    **{f"{kind}-{name}": unit for unit, name in TOWNS.items() for kind in (*KINDS, "quality")},
    **{f"theme-{theme}": example.PROGRAMME for theme in example.THEMES},
}
"""Every document's name and the unit that it is of."""
FIRST = "municipality-101.html"
WITH_FIGURES = [f"{language}/{name}.html" for language in LANGUAGES for name in UNITS]
EVERY = [f"{language}/{name}.html" for language in LANGUAGES for name in (*UNITS, "method", "data-book")] + [
    "en/index.html"
]
SAMPLE = [
    "index.html",
    *(e for e in EVERY if "Å" not in e and ("101" in e or "programme" in e or "90" in e or "theme-ro" in e)),
]
THEME = {"trivsel": ("Trivsel", "Theme trivsel"), "faelles": (example.LONG, "Theme faelles")}


def rows(table: str, **where: str) -> pd.DataFrame:
    frame = example.marts()[table]
    for column, value in where.items():
        frame = frame[frame[column].eq(value)]
    return frame


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def test_the_files(reports: Path) -> None:
    joint = ("programme", *(f"{kind}-programme" for kind in KINDS), "method", "data-book")
    others = [f"{name}.zip" for name in ("programme", *TOWNS.values())] + [f"{name}.pdf" for name in joint]
    expected = [f"{language}/{name}" for language in LANGUAGES for name in others]
    assert sorted(files(reports)) == sorted(["index.html", *EVERY, *expected])


def test_response_is_the_marts(reports: Path) -> None:
    table = page_of(reports / "da" / FIRST).table("Inviterede og svar, Kortlægning 2019")
    assert table.row("Elever")[:5] == ["12.347", "5.000", "123", "40,5\u00a0%", "41,5\u00a0%"]
    assert "lav (under 50\u00a0%)" in table.row("Elever")[-1]


def test_answers_are_the_marts(reports: Path) -> None:
    table = page_of(reports / "en" / FIRST).table("Theme trivsel: answers in Mapping 2019")
    number = rows("item_distributions", unit_id="101", item_id="trivsel_2", respondent_group="elever").iloc[0]["n"]
    assert table.head == ["Question", "Disagree", "Neither", "Agree", "Answers"]
    assert table.row("Question trivsel_2 <u>?") == ["12%", "25%", "62%", f"{number:,}"]
    assert "worded negatively" in table.rows[2][0]


def test_a_suppressed_figure_is_the_sign_with_its_reason(reports: Path) -> None:
    page = page_of(reports / "da" / FIRST)
    assert page.table("Elever: forskel efter forældrenes uddannelse i Kortlægning 2019").row(example.EVIL) == ["•"] * 5
    assert page.table("Inviterede og svar, Kortlægning 2019").row("Ledere")[:7] == ["•"] * 7
    assert "• betyder, at tallet er undertrykt: for få besvarelser." in page.text
    spread = page_of(reports / "da" / "programme.html").table("Ledere: kommunernes niveau i Kortlægning 2019, point")
    assert spread.row("Trivsel")[0] == "•"


def test_a_group_of_which_all_is_hidden_has_a_sentence_and_no_table(reports: Path) -> None:
    page = page_of(reports / "da" / FIRST)
    assert "• Alle gruppens tal er undertrykt: for få besvarelser." in page.text
    assert not [table for table in page.tables if table.caption.startswith("Ledere:")]
    assert "gruppe-2-niveau" not in page.html  # nothing to draw: no figure


@pytest.mark.parametrize("hidden", [0.0, 13.5, -777.0])
def test_what_is_suppressed_is_in_no_byte(
    reports: Path, tmp_path: Path, programme: Programme, provenance: Provenance, hidden: float
) -> None:
    """Pages do not change with the figures behind suppressed rows: not in words, not in figures, not in an order."""
    marts = example.write_marts(tmp_path / "marts", example.marts(hidden))
    write_reports(programme, [Edition("public", marts, tmp_path / "out")], provenance)
    assert files(tmp_path / "out") == files(reports)


def test_what_is_shown_does_change_the_pages(
    reports: Path, tmp_path: Path, programme: Programme, provenance: Provenance
) -> None:
    tables = example.marts()
    tables["theme_scores"]["mean"] += 13.5
    write_reports(
        programme, [Edition("public", example.write_marts(tmp_path / "marts", tables), tmp_path / "out")], provenance
    )
    assert files(tmp_path / "out") != files(reports)


def test_equal_bytes_in_worker_processes(
    reports: Path,
    marts: Path,
    tmp_path: Path,
    programme: Programme,
    provenance: Provenance,
) -> None:
    told: list[str] = []
    with Workers(1) as workers:
        written = write_reports(programme, [Edition("public", marts, tmp_path)], provenance, workers, told.append)
    assert files(tmp_path) == files(reports)
    assert sorted(path.relative_to(tmp_path).as_posix() for path in written) == sorted(files(reports))
    assert told == [f"reports: {n}/10" for n in range(1, 11)]


def test_a_sample_is_of_each_kind_of_document(
    tmp_path: Path, marts: Path, programme: Programme, provenance: Provenance
) -> None:
    """The municipality that the programme lists first and its schools; listed otherwise, the sample is another's."""

    def sample(of: Programme, out: Path) -> set[str]:
        editions = [Edition(audience, marts, out / audience) for audience in AUDIENCES]
        written = write_reports(of, editions, provenance, documents="sample", pdf="report")
        assert sorted(written) == sorted(path for path in out.rglob("*") if path.is_file())
        for place in ("public/da", "public/en", "internal/da", "internal/en"):
            assert [path.name for path in (out / place).glob("*.pdf")] == ["programme.pdf"]
        return {path.stem for path in (out / "public" / "da").glob("*.html")}

    names = sample(programme, tmp_path / "a")
    inside = tmp_path / "a" / "internal" / "da"
    reports = ["municipality-101", "municipality-2-cfc0f504e0", "municipality-303"]
    assert sorted(path.stem for path in inside.glob("*.xlsx")) == reports
    assert sorted(path.stem for path in inside.glob("*.zip")) == [reports[0], "programme"]
    for name in (*reports, "programme"):
        assert (f'href="{name}.zip"' in (inside / f"{name}.html").read_text()) == (inside / f"{name}.zip").exists()
    assert "school-901" in names
    assert {name for name in names if "municipality-" in name} == {
        "municipality-101",
        "municipality-2-cfc0f504e0",
        "municipality-303",
        *(f"{kind}-municipality-101" for kind in ("summary", "response", "progression", "quality")),
    }
    assert len([name for name in names if name.startswith("theme-")]) == 1
    moved = replace(programme, municipalities=programme.municipalities.iloc[::-1].reset_index(drop=True))
    moved = replace(moved, lineage=moved.lineage.assign(municipality_id=["Å/../2", "101", "101", "101"]))
    names = sample(moved, tmp_path / "b")
    assert [name for name in names if "school-" in name] == ["school-901"]
    assert not [name for name in names if name.startswith("daycare-")]


def test_no_data_is_said_in_words(reports: Path) -> None:
    page = page_of(reports / "da" / "municipality-303.html")
    assert page.table("Elever: niveau i Kortlægning 2019").row("Trivsel")[0] == "ingen data"
    assert page.table("Elever: gennemsnit i alle kortlægninger").row("Trivsel")[2] == "ingen data"


@pytest.mark.parametrize("name", ["index.html", *EVERY])
def test_nothing_is_left_unsaid_or_infinite(reports: Path, name: str) -> None:
    page = page_of(reports / name)
    unfit = r"\b(nan|NaN|inf|None|null|undefined)\b"
    assert not re.search(unfit, page.text)
    assert not re.search(unfit, re.sub(r"<style>.*?</style>|<meta[^>]*>", "", page.html, flags=re.DOTALL))
    assert "~" not in page.text.replace("~3~", "")  # no token of a figure is left but the one in a theme's name


@pytest.mark.parametrize("name", ["index.html", *EVERY])
def test_everything_from_data_is_escaped(reports: Path, name: str) -> None:
    page = page_of(reports / name)
    assert page.all("i", "u") == []
    assert len(page.all("script")) == name.endswith("index.html")  # the list's own search
    assert all(tag["lang"] == ("en" if name.startswith("en/") else "da") for tag in page.all("html"))


def test_a_hostile_name_stands_as_it_is_written(reports: Path) -> None:
    page = page_of(reports / "da" / FIRST)
    assert example.EVIL in [row[0] for row in page.table("Elever: niveau i Kortlægning 2019").rows]
    drawn = " ".join(page.svg_text)
    assert example.EVIL in drawn
    assert page_of(reports / "da" / f"{TOWNS['Å/../2']}.html").text.count("Ærø <i>Kommune</i>") >= 1


@pytest.mark.parametrize("name", ["index.html", *EVERY])
def test_the_page_stands_alone(reports: Path, name: str) -> None:
    page = page_of(reports / name)
    for _, attributes in page.tags:
        assert not {"src", "srcset", "onload", "onclick", "action"} & set(attributes)
    assert "@import" not in page.html
    assert "url(" not in page.html
    for link in page.all("a"):
        path, _, anchor = link["href"].partition("#")
        target = (reports / name).parent / path if path else reports / name
        assert target.is_file(), link["href"]
        assert not anchor or f'id="{anchor}"' in target.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["index.html", *EVERY])
def test_structure(reports: Path, name: str) -> None:
    page = page_of(reports / name)
    headings = [int(tag[1]) for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)]
    assert headings.count(1) == 1
    assert headings[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(headings))
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert all("scope" in attributes for attributes in page.all("th"))
    used = {attributes["href"].removeprefix("#") for attributes in page.all("use")}
    assert used <= set(ids)


@pytest.mark.parametrize("name", WITH_FIGURES)
def test_figures_are_named_described_and_have_a_table(reports: Path, name: str) -> None:
    page = page_of(reports / name)
    svgs = page.all("svg")
    assert svgs
    assert len(svgs) == len(page.all("figure")) == len(page.all("figcaption")) == len(page.all("desc"))
    ids = {attributes.get("id") for _, attributes in page.tags}
    for svg in svgs:
        assert svg["role"] == "img"
        assert set(svg["aria-labelledby"].split()) <= ids
    assert len(page.tables) > len(svgs)
    assert all(table.caption for table in page.tables)


@pytest.mark.parametrize("name", ["index.html", *EVERY])
def test_simulated_data_are_marked_on_every_page(reports: Path, name: str) -> None:
    page = page_of(reports / name)
    assert "Simulerede data" in page.text
    assert "Simulated data" in page.text
    marks = [meta["content"] for meta in page.all("meta") if meta.get("name") == "kortlaegning:data"]
    assert marks == ["Simulerede data / Simulated data"]


def test_real_data_are_not_marked(tmp_path: Path, marts: Path, programme: Programme, provenance: Provenance) -> None:
    write_reports(programme, [Edition("internal", marts, tmp_path)], replace(provenance, simulated=False))
    for name, content in files(tmp_path).items():
        assert b"Simuler" not in content, name
        assert b"kortlaegning:data" not in content, name
    assert "Må ikke offentliggøres" in Page(tmp_path / "da" / FIRST).text
    assert "mindst 5 besvarelser" in Page(tmp_path / "da" / FIRST).text


@pytest.mark.parametrize("name", ["index.html", *EVERY])
def test_provenance_stands_in_the_footer(reports: Path, name: str) -> None:
    page = page_of(reports / name)
    for expected in ("20200102T030405-0123456789ab", "1.2.3", "elever <1>.csv", "ab" * 32, "ledere.csv", "cd" * 32):
        assert expected in page.text


def test_one_mapping_only(tmp_path: Path, programme: Programme, provenance: Provenance) -> None:
    tables = example.limited("2015")
    write_reports(
        programme, [Edition("public", example.write_marts(tmp_path / "marts", tables), tmp_path / "out")], provenance
    )
    page = Page(tmp_path / "out" / "da" / FIRST)
    assert "Der er gennemført én kortlægning." in page.text
    assert "udvikling" not in " ".join(table.caption for table in page.tables)
    assert page.table("Elever: niveau i Kortlægning 2015").row("Trivsel")[0] != ""


def test_a_page_that_cannot_be_written_is_an_error(
    tmp_path: Path, marts: Path, programme: Programme, provenance: Provenance
) -> None:
    (tmp_path / "out").write_text("a file where the folder should be", encoding="utf-8")
    with pytest.raises(StorageError, match="cannot be written"):
        write_reports(programme, [Edition("public", marts, tmp_path / "out")], provenance)


def test_editions_written_together_are_those_written_alone(
    programme: Programme, marts: Path, provenance: Provenance, tmp_path: Path
) -> None:
    """Figures are shared between editions only where they are the same."""
    tables = example.marts()
    tables["theme_scores"]["mean"] += 13.5
    pairs = [("public", marts), ("internal", example.write_marts(tmp_path / "marts", tables)), ("public", marts)]
    together = [Edition(a, folder, tmp_path / "together" / str(n)) for n, (a, folder) in enumerate(pairs)]
    write_reports(programme, together, provenance)
    for n, (audience, folder) in enumerate(pairs):
        write_reports(programme, [Edition(audience, folder, tmp_path / "alone" / str(n))], provenance)
    assert files(tmp_path / "together") == files(tmp_path / "alone")
    assert files(tmp_path / "alone" / "0") == files(tmp_path / "alone" / "2") != files(tmp_path / "alone" / "1")
