"""Every programme of the founding documents from simulated extracts to a release, and what its documents then say.

Belongs here: whole runs (`make programmes`, ten minutes): too long for every `make test`, which loads and simulates them all. Does not
belong here: rules that a small example shows.

What the simulation makes true (`truth/`) is what the reports must tell: a sentence that claims an increase where none is true fails.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pipelines.programme import load_programme
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
    """Simulates a programme and runs it, as a user does; once however often it is asked for."""

    @cache
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
    assert teachers.startswith("Der er særlig fremgang hos lærerne fra 2015 til 2017: ")
    for theme in ("Egne kompetencer", "Samarbejde om undervisningen", "Samarbejde om eleverne"):
        assert theme in teachers
    pupils, rest = rest.split("Stigningerne", 1)
    assert pupils.strip().startswith("eleverne i 0.–3. klasse: ")
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
    _other_sources_beside_billunds_survey(found, " ".join(inside.text.split()), inside)
    for group, theme in (("laerer", "egne_kompetencer"), ("elev_0_3", "trivsel"), ("laerer", "klasseledelse")):
        assert found.true_change(group, theme, "530", "2015", "2017") > 20


def _other_sources_beside_billunds_survey(found: Released, told: str, page: Page) -> None:
    """National tests, exams and added value, each with whether it points the same way as the survey, as the marts have it."""
    tests = rows(page.table("Nationale test"))
    years = ("2014/15", "2015/16", "2016/17")
    assert [grade for grade in (4, 6, 8) for year in years if f"{grade}. klasse, {year}" not in tests] == []
    assert re.search(
        r"Nationale test: Andelen af gode elever er steget fra 2015/16 til 2016/17 på \d af \d test og klassetrin", told
    )
    marts = pq.read_table(found.home / "current" / "marts" / "internal" / "academic_results.parquet").to_pylist()
    exams = [row for row in marts if row["kind"] == "exam" and row["background"] == "all" and row["suppressed"] is None]
    latest = max(row["school_year"] for row in exams)
    [own] = [row for row in exams if (row["school_year"], row["unit_id"]) == (latest, "530")]
    side = "over" if own["added_value"] > 0 else "under"
    size = f"{abs(own['added_value']):.2f}".replace(".", ",")
    same = "Det peger samme vej" if own["added_value"] > 0 else "Det peger ikke samme vej"
    assert side == "over", "the municipality lifts its pupils: so it is made true (simulation.yaml)"
    lifted = (
        f"Løfteevne: I {latest} ligger gennemsnittet {size} karakterpoint {side} det, elevernes baggrund lader forvente"
    )
    assert f"{lifted} (9. klasses prøver, bundne prøvefag). {same} som kortlægningen." in told
    register = load_programme("billund").institutions
    own_schools = set(register.loc[register["municipality_id"].eq("530"), "institution_id"])
    schools = [row for row in exams if row["level"] == "institution" and row["unit_id"] in own_schools]
    judged = [row for row in schools if row["school_year"] == latest and row["is_significant"] is not None]
    certain = sum(row["is_significant"] for row in judged)
    assert judged
    assert f"Forskellen er statistisk sikker på {certain} af de {len(judged)} skoler, hvor den kan vises" in told
    school = found.page(f"school-{judged[0]['unit_id']}", "internal").table("Afgangsprøver og løfteevne")
    assert school.head[-1] == "Statistisk sikker forskel"
    assert rows(school)[latest][-1] == ("ja" if judged[0]["is_significant"] else "nej")
    assert "karakterer ved 9. klasses prøver" not in found.page("quality-municipality-530", "internal").text


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
    """Document 001: five groups, profiles of day-care, one quality report for both, competence development A and B."""
    found = run("svendborg")
    assert sum(name.startswith("daycare-") for name in found.documents("internal")) == 6, "a sample: Svendborg's"
    quality = found.page("quality-municipality-479")
    sectors = rows(quality.table("Dagtilbud og skole: antal temaer efter udvikling fra 2017 til 2019"))
    assert list(sectors) == ["Dagtilbud", "Skole"]
    page = found.page("municipality-479")
    groups = rows(page.table("Inviterede og svar, Kortlægning 2019"))
    daycare = ["Børn, 4–6 år", "Kontaktpædagoger om det enkelte barn", "Pædagogisk personale i dagtilbud"]
    daycare += ["Forældre i dagtilbud", "Ledere i dagtilbud"]
    assert [name for name in groups if name in daycare] == daycare
    whole = rows(page.table("Antal temaer efter udvikling fra 2017 til 2019"))
    assert int(sectors["Dagtilbud"][-1]) == sum(int(whole[name][-1]) for name in daycare)
    assert int(sectors["Dagtilbud"][-1]) + int(sectors["Skole"][-1]) == int(whole["Alle grupper"][-1])
    assert "Kvalitetsrapporten dækker både dagtilbud og skole." in quality.text
    assert (
        "Børnene svarer på en skærm, hvor hvert spørgsmål og hvert svar har et billede og bliver læst højt."
        in page.text
    )
    for one in (page, quality):
        general, specific = one.text.split("A. Generel kompetenceudvikling")[-1].split(
            "B. Specifik kompetenceudvikling"
        )[:2]
        assert "Overgang fra dagtilbud til skole" in general
        assert "Egne fokusområder, der ikke er fælles for kommunen" in specific
        own = rows(one.table("Egne fokusområder, der ikke er fælles for kommunen"))
        assert own
        assert not any("Overgang fra dagtilbud til skole (lærere" in cells[0] for cells in own.values()), (
            "that is general"
        )
    text = " ".join(page.text.split())
    assert "Spredning mellem dagtilbuddene" in text
    assert "Der er fremgang hos børnene på 4–6 år fra 2017 til 2019: Relation til de voksne." in text
    assert found.true_change("barn_4_6", "relation_til_voksne", "479", "2017", "2019") > 20
    _svendborgs_targets(found)


def _svendborgs_targets(found: Released) -> None:
    """National goals, four result targets, the municipality's own: each year, subject and grade is judged, or said why not."""
    page = found.page("municipality-479", "internal")
    text = " ".join(page.text.split())
    goals = ("udfordre alle elever", "mindske betydningen af social baggrund", "Tilliden og trivslen")
    assert all(f"Nationalt mål {n}: " in text and goal in text for n, goal in enumerate(goals, 1))
    marts = pq.read_table(found.home / "current" / "marts" / "internal" / "result_targets.parquet").to_pylist()
    own = [row for row in marts if row["unit_id"] == "479" and row["level"] == "municipality"]
    assert {row["target"] for row in own} == {
        "1.1",
        "1.2",
        "2.1",
        "3.1",
        "laesning",
        "matematik",
        "svage",
        "boernetrivsel",
        "overgang",
    }
    years = [f"{year}/{(year + 1) % 100}" for year in range(2014, 2019)]
    words = {"met": "nået", "not_met": "ikke nået", "not_comparable": "ikke sammenlignelig", "suppressed": "•"}
    for target, goal in (("1.1", 1), ("1.2", 1), ("2.1", 2)):
        table = page.table(f"Resultatmål under nationalt mål {goal}, skoleår for skoleår")
        assert table.head == ["Målt ved", *years]
        start = next(n for n, row in enumerate(table.rows) if row[0].startswith(f"{target} "))
        after = table.rows[start + 1 :]
        shown = {
            row[0]: row[1:] for row in after[: next((n for n, row in enumerate(after) if len(row) == 1), len(after))]
        }
        for test, label, grades in (
            ("dansk_laesning", "Nationale test, dansk læsning", ("4", "6", "8")),
            ("matematik", "Nationale test, matematik", ("6",)),
        ):
            for grade in grades:
                cells = dict(zip(years, shown[f"{label}, {grade}. klasse"], strict=True))
                by_year = {
                    row["school_year"]: row["status"]
                    for row in own
                    if (row["target"], row["measure"], row["grade"], row["background"]) == (target, test, grade, "all")
                }
                assert {year: cell.rpartition(": ")[2] for year, cell in cells.items()} == {
                    year: words[status] for year, status in by_year.items()
                }
        grades_shown = [label for label in shown if "uddannelse" not in label]
        assert grades_shown == [
            *(f"Nationale test, dansk læsning, {n}. klasse" for n in (4, 6, 8)),
            "Nationale test, matematik, 6. klasse",
        ]
        assert ("uddannelse: Grundskole" in " ".join(shown)) == (target == "2.1")
    assert {row["background"] for row in own if row["target"] == "2.1"} == {"all", "1", "2", "3", "4"}
    wellbeing = {row["mapping"]: (row["status"], row["reason"]) for row in own if row["target"] == "3.1"}
    assert wellbeing["2015"] == ("not_comparable", "no_mapping_before")
    assert {wellbeing[key][0] for key in ("2017", "2019")} <= {"met", "not_met"}
    for national, name in (
        ("1.1", "Mindst 85 %"),
        ("1.2", "Mindst 10 %"),
        ("2.1", "Højst 12 %"),
        ("3.1", "Børnene i dagtilbud trives"),
    ):
        assert f"Kommunens mål under {national}: {name}" in text
    assert "Kommunens øvrige mål" in text
    public = " ".join(found.page("municipality-479").text.split())
    assert "Kommunens mål under 3.1: Børnene i dagtilbud trives" in public
    assert " %: nået" not in public.replace("\u00a0", " "), "tests of a municipality are confidential"
    first = [row for row in own if row["target"] == "1.2" and row["school_year"] == "2014/15"]
    assert {(row["status"], row["reason"]) for row in first} == {("not_comparable", "no_year_before")}


