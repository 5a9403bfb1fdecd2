"""Academic results through the project's own SQL, against figures computed here another way (method.md 8)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from scipy import stats

from pipelines.disclosure import attacked, disclose
from pipelines.marts import AUDIENCES, MARTS, Mart
from pipelines.programme import Programme
from tests.compiled import measured
from tests.unit.models.survey import SCHOOLS, answer_all, numbered, people, write_programme

TESTS = """\
test,from_year,kind,subject,label_da,label_en,score_min,score_max,reliability,reason_da,reason_en
nt,2014/15,national_test,dansk_laesning,Læsning,Reading,,,,,
nt,2017/18,national_test,dansk_laesning,Læsning,Reading,,,,Ny test,New test
fp9,2014/15,exam,matematik,Prøve,Exam,-3,12,,,
maaling,2014/15,measurement,matematik,Måling,Measurement,0,100,0.84,,
"""
TARGETS = """\
target,label_da,label_en,municipality_id,indicator,test,theme,direction,goal,school_year
K1,Halvdelen er gode,Half are good,101,share_good,nt,,at_least,0.5,2016/17
K2,Løfteevne,Added value,,added_value,,,at_least,0,
"""
MORE = """\
  - {respondent_group: pupils, content: results, path: r.csv, optional: true, columns: {respondent_id: id, municipality_id: k,
     institution_id: i, test: t, school_year: y, score: s}}
