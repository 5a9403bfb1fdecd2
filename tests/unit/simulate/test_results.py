"""Simulated results of tests: read back by the pipeline's own extraction, and as true as they say."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import duckdb
import numpy as np
import pytest

from pipelines.errors import ConfigurationError
from pipelines.extract import check_files, extract_group, look_at_landing, raw_folder
from pipelines.programme import Programme, load_programme
from pipelines.settings import load_settings
from pipelines.simulate import simulate
from pipelines.simulate.plan import ResultPlan
from pipelines.simulate.results import way_taken
from tests.unit.models.survey import write_programme

MORE = """\
  - respondent_group: pupils
    content: results
    path: nationale_test.csv
    dialect: {encoding: cp1252, delimiter: ";", date_format: "%d-%m-%Y"}
    columns: {respondent_id: elev, municipality_id: k, institution_id: i, grade: trin, test: test, school_year: aar, submitted_at: dato,
      step: niveau, percentile: percentil, simulated: sim}
    values:
      test: {"Læsning": laesning}
      step: {"1": insufficient, "2": deficient, "3": fair, "4": good, "5": very_good, "6": excellent}
  - respondent_group: pupils
    content: results
    path: proever.csv
    dialect: {delimiter: ";", decimal: ","}
    columns: {respondent_id: [i, test, aar], municipality_id: k, institution_id: i, test: test, school_year: aar, score: karakter,
      expected: reference, significant: sikker, pupils: elever, simulated: sim}
    values: {significant: {"Ja": "true", "Nej": "false"}}
"""
TESTS = """\
test,from_year,kind,subject,label_da,label_en,score_min,score_max
laesning,2014/15,national_test,dansk_laesning,Læsning,Reading,,
fp9,2014/15,exam,matematik,Prøve,Exam,-3,12
"""
PLAN = """\
sizes: {pupils: 4000}
results:
  nationale_test.csv:
    laesning: {grades: [4, 6], years: [-1, 0], by_school_year: {"2014/15": 0, "2015/16": 0.5}, school_sd: 0}
  proever.csv:
    fp9: {grades: [9], mean: 7, sd: 2.5, per_background: 0.5, decimals: 1}
"""


@pytest.fixture(scope="module")
def programme(tmp_path_factory: pytest.TempPathFactory) -> Programme:
    folder = tmp_path_factory.mktemp("p") / "lille"
    folder.mkdir()
    (folder / "tests.csv").write_text(TESTS, encoding="utf-8")
    (folder / "simulation.yaml").write_text(PLAN, encoding="utf-8")
    return write_programme(folder, more=MORE).limited_to(("2015",))


def test_results_are_read_as_they_were_drawn(programme: Programme, tmp_path: Path) -> None:
    landing = tmp_path / "landing"
    simulate(programme, landing, seed=4)
    settings = load_settings({}, home=tmp_path)
    again = tmp_path / "again"
    simulate(programme, again, seed=4)
    names = ("nationale_test.csv", "proever.csv")
    for name in names:
        assert (landing / "lille" / "2015" / name).read_bytes() == (again / "lille" / "2015" / name).read_bytes()
    findings = check_files(programme, [landing / "lille" / "2015" / name for name in names], settings)
    assert [str(finding) for finding in findings if finding.action != "note"] == []
    found = look_at_landing(programme, landing, "2015")
    extract_group(programme, settings, found, "pupils")
    raw = raw_folder(settings, programme, found, "pupils")
    source = f"read_parquet('{raw}/results/*.parquet')"
    shares = dict(
        duckdb.sql(
            f"select school_year, avg(cast(step >= 4 as double)) from {source} where test = 'laesning' group by school_year"
        ).fetchall()
    )
    # 70 % are good in the middle; half a standard deviation higher are Φ(0.524 + 0.5) = 85 %.
    assert shares["2014/15"] == pytest.approx(0.70, abs=0.05)
    assert shares["2015/16"] == pytest.approx(0.847, abs=0.04)
    [(grades, percentile)] = duckdb.sql(
        f"select list(distinct grade order by grade), min(percentile) >= 1 and max(percentile) <= 100 from {source} "
        "where test = 'laesning'"
    ).fetchall()
    assert (grades, percentile) == ([4, 6], True)
    figures = duckdb.sql(
        f"select institution_id, score, expected, is_significant, pupils, is_figure from {source} where test = 'fp9'"
    ).fetchall()
    assert len(figures) == len({row[0] for row in figures}) == len(programme.institutions)
    assert all(row[4] > 0 and row[5] for row in figures)
    assert {row[3] for row in figures} <= {True, False}
    assert sum(row[1] for row in figures) / len(figures) == pytest.approx(7, abs=0.6)


@pytest.mark.parametrize(("measurements", "taken"), [(2, 0.9), (3, 0.95), (4, 0.6)])
def test_share_of_the_way_is_that_of_every_pattern_of_measurements(measurements: int, taken: float) -> None:
    weights, ways = [], []
    for pattern in product((0, 1), repeat=measurements):
        places = [place for place, took in enumerate(pattern) if took]
        if len(places) > 1:
            weights.append(np.prod([taken if took else 1 - taken for took in pattern]))
            ways.append((places[-1] - places[0]) / (measurements - 1))
    plan = ResultPlan(grades=(4,), measurements=measurements, taken=taken)
    assert way_taken(plan) == pytest.approx(np.average(ways, weights=weights))


def test_what_a_municipality_adds_is_above_the_reference(programme: Programme, tmp_path: Path) -> None:
    """Half a standard deviation of 2.5 grades, of which no reference knows."""
    lifted = PLAN.replace("fp9: {", 'fp9: {by_municipality: {"101": 0.5}, ')
    (programme.folder / "simulation.yaml").write_text(lifted, encoding="utf-8")
    simulate(load_programme(programme.folder).limited_to(("2015",)), tmp_path, seed=4)
    (programme.folder / "simulation.yaml").write_text(PLAN, encoding="utf-8")
    found = dict(
        duckdb.sql(
            "select k, avg(cast(replace(karakter, ',', '.') as double) - cast(replace(reference, ',', '.') as double)) "
            f"from read_csv('{tmp_path}/lille/2015/proever.csv', delim=';', all_varchar=true) group by k"
        ).fetchall()
    )
    assert found["101"] - found["102"] > 0.6


def test_plan_names_paths_and_tests_of_the_programme(programme: Programme, tmp_path: Path) -> None:
    for old, new, message in (
        ("proever.csv", "proeve.csv", "results: 'proeve.csv' is no path of an extract with `content: results`"),
        ("fp9", "fp10", "results.proever.csv: test 'fp10' is not in tests.csv"),
        ("  proever.csv:\n    fp9", "  nationale_test.csv:\n    laesning", "says nothing of 'proever.csv'"),
    ):
        (programme.folder / "simulation.yaml").write_text(PLAN.replace(old, new), encoding="utf-8")
        with pytest.raises(ConfigurationError) as caught:
            simulate(load_programme(programme.folder).limited_to(("2015",)), tmp_path / "out")
        assert message in str(caught.value)
    (programme.folder / "simulation.yaml").write_text(PLAN, encoding="utf-8")