def test_svendborgs_calendar_is_the_programmes_timeline(run: Run, capfd: pytest.CaptureFixture[str]) -> None:
    """Four phases with due dates, shown in `status`: what is done by extracts and release, and what people do."""
    found = run("svendborg")
    capfd.readouterr()
    landing = str(found.truth.parent)
    assert run_cli("status", "--programme", "svendborg", "--home", str(found.home), "--landing", landing) == 0
    lines = capfd.readouterr().out.split("timeline, as of ", 1)[1].splitlines()
    phases = [line.strip() for line in lines if re.match(r" \d\. ", line)]
    assert [phase.partition(" ")[0] for phase in phases] == ["1.", "2.", "3.", "4."]
    assert [phase.rpartition("(")[2].rstrip(")") for phase in phases[1:]] == ["2015", "2017", "2019"]
    steps = {line.split()[0]: line.split()[-1] for line in lines if re.match(r"  \d{4}-", line)}
    assert list(steps.items())[:5] == [
        ("2015-03-26", "passed"),
        ("2015-09-30", "done"),
        ("2016-02-29", "done"),
        ("2016-03-31", "passed"),
        ("2016-05-31", "passed"),
    ]
    assert len(steps) == 1 + 3 * 4
    assert {state for day, state in steps.items() if day.endswith(("-09-30", "-09-29", "-02-29", "-02-28"))} == {"done"}


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
        assert own.table("Inviterede og svar, Kortlægning 2016 (efter forløbet)").row("Skoleledere")[:6] == ["•"] * 6
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
    marts = pq.read_table(found.home / "current" / "marts" / "internal" / "result_targets.parquet").to_pylist()
    own = {(row["target"], row["unit_id"]) for row in marts if row["level"] == "municipality"}
    assert own == {("baggrund", "482"), ("dialog", "630"), ("faellesskab", "410")}, (
        "each municipality's own, and nobody else's"
    )
    for unit, sentence in (
        ("482", "Betydningen af social baggrund mindskes"),
        ("630", "Reflekterende dialog bliver en del af professionel kapital på alle niveauer"),
        ("410", "Fra teamsamarbejde til læringsfællesskab: mere åben praksis"),
    ):
        table = found.page(f"municipality-{unit}", "internal").table("Resultatmål, skoleår for skoleår")
        assert table.head == ["Målt ved", "2017/18", "2019/20"]
        assert table.rows[0] == [sentence]
        for label, before, after in table.rows[1:]:
            assert before == "•" or before.endswith("ikke sammenlignelig"), (label, before)
            assert after == "•" or after.endswith("nået"), (label, after)
    [gap] = [r for r in marts if (r["target"], r["level"], r["mapping"]) == ("baggrund", "municipality", "2020")]
    assert gap["status"] in ("met", "not_met", "suppressed")


def test_thisteds_pupils_within_the_school_year_beside_the_leadership(run: Run) -> None:
    """Document 004: progression within each school year, 42 schools, the leadership beside it, and nothing public of it."""
    found = run("thisted")
    page = found.page("municipality-787", "internal")
    grades = rows(page.table("Læsning: fremgang i skoleåret 2023/24"))
    assert list(grades)[:3] == ["Alle elever", "3. klasse", "4. klasse"]
    assert len(rows(page.table("Fremgang i skoleåret 2023/24 på hver skole, alle elever"))) == 42
    assert "Tallene viser ikke, at det ene er en følge af det andet." in page.text
    targets = rows(page.table("Resultatmål, skoleår for skoleår"))
    assert targets["Opfølgning på elevernes faglige progression (Lærere om ledelsen)"][-1].endswith(": nået")
    assert targets["Opfølgning på elevernes faglige progression (Lærere om ledelsen)"][0].endswith(
        ": ikke sammenlignelig"
    )
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