national_targets: {wellbeing: trivsel}
"""
ALL = {school: municipality for municipality, schools in SCHOOLS.items() for school in schools}


def results() -> pd.DataFrame:
    """National tests over four years and a break, exams of schools, and measurements within a year; some pupils move."""
    random = np.random.default_rng(8)
    rows: list[dict[str, Any]] = []
    base = {"mapping": "2019", "respondent_group": "pupils", "measurement": 1, "is_figure": False, "is_simulated": True}
    for number, (school, municipality) in enumerate(ALL.items()):
        place = base | {"municipality_id": municipality, "institution_id": school}
        for year, shift in (("2014/15", 0.0), ("2015/16", 0.4), ("2016/17", 0.2), ("2017/18", 2.0)):
            for pupil in range(12 + number):
                step = int(np.clip(round(random.normal(3.6 + shift, 1.2)), 1, 6))
                rows.append(
                    place
                    | {
                        "respondent_id": f"n{school}{year}{pupil}",
                        "test": "nt",
                        "school_year": year,
                        "grade": 4,
                        "step": step,
                        "percentile": float(random.integers(1, 101)),
                        "background": str(1 + pupil % 3),
                    }
                )
        exam = {"respondent_id": f"e{school}", "test": "fp9", "school_year": "2015/16", "grade": 9, "is_figure": True}
        figures = {"score": 6.5 + number / 10, "expected": 6.9, "is_significant": number == 7, "pupils": 20.0 + number}
        rows.append(place | exam | figures)
        for grade in (4, 5):
            for pupil in range(10 + 3 * number):
                first = float(np.clip(random.normal(40 + grade, 9), 0, 100))
                class_id = f"{grade}.{'AB'[pupil % 2]}"
                for measurement, gain in ((1, 0.0), (2, random.normal(3, 4)), (3, random.normal(6 + number / 4, 5))):
                    moved = pupil == 0 and number == 0 and measurement == 3
                    rows.append(
                        place
                        | {
                            "respondent_id": f"m{school}{grade}{pupil}",
                            "institution_id": "101002" if moved else school,
                            "test": "maaling",
                            "school_year": "2018/19",
                            "grade": grade,
                            "class_id": class_id,
                            "measurement": measurement,
                            "score": first + gain,
                        }
                    )
    frame = pd.DataFrame(rows)
    # An earlier delivery of some of the same results, with other figures: the later one holds.
    earlier = frame[frame["test"].eq("nt") & frame["school_year"].eq("2014/15")].assign(mapping="2015", step=1)
    frame = pd.concat([earlier, frame], ignore_index=True)
    return frame.assign(respondent_key=range(1, len(frame) + 1), file_id="f", file_row=range(2, len(frame) + 2))


@pytest.fixture(scope="module")
def programme(tmp_path_factory: pytest.TempPathFactory) -> Programme:
    folder = tmp_path_factory.mktemp("results") / "lille"
    folder.mkdir()
    (folder / "tests.csv").write_text(TESTS, encoding="utf-8")
    (folder / "targets.csv").write_text(TARGETS, encoding="utf-8")
    return write_programme(folder, more=MORE)


@pytest.fixture(scope="module")
def con(programme: Programme) -> Iterator[duckdb.DuckDBPyConnection]:
    everyone = numbered(people("pupils", per_school=12))
    with measured(programme, everyone, answer_all(programme, everyone, seed=3), results=results()) as built:
        yield built


def table(con: duckdb.DuckDBPyConnection, query: str) -> list[tuple[Any, ...]]:
    return con.sql(query).fetchall()


def test_gains_are_those_of_the_pupils(con: duckdb.DuckDBPyConnection) -> None:
    """Mean gain, its interval over schools as R's svymean has it, and the reliable change index, from the pupils."""
    frame = results()
    frame = frame[frame["test"].eq("maaling")].sort_values(["respondent_id", "measurement"])
    pupils = frame.groupby("respondent_id").agg(
        first=("score", "first"), last=("score", "last"), grade=("grade", "first"), m=("municipality_id", "first"),
        schools=("institution_id", "nunique"), school=("institution_id", "last"),
    )  # fmt: skip
    pupils["gain"] = pupils["last"] - pupils["first"]
    sd = pupils.groupby("grade")["first"].transform("std")
    pupils["rci"] = pupils["gain"] / (np.sqrt(2) * sd * np.sqrt(1 - 0.84))
    assert (pupils["schools"] > 1).sum() > 1, "who moved is of the school of the last measurement"
    own = pupils[pupils["m"].eq("101") & pupils["grade"].eq(4)]
    sums = (own["gain"] - own["gain"].mean()).groupby(own["school"]).sum() / len(own)
    clusters = len(sums)
    se = float(np.sqrt(clusters / (clusters - 1) * (sums**2).sum()))
    half = stats.t.ppf(0.975, clusters - 1) * se
    [found] = table(
        con,
        "select n, clusters, gain, se, ci_low, ci_high, sem, share_reliable_gain, share_reliable_fall, reason "
        "from school_year_progression where level = 'municipality' and unit_id = '101' and breakdown = 'grade' "
        "and breakdown_value = '4'",
    )
    mean = own["gain"].mean()
    expected = [len(own), clusters, mean, se, mean - half, mean + half, sd[own.index].iloc[0] * 0.4]
    expected += [(own["rci"] > 1.96).mean(), (own["rci"] < -1.96).mean()]
    assert found[:9] == pytest.approx(expected, rel=1e-9)
    assert found[9] is None


@pytest.mark.parametrize(
    "mart", [m for m in MARTS if m.name in ("academic_results", "school_year_progression", "result_targets")]
)
def test_no_figure_is_nan_or_infinite_and_every_row_has_its_key(con: duckdb.DuckDBPyConnection, mart: Mart) -> None:
    found = con.sql(f"select * from {mart.name}").to_arrow_table()
    assert found.num_rows
    for field in found.schema:
        if str(field.type) == "double":
            values = [value for value in found.column(field.name).to_pylist() if value is not None]
            assert np.isfinite(np.array(values, dtype=float)).all(), field.name
    keys = found.select(list(mart.key)).to_pandas()
    assert not keys.isna().any(axis=None)
    assert not keys.duplicated().any()


