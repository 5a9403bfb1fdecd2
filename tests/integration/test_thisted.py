"""Thisted, whole: pupils measured within each school year, the leadership beside them, and what the public never sees."""

from __future__ import annotations

import csv
import html
import re
import stat
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from pipelines.assets.trace import trace
from pipelines.reporting.numbers import MINUS
from tests.conftest import Built, run_cli

SCALE = "0.03"
TEST_MARTS = ("school_year_progression", "academic_results")


@pytest.fixture(scope="module")
def thisted(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """A school year of the smallest Thisted there is; `make programmes` has the whole one. Read only."""
    folder = tmp_path_factory.mktemp("thisted")
    built = Built(folder / "home", folder / "landing")
    assert run_cli("simulate", "--programme", "thisted", "--out", str(built.landing), "--scale", SCALE) == 0
    assert built.run("--mapping", "2021", programme="thisted") == 0
    return built


def rows(built: Built, audience: str, mart: str, where: str = "true") -> list[tuple[object, ...]]:
    path = built.current / "marts" / audience / f"{mart}.parquet"
    return duckdb.sql(f"select * from read_parquet('{path}') where {where}").fetchall()


def page(built: Built, audience: str, name: str) -> str:
    text = (built.current / "reports" / audience / "da" / f"{name}.html").read_text(encoding="utf-8")
    return html.unescape(re.sub(r"<svg.*?</svg>|<[^>]+>", " ", text, flags=re.S))


def test_public_has_no_test_result_in_any_mart_or_page(thisted: Built) -> None:
    """One municipality is the whole programme: its total would be the municipality's, so not even that is public."""
    for mart in TEST_MARTS:
        assert rows(thisted, "public", mart, "suppressed is null") == []
    assert rows(thisted, "internal", "school_year_progression", "suppressed is null and level = 'institution'")
    reasons = {
        r["suppressed"]
        for r in pq.read_table(thisted.current / "marts/public/school_year_progression.parquet").to_pylist()
    }
    assert reasons == {"confidential", "secondary"}
    for name in ("municipality-787", "programme"):
        text = page(thisted, "public", name)
        assert "Testresultater er fortrolige og vises kun i den interne udgave." in text
        assert "Sikker fremgang" not in text
    assert "Sikker fremgang" in page(thisted, "internal", "municipality-787")


def test_gains_lie_where_the_truth_is(thisted: Built) -> None:
    path = thisted.current / "marts" / "internal" / "school_year_progression.parquet"
    with (thisted.landing / "truth" / "gains.csv").open(encoding="utf-8") as stream:
        truth = {
            (r["school_year"], r["test"]): (float(r["true_gain"]), float(r["true_sem"]))
            for r in csv.DictReader(stream)
            if r["level"] == "municipality"
        }
    found = duckdb.sql(
        f"select school_year, test, gain, se, df from read_parquet('{path}') where level = 'municipality' and breakdown = 'all'"
    ).fetchall()
    assert {tuple(row[:2]) for row in found} == {key for key in truth if key[0] == "2021/22"}
    for year, test, gain, se, df in found:
        assert df == 4  # five schools
        assert abs(gain - truth[year, test][0]) < 4 * se
    sems = duckdb.sql(
        f"select test, avg(sem) from read_parquet('{path}') where level = 'programme' and breakdown = 'grade' group by test"
    ).fetchall()
    for test, sem in sems:
        assert sem == pytest.approx(truth["2021/22", test][1], rel=0.15)


def test_page_shows_the_marts_figures(thisted: Built) -> None:
    text = " ".join(page(thisted, "internal", "municipality-787").split())
    [(gain, low, high)] = duckdb.sql(
        f"select gain, ci_low, ci_high from '{thisted.current}/marts/internal/school_year_progression.parquet' "
        "where level = 'municipality' and test = 'laesning' and breakdown = 'all' and school_year = '2021/22'"
    ).fetchall()

    def written(value: float) -> str:
        return f"{'+' if value > 0 else MINUS}{abs(value):.1f}".replace(".", ",")

    assert f"{written(gain)} {written(low)} til {written(high)}" in text
    assert "Tallene viser ikke, at det ene er en følge af det andet." in text


def pupil(built: Built) -> tuple[str, set[str]]:
    """Number and scores of a pupil who was measured three times in one school year."""
    own: dict[str, list[str]] = {}
    with (built.landing / "thisted" / "2021" / "maalinger.csv").open(encoding="utf-8", newline="") as stream:
        for line in csv.DictReader(stream, delimiter=";"):
            own.setdefault(line["elevnr"], []).append(line["point"])
    number = max(own, key=lambda one: len(own[one]))
    return number, set(own[number])


def test_pupils_sheet_shows_the_pupils_own_numbers_and_no_other(thisted: Built, tmp_path: Path) -> None:
    number, scores = pupil(thisted)
    out = tmp_path / "ark"
    assert run_cli("pupil", number, "--programme", "thisted", "--home", str(thisted.home), "--out", str(out)) == 0
    assert stat.S_IMODE(out.stat().st_mode) == 0o700
    assert stat.S_IMODE((out / "da.html").stat().st_mode) == 0o600
    text = (out / "da.html").read_text(encoding="utf-8")
    assert "Simulerede data" in text
    assert number not in text
    lines = [re.findall(r"\d+,\d", html.unescape(line)) for line in re.findall(r"<tr>.*?</tr>", text, flags=re.S)]
    shown = [numbers for numbers in lines if numbers]
    assert {numbers[0] for numbers in shown} == scores
    for score, low, high in shown:
        middle = (float(low.replace(",", ".")) + float(high.replace(",", "."))) / 2
        assert middle == pytest.approx(float(score.replace(",", ".")), abs=0.11)
    assert not [path for path in thisted.current.rglob("*") if "pupil" in path.name]


@pytest.mark.parametrize("number", ["99999999", ""])
def test_unknown_pupil_is_told_without_the_number(
    thisted: Built, tmp_path: Path, capsys: pytest.CaptureFixture[str], number: str
) -> None:
    options = ("--programme", "thisted", "--home", str(thisted.home), "--out", str(tmp_path / "ark"))
    assert run_cli("pupil", number, *options) == 2
    told = capsys.readouterr().err
    assert "no measurements of such a pupil in the current release" in told
    assert "99999999" not in told
    assert not (tmp_path / "ark").exists()


def test_sheet_is_never_written_into_a_release(thisted: Built, capsys: pytest.CaptureFixture[str]) -> None:
    out = thisted.home / "current" / "reports"
    assert run_cli("pupil", "1", "--programme", "thisted", "--home", str(thisted.home), "--out", str(out)) == 2
    assert "lies in a release" in capsys.readouterr().err


def test_results_lead_back_to_their_rows(thisted: Built) -> None:
    found = trace(
        thisted.home,
        "school_year_progression:school_year=2021/22,level=municipality,test=laesning,breakdown=all",
        "internal",
    )
    assert found.note == ""
    assert {file.file for file in found.files} == {"maalinger.csv"}
    n = int(found.figure["n"])
    [(_, traced)] = found.counted.values()
    assert 2 * n <= traced <= 3 * n
    filed = trace(thisted.home, "extract_reconciliation:mapping=2021,content=results", "internal")
    assert filed.agrees
    assert filed.figure["difference"] == 0
    assert filed.figure["rows_scored"] == filed.figure["rows_read"]
