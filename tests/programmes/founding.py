"""Every programme of the founding documents from simulated extracts to a release, and what its documents then say.

Belongs here: whole runs (`make programmes`, ten minutes): too long for every `make test`, which loads and simulates them all. Does not
belong here: rules that a small example shows.

What the simulation makes true (`truth/`) is what the reports must tell: a sentence that claims an increase where none is true fails.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.conftest import run_cli
from tests.unit.reporting.pages import Page, Table

Run = Callable[..., "Released"]


@dataclass(frozen=True)
class Released:
    """A home with one release, and the truth about its extracts."""

    home: Path
    truth: Path

    def page(self, name: str, audience: str = "public") -> Page:
        """A Danish page."""
        return Page(self.home / "current" / "reports" / audience / "da" / f"{name}.html")

    def documents(self, audience: str = "public") -> set[str]:
        """Names of the Danish pages."""
        return {path.stem for path in (self.home / "current" / "reports" / audience / "da").glob("*.html")}

    def true_change(self, group: str, theme: str, unit: str, before: str, after: str) -> float:
        """Points on the 500 scale that the simulation made true."""
        with (self.truth / "changes.csv").open(encoding="utf-8") as file:
            for row in csv.DictReader(file):
                key = (row["respondent_group"], row["theme"], row["unit_id"], row["mapping_from"], row["mapping_to"])
                if key == (group, theme, unit, before, after):
                    return float(row["true_delta"])
        raise KeyError((group, theme, unit, before, after))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Simulates a programme and runs it, as a user does."""

    def made(slug: str, *options: str) -> Released:
        folder = tmp_path_factory.mktemp(slug)
        landing, home = folder / "landing", folder / "home"
        assert run_cli("simulate", "--programme", slug, "--out", str(landing)) == 0
        assert run_cli("check", str(landing / slug), "--programme", slug) == 0
        assert run_cli("run", "--programme", slug, "--landing", str(landing), "--home", str(home), *options) == 0
        assert run_cli("verify", "--home", str(home)) == 0
        return Released(home, landing / "truth")

    return made


def rows(table: Table) -> dict[str, list[str]]:
    return {row[0]: row[1:] for row in table.rows if len(row) > 1}


def test_billunds_report_on_the_second_of_three_mappings(run: Run) -> None:
    """Document 000: the municipality's own sentences come out of the data by rule."""
    found = run("billund", "--mapping", "2015", "--mapping", "2017")
    text = " ".join(found.page("municipality-530").text.split())
    assert "Fra 2015 til 2017 er der stigning eller status quo på størstedelen af de temaer" in text
    told = text[text.index("Der er særlig fremgang hos") : text.index("Sætningerne er valgt efter en fast regel")]
    teachers, rest = told.split("Derudover ses fremgang hos", 1)
    assert teachers.startswith("Der er særlig fremgang hos lærere")
    for theme in ("Egne kompetencer", "Samarbejde om undervisningen", "Samarbejde om eleverne"):
        assert theme in teachers
    pupils, rest = rest.split("Stigningerne", 1)
    assert pupils.strip().startswith("elever, 0.–3. klasse")
    assert "Trivsel" in pupils
    assert "Relation mellem lærer og elev" in pupils
    assert "ses både hos medarbejdere og ledere" in rest
    potential = rest.split("Der er potentiale i at sætte yderligere fokus på:", 1)[1]
    for theme in (
        "Elevernes faglige præstationer",
        "Professionelt læringsfællesskab",
        "Samarbejde mellem pædagoger og lærere",
    ):
        assert theme in potential
    assert "effekt" not in told
    own = found.page("municipality-530").table("Billund Kommune: udvikling på indsatsernes temaer, periode for periode")
    first = next(row for row in own.rows if len(row) > 1)
    assert first[:2] == ["Feedback til og mellem eleverne", "Lærere"]
    assert "stigning" in first[3]
    assert "Resultaterne er fortrolige" in text
    inside = found.page("municipality-530", "internal")
    assert {"Nationale test", "Afgangsprøver og løfteevne"} <= {table.caption for table in inside.tables}
    for group, theme in (("laerer", "egne_kompetencer"), ("elev_0_3", "trivsel"), ("laerer", "klasseledelse")):
        assert found.true_change(group, theme, "530", "2015", "2017") > 20


def test_billunds_timing_over_three_mappings(run: Run) -> None:
    """Staff first, older pupils a mapping later: counted, not claimed."""
    found = run("billund")
    timing = rows(found.page("municipality-530").table("Antal temaer efter perioden med første stigning"))
    staff, pupils = (list(map(int, timing[name])) for name in ("Medarbejdere og ledere", "Børn og elever"))
    assert staff[0] > staff[1]
    assert pupils[1] > 0
    own = found.page("municipality-530").table("Billund Kommune: udvikling på indsatsernes temaer, periode for periode")
    by_theme = {(row[0], row[1]): row[2:] for row in own.rows if len(row) > 1}
    teachers, older = by_theme["Klasseledelse", "Lærere"], by_theme["Klasseledelse", "Elever, 4.–10. klasse"]
    assert "stigning" in teachers[1]
    assert "stigning" not in teachers[3]
    assert "stigning" not in older[1]
    assert "stigning" in older[3]