def test_who_moved_counts_above_the_schools_only(con: duckdb.DuckDBPyConnection) -> None:
    by_level = dict(
        table(con, "select level, sum(n) from school_year_progression where breakdown = 'all' group by level")
    )
    assert by_level["programme"] == by_level["municipality"] == by_level["institution"] + 2


def test_a_schools_own_gain_stands_on_its_pupils_and_classes_are_told_only_together(
    con: duckdb.DuckDBPyConnection,
) -> None:
    [(n, clusters, se, sd)] = table(
        con,
        "select n, clusters, se, sd from school_year_progression where unit_id = '102003' and breakdown = 'all'",
    )
    assert n == clusters
    assert se == pytest.approx(sd / np.sqrt(n), rel=1e-9)
    shown = table(
        con,
        "select distinct breakdown_value from school_year_progression where unit_id = '101002' and breakdown = 'class'",
    )
    assert sorted(value for (value,) in shown) == ["4/4.A", "4/4.B", "5/5.A", "5/5.B"]
    # With the pupil who moved in grade 4 of 101001 gone, nine are left: five and four.
    assert not table(con, "select 1 from school_year_progression where unit_id = '101001' and breakdown = 'class'")


def test_shares_by_step_count_each_pupil_once(con: duckdb.DuckDBPyConnection) -> None:
    frame = results()
    own = frame[
        frame["test"].eq("nt") & frame["school_year"].eq("2014/15") & frame["municipality_id"].eq("102")
    ].drop_duplicates("respondent_id", keep="last")
    [found] = table(
        con,
        "select n, share_good, share_best, share_poor, mean_percentile from academic_results where level = 'municipality' "
        "and unit_id = '102' and school_year = '2014/15' and background = 'all' and test = 'nt'",
    )
    steps = own["step"]
    expected = [len(own), (steps >= 4).mean(), (steps == 6).mean(), (steps <= 2).mean(), own["percentile"].mean()]
    assert found == pytest.approx(expected)


def test_added_value_is_actual_minus_expected_weighted_by_pupils(con: duckdb.DuckDBPyConnection) -> None:
    exams = results()[lambda f: f["test"].eq("fp9")]
    expected = ((exams["score"] - exams["expected"]) * exams["pupils"]).sum() / exams["pupils"].sum()
    [(n, added, significant)] = table(
        con, "select n, added_value, is_significant from academic_results where test = 'fp9' and level = 'programme'"
    )
    assert (n, added, significant) == (int(exams["pupils"].sum()), pytest.approx(expected), None)
    by_school = dict(
        table(con, "select unit_id, is_significant from academic_results where test = 'fp9' and level = 'institution'")
    )
    assert by_school["102003"] is True
    assert by_school["101001"] is False


def test_targets_are_met_not_met_or_not_comparable_with_the_reason(con: duckdb.DuckDBPyConnection) -> None:
    found = {
        tuple(row[:2]): row[2:]
        for row in table(
            con,
            "select target, school_year, status, reason, value, value_before from result_targets "
            "where level = 'programme' and background = 'all' and measure = 'nt'",
        )
    }
    shares = dict(
        table(
            con,
            "select school_year, share_best from academic_results where level = 'programme' and background = 'all' "
            "and test = 'nt'",
        )
    )
    assert found["1.2", "2014/15"][:2] == ("not_comparable", "no_year_before")
    assert found["1.2", "2017/18"][:2] == ("not_comparable", "series_break")
    rises = shares["2015/16"] > shares["2014/15"]
    assert found["1.2", "2015/16"] == (
        "met" if rises else "not_met",
        None,
        shares["2015/16"],
        shares["2014/15"],
    )
    assert found["1.1", "2017/18"][:2] in (("met", None), ("not_met", None))
    assert found["1.1", "2014/15"][0] == "not_met"


