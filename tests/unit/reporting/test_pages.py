"""The pages as readers get them: read back and held against the marts."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest

from pipelines.errors import StorageError
from pipelines.programme import Programme
from pipelines.reporting import Edition, Provenance, write_reports
from pipelines.reporting.model import LANGUAGES, Language
from pipelines.reporting.names import page_names
from pipelines.reporting.texts import Voices
from tests.unit.reporting import example
from tests.unit.reporting.pages import Page

PAGES = ("programme.html", *page_names(["101", "Å/../2", "303"]).values())
FIRST = "municipality-101.html"
ODD = page_names(["Å/../2"])["Å/../2"]
EVERY = [f"{language}/{name}" for language in LANGUAGES for name in PAGES]
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
    assert sorted(files(reports)) == sorted(["index.html", *EVERY])


@pytest.mark.parametrize("language", LANGUAGES)
def test_levels_are_the_marts(reports: Path, voices: Voices, language: Language) -> None:
    page, number = Page(reports / language / FIRST), voices[language].number
    group, mapping = {"da": ("Elever", "niveau i Kortlægning"), "en": ("Pupils", "level in Mapping")}[language]
    table = page.table(f"{group}: {mapping} 2019")
    for theme, labels in THEME.items():
        unit = rows("theme_scores", unit_id="101", respondent_group="elever", theme=theme, form="full", mapping="2019")
        whole = rows(
            "theme_scores", level="programme", respondent_group="elever", theme=theme, form="full", mapping="2019"
        )
        row = unit.iloc[0]
        missing = pd.isna(row["ci_high"])
        assert table.row(labels[LANGUAGES.index(language)]) == [
            number.decimal(row["mean"], 0),
            "–" if missing else number.interval(row["ci_low"], row["ci_high"]),
            number.integer(int(row["n"])),
            number.share(row["favourable"]),
            number.decimal(whole.iloc[0]["mean"], 0),
        ]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["programme.html", FIRST])
def test_changes_are_the_marts(reports: Path, voices: Voices, language: Language, name: str) -> None:
    page, number = Page(reports / language / name), voices[language].number
    unit = "101" if name == FIRST else example.PROGRAMME
    group = {"da": "Elever: udvikling fra 2017 til 2019", "en": "Pupils: development from 2017 to 2019"}[language]
    table = page.table(group)
    for theme, labels in THEME.items():
        found = rows(
            "progression", unit_id=unit, respondent_group="elever", theme=theme, mapping_from="2017", mapping_to="2019"
        )
        row = found.iloc[0]
        cells = table.row(labels[LANGUAGES.index(language)])
        if pd.isna(row["delta"]):
            assert cells[0] == "–"
            continue
        missing = pd.isna(row["ci_low"])
        assert cells[:4] == [
            number.signed(row["delta"], 1),
            "–" if missing else number.change_interval(row["ci_low"], row["ci_high"]),
            number.probability(row["q"]),
            number.signed(row["hedges_g"], 2),
        ]
        assert voices[language](f"status.{row['status']}") in cells[4]


def test_every_pair_of_mappings_has_its_rows(reports: Path) -> None:
    page = Page(reports / "da" / FIRST)
    others = page.table("Elever: udvikling mellem de øvrige kortlægninger")
    assert [row[0] for row in others.rows if len(row) == 1] == ["Fra 2015 til 2019", "Fra 2015 til 2017"]
    assert len([row for row in others.rows if len(row) > 1]) == 2 * len(example.THEMES)


def test_the_resume_counts_the_marts_statuses(reports: Path) -> None:
    table = Page(reports / "da" / FIRST).table("Antal temaer efter udvikling fra 2017 til 2019")
    counts = Counter(rows("progression", unit_id="101", mapping_from="2017", mapping_to="2019")["status"])
    words = {"stigning": "increase", "status quo": "status_quo", "uafklaret": "inconclusive", "fald": "decrease"}
    found = dict(zip(table.head[1:], table.row("Alle grupper"), strict=True))
    assert {word: int(found[word]) for word in words} == {word: counts[status] for word, status in words.items()}
    assert int(found["undertrykt"]) == counts["suppressed"]
    assert int(found["I alt"]) == sum(counts.values())


def test_response_is_the_marts(reports: Path) -> None:
    table = Page(reports / "da" / FIRST).table("Inviterede og svar, Kortlægning 2019")
    assert table.row("Elever")[:5] == ["12.347", "5.000", "123", "40,5\u00a0%", "41,5\u00a0%"]
    assert "lav (under 50\u00a0%)" in table.row("Elever")[-1]


def test_answers_are_the_marts(reports: Path) -> None:
    table = Page(reports / "en" / FIRST).table("Theme trivsel: answers in Mapping 2019")
    number = rows("item_distributions", unit_id="101", item_id="trivsel_2", respondent_group="elever").iloc[0]["n"]
    assert table.head == ["Question", "Disagree", "Neither", "Agree", "Answers"]
    assert table.row("Question trivsel_2 <u>?") == ["12%", "25%", "62%", f"{number:,}"]
    assert "worded negatively" in table.rows[2][0]


def test_the_municipalities_levels_stand_in_a_table(reports: Path) -> None:
    table = Page(reports / "da" / "programme.html").table("Ledere: kommunernes niveau i Kortlægning 2019, point")
    assert table.head == ["Tema", "Bakkeby Kommune", "Ærø <i>Kommune</i>", "Åbjerg Kommune"]
    for theme, labels in THEME.items():
        levels = rows(
            "theme_scores", level="municipality", respondent_group="ledere", theme=theme, form="full", mapping="2019"
        )
        means = levels.set_index("unit_id")["mean"]
        assert table.row(labels[0]) == ["•", f"{means['Å/../2']:.0f}", f"{means['303']:.0f}"]


def test_a_suppressed_figure_is_the_sign_with_its_reason(reports: Path) -> None:
    page = Page(reports / "da" / FIRST)
    assert page.table("Ledere: niveau i Kortlægning 2019").row("Trivsel")[:4] == ["•"] * 4
    assert page.table("Ledere: udvikling fra 2017 til 2019").row("Trivsel") == [*["•"] * 4, "• undertrykt"]
    assert page.table("Ledere: gennemsnit i alle kortlægninger").row("Trivsel")[:3] == ["•"] * 3
    assert page.table("Inviterede og svar, Kortlægning 2019").row("Ledere")[:7] == ["•"] * 7
    assert "• betyder, at tallet er undertrykt: for få besvarelser." in page.text
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
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("pipelines.reporting.build.WORTH_A_PROCESS", 1)
    told: list[str] = []
    written = write_reports(programme, [Edition("public", marts, tmp_path)], provenance, 2, told.append)
    assert files(tmp_path) == files(reports)
    assert sorted(path.relative_to(tmp_path).as_posix() for path in written) == sorted(files(reports))
    assert told == [f"reports: {n}/4" for n in (1, 2, 3, 4)]


def test_no_data_is_said_in_words(reports: Path) -> None:
    page = Page(reports / "da" / page_names(["303"])["303"])
    assert page.table("Elever: niveau i Kortlægning 2019").row("Trivsel")[0] == "ingen data"
    assert page.table("Elever: gennemsnit i alle kortlægninger").row("Trivsel")[2] == "ingen data"


@pytest.mark.parametrize("name", ["index.html", *EVERY])
def test_nothing_is_left_unsaid_or_infinite(reports: Path, name: str) -> None:
    page = Page(reports / name)
    unfit = r"\b(nan|NaN|inf|None|null|undefined)\b"
    assert not re.search(unfit, page.text)
    assert not re.search(unfit, re.sub(r"<style>.*?</style>|<meta[^>]*>", "", page.html, flags=re.DOTALL))
    assert "~" not in page.text.replace("~3~", "")  # no token of a figure is left but the one in a theme's name


@pytest.mark.parametrize("name", ["index.html", *EVERY])
def test_everything_from_data_is_escaped(reports: Path, name: str) -> None:
    page = Page(reports / name)
    assert page.all("script", "i", "u") == []
    assert all(tag["lang"] == ("en" if name.startswith("en/") else "da") for tag in page.all("html"))


def test_a_hostile_name_stands_as_it_is_written(reports: Path) -> None:
    page = Page(reports / "da" / FIRST)
    assert example.EVIL in [row[0] for row in page.table("Elever: niveau i Kortlægning 2019").rows]
    drawn = " ".join(page.svg_text)
    assert example.EVIL in drawn
    assert Page(reports / "da" / ODD).text.count("Ærø <i>Kommune</i>") >= 1


@pytest.mark.parametrize("name", ["index.html", *EVERY])
def test_the_page_stands_alone(reports: Path, name: str) -> None:
    page = Page(reports / name)
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
    page = Page(reports / name)
    headings = [int(tag[1]) for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)]
    assert headings.count(1) == 1
    assert headings[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(headings))
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert all("scope" in attributes for attributes in page.all("th"))
    used = {attributes["href"].removeprefix("#") for attributes in page.all("use")}
    assert used <= set(ids)


@pytest.mark.parametrize("name", EVERY)
def test_figures_are_named_described_and_have_a_table(reports: Path, name: str) -> None:
    page = Page(reports / name)
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
    page = Page(reports / name)
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
    page = Page(reports / name)
    for expected in ("20200102T030405-0123456789ab", "1.2.3", "elever <1>.csv", "ab" * 32, "ledere.csv", "cd" * 32):
        assert expected in page.text


def test_one_mapping_only(tmp_path: Path, programme: Programme, provenance: Provenance) -> None:
    tables = {name: table[table["mapping"].eq("2015")] for name, table in example.marts().items() if "mapping" in table}
    tables["progression"] = example.marts()["progression"].head(0)
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