def test_svendborgs_day_care_is_a_full_part(run: Run) -> None:
    """Document 001: profiles of day-care, one quality report, competence development, the calendar."""
    found = run("svendborg")
    assert sum(name.startswith("daycare-") for name in found.documents("internal")) == 6, "a sample: Svendborg's"
    quality = found.page("quality-municipality-479")
    sectors = rows(quality.table("Antal temaer efter udvikling fra 2017 til 2019"))
    assert {"Dagtilbud", "Skole"} <= set(sectors) or {"Børn, 4–6 år"} <= set(sectors)
    assert "Kvalitetsrapporten dækker både dagtilbud og skole." in quality.text
    page = found.page("municipality-479")
    assert "Børnene svarer på en skærm" in page.text
    general = page.text[
        page.text.index("A. Generel kompetenceudvikling") : page.text.index("B. Specifik kompetenceudvikling")
    ]
    assert "Overgang fra dagtilbud til skole" in general
    text = " ".join(page.text.split())
    assert "Spredning mellem dagtilbuddene" in text
    assert found.true_change("barn_4_6", "relation_til_voksne", "479", "2017", "2019") > 20


def test_lejres_participants_are_held_against_themselves(run: Run) -> None:
    """Document 002: some eighty persons, before and after; no school's leaders are shown anywhere."""
    found = run("lejre")
    page = found.page("municipality-350")
    paired = page.table("Parret sammenligning fra 2015 til 2016")
    assert len([row for row in paired.rows if len(row) > 1]) == 12
    assert "stigning" in rows(paired)["Samtaler og elev-eksperimenter"][-1]
    assert "de samme personer har svaret begge gange" in " ".join(page.text.split())
    schools = [(name, a) for a in ("public", "internal") for name in found.documents(a) if name.startswith("school-")]
    assert 0 < len(schools) < 2 * 9, "small groups: not every school has a page, and to the public fewer"
    for name, audience in schools:
        own = found.page(name, audience)
        assert own.table("Inviterede og svar, Efter forløbet, 2016").row("Skoleledere")[:6] == ["•"] * 6
        assert own.table("Antal temaer efter udvikling fra 2015 til 2016").row("Skoleledere")[-2:] == ["6", "6"], (
            "all hidden"
        )
    assert "Resultaterne er fortrolige og står kun i den interne udgave." in page.text
    tests = found.page("municipality-350", "internal").table("Nationale test")
    assert "4. klasse, 2014/15" in rows(tests), "existing results are where the course starts from"


def test_levels_of_the_organisation_in_three_municipalities(run: Run) -> None:
    """Document 003: administration, school and team side by side; social background; targets of each municipality."""
    found = run("plf")
    levels = found.page("municipality-630", "internal").table(
        "Samme spørgsmål på organisationens niveauer, Kortlægning 2020"
    )
    named = [row[0] for row in levels.rows if len(row) > 1]
    assert named[:4] == [
        "Forvaltning: chefer og konsulenter",
        "Skole: skoleledelse",
        "Skole: ressourcepersoner",
        "Team: pædagogisk personale",
    ]
    assert not any("forvaltningen" in name for name in found.documents("internal"))
    gaps = rows(
        found.page("programme").table("Elever, 4.–9. klasse: forskel efter forældrenes uddannelse i Kortlægning 2020")
    )
    assert gaps["Faglig mestring"][-1].startswith("−"), "the gap has become smaller, as it is true"


def test_thisteds_pupils_within_the_school_year_beside_the_leadership(run: Run) -> None:
    """Document 004: progression within each school year, 42 schools, the leadership beside it, and nothing public of it."""
    found = run("thisted")
    page = found.page("municipality-787", "internal")
    grades = rows(page.table("Læsning: fremgang i skoleåret 2023/24"))
    assert list(grades)[:3] == ["Alle elever", "3. klasse", "4. klasse"]
    assert len(rows(page.table("Fremgang i skoleåret 2023/24 på hver skole, alle elever"))) == 42
    assert "Tallene viser ikke, at det ene er en følge af det andet." in page.text
    targets = rows(page.table("Resultatmål i det seneste skoleår"))
    assert targets["Opfølgning på elevernes faglige progression (Lærere om ledelsen)"][-1] == "nået"
    public = found.page("municipality-787").text
    assert "Testresultater er fortrolige og vises kun i den interne udgave." in public
    assert "Sikker fremgang" not in public
    with (found.truth / "gains.csv").open(encoding="utf-8") as file:
        keys = ("school_year", "level", "unit_id", "test")
        truth = {tuple(row[key] for key in keys): float(row["true_gain"]) for row in csv.DictReader(file)}
    marts = found.home / "current" / "marts" / "internal" / "school_year_progression.parquet"
    covered = [
        row["ci_low"] <= truth[tuple(row[key] for key in keys)] <= row["ci_high"]
        for row in pq.read_table(marts).to_pylist()
        if row["breakdown"] == "all" and row["level"] == "institution" and row["ci_low"] is not None
    ]
    assert len(covered) == 42 * 3 * 2
    assert sum(covered) / len(covered) > 0.9
