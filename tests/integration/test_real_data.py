"""The real PISA rounds against the values of R's survey package (`expected.csv`), to a relative 1e-6."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import duckdb
import pytest

from tests.conftest import SMALL, Built

pytestmark = pytest.mark.real_data


@pytest.fixture(scope="module")
def real(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The real extracts, released."""
    built = Built(tmp_path_factory.mktemp("real") / "home", real_data)
    assert built.run() == 0
    return built


@pytest.mark.parametrize("audience", ["public", "internal"])
def test_every_figure_of_r(real: Built, real_data: Path, audience: str) -> None:
    marts, checked = real.current / "marts" / audience, 0
    for row in csv.DictReader((real_data / SMALL / "expected.csv").open(encoding="utf-8")):
        change, whole = row["kind"] == "change", row["unit"] == "ALL"
        if change:
            what = ("est", "se", "S", "df", "d", "p", "n")
            columns, mart = "delta, se, clusters, df, hedges_g, p, n_from + n_to", "progression"
            when = f"mapping_from = '{row['a']}' and mapping_to = '{row['b']}'"
        else:
            what = ("est", "se", "S", "n")
            columns, mart = "mean, se, clusters, n", "theme_scores"
            when = f"mapping = '{row['a']}' and form = 'trend'"
        unit = "level = 'programme'" if whole else f"level = 'municipality' and unit_id = '{row['unit']}'"
        [found] = duckdb.sql(
            f"select {columns} from read_parquet('{marts}/{mart}.parquet') "
            f"where respondent_group = 'parents' and breakdown = 'all' and {unit} and {when}"
        ).fetchall()
        n = float(row["n"])
        for name, got in zip(what, found, strict=True):
            expected = float(row[name]) * (1 - 3 / (4 * (n - 2) - 1) if name == "d" else 1)
            assert math.isclose(got, expected, rel_tol=1e-6), (row["kind"], row["unit"], row["a"], row["b"], name)
            checked += 1
    assert checked == 147


@pytest.mark.parametrize(
    ("mapping", "alpha", "omega"), [("2006", 0.8537, 0.8582), ("2009", 0.8663, 0.8721), ("2012", 0.8540, 0.8617)]
)
def test_reliability_of_parents(real: Built, mapping: str, alpha: float, omega: float) -> None:
    [found] = duckdb.sql(
        f"select alpha, omega from read_parquet('{real.current}/marts/public/reliability.parquet') "
        f"where mapping = '{mapping}' and respondent_group = 'parents'"
    ).fetchall()
    assert (round(found[0], 4), round(found[1], 4)) == (alpha, omega)


def test_denmark_to_2012_is_no_data(real: Built) -> None:
    rows = duckdb.sql(
        f"select status, delta from read_parquet('{real.current}/marts/public/progression.parquet') "
        "where unit_id = 'Denmark' and mapping_to = '2012' and respondent_group = 'parents' and breakdown = 'all'"
    ).fetchall()
    assert rows == [("no_data", None)] * 2


def test_the_base_is_that_of_all_four_countries(real: Built) -> None:
    with duckdb.connect(str(real.home / "warehouse.duckdb"), read_only=True) as con:
        [found] = con.execute(
            "select mu, sigma, n from base_parameters where respondent_group = 'parents' and form = 'trend'"
        ).fetchall()
    assert found[0] == pytest.approx(2.8823767256, abs=1e-10)
    assert found[1] == pytest.approx(0.4892908480, abs=1e-10)
    assert found[2] == 16223


def test_complete_answers_with_one_sum_have_one_published_score(real: Built, real_data: Path) -> None:
    """Our reading of the labels is the OECD's: the same sum of seven answers always bears the same PQSCHOOL."""
    with duckdb.connect(str(real.home / "warehouse.duckdb"), read_only=True) as con:
        for mapping in ("2006", "2009", "2012"):
            varying = con.execute(
                f"""
                with published as (
                    select row_number() over () + 1 as file_row, PQSCHOOL as score
                    from read_csv('{real_data}/{SMALL}/{mapping}/parents.csv', delim = ';', all_varchar = true)
                ),
                ours as (
                    select respondents.file_row, sum(answers.score) as total
                    from stg_answers as answers
                    join raw.respondents as respondents using (respondent_key)
                    where answers.mapping = '{mapping}' and answers.respondent_group = 'parents'
                    group by all
                    having count(*) = 7
                )
                select total from ours join published using (file_row)
                where score is not null group by total having count(distinct score) > 1
                """
            ).fetchall()
            assert varying == []