def test_national_targets_are_four_and_poor_results_are_followed_by_background(con: duckdb.DuckDBPyConnection) -> None:
    rows = table(con, "select target, list(distinct background order by background) from result_targets where is_national group by target order by target")  # fmt: skip
    assert rows == [("1.1", ["all"]), ("1.2", ["all"]), ("2.1", ["1", "2", "3", "all"]), ("3.1", ["all"])]
    wellbeing = table(
        con,
        "select distinct school_year, mapping, mapping_from, measure from result_targets where target = '3.1' order by 1",
    )
    assert wellbeing == [
        ("2015/16", "2015", None, "trivsel"),
        ("2017/18", "2017", "2015", "trivsel"),
        ("2019/20", "2019", "2017", "trivsel"),
    ]


def test_a_municipalitys_target_is_for_its_schools_and_its_year(con: duckdb.DuckDBPyConnection) -> None:
    units = table(con, "select distinct level, unit_id, school_year from result_targets where target = 'K1' order by 1, 2")  # fmt: skip
    schools = [("institution", school, "2016/17") for school in SCHOOLS["101"]]
    assert units == [*schools, ("municipality", "101", "2016/17")]
    [(value, status)] = table(
        con,
        "select value, status from result_targets where target = 'K2' and measure = 'fp9' "
        "and level = 'municipality' and unit_id = '102'",
    )
    assert status == ("met" if value >= 0 else "not_met")


def test_public_marts_hold_the_whole_programme_only_and_the_attack_fails(
    con: duckdb.DuckDBPyConnection, programme: Programme, tmp_path: Path
) -> None:
    disclosed = disclose(con, programme.definition, tmp_path, simulated=True)
    levels: dict[str, set[tuple[str, str | None]]] = {}
    for mart in ("academic_results", "school_year_progression"):
        found = pq.read_table(tmp_path / "public" / f"{mart}.parquet").to_pylist()
        levels[mart] = {(row["level"], row["suppressed"]) for row in found}
        for row in found:
            if row["level"] != "programme":
                kept = {
                    "programme",
                    "school_year",
                    "level",
                    "unit_id",
                    "respondent_group",
                    "test",
                    "grade",
                    "background",
                }
                kept |= {"breakdown", "breakdown_value", "kind", "subject", "series", "suppressed", "reason"}
                assert {name for name, value in row.items() if value is not None} <= kept
    assert levels["academic_results"] == {
        ("programme", None),
        ("municipality", "confidential"),
        ("institution", "confidential"),
    }
    assert ("programme", None) in levels["school_year_progression"]
    targets = pq.read_table(tmp_path / "public" / "result_targets.parquet").to_pylist()
    below = [row for row in targets if row["level"] != "programme"]
    assert {row["status"] for row in below if not row["mapping"]} == {"suppressed"}
    assert {row["status"] for row in below if row["mapping"]} > {"suppressed"}
    internal = pq.read_table(tmp_path / "internal" / "academic_results.parquet").to_pylist()
    assert any(row["suppressed"] is None and row["level"] == "institution" for row in internal)
    for audience in AUDIENCES:
        assert {name: len(keys) for name, keys in attacked(disclosed, tmp_path, audience).items()} == dict.fromkeys(
            ("determined", "narrow", "near", "shown"), 0
        )


def test_a_class_is_hidden_with_its_grade(con: duckdb.DuckDBPyConnection, programme: Programme, tmp_path: Path) -> None:
    disclose(con, programme.definition, tmp_path, simulated=True)
    rows = pq.read_table(tmp_path / "internal" / "school_year_progression.parquet").to_pylist()
    hidden = {
        (row["school_year"], row["unit_id"], row["test"], row["breakdown_value"])
        for row in rows
        if row["breakdown"] == "grade" and row["suppressed"] is not None
    }
    for row in rows:
        grade = row["breakdown_value"].partition("/")[0]
        if row["breakdown"] == "class" and (row["school_year"], row["unit_id"], row["test"], grade) in hidden:
            assert row["suppressed"] is not None
