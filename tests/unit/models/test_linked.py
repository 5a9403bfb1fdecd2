"""Respondents who are linked over rounds: they are the clusters of a change, and who stayed, left and joined is told (method.md 5)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from tests.compiled import measured
from tests.unit.models.small import compare_turnover, linked_survey
from tests.unit.models.survey import answer_all, numbered, people, write_programme

TEACHERS = "respondent_group = 'teachers' and level = 'programme' and mapping_from = '2015' and mapping_to = '2017'"


@pytest.fixture(scope="module")
def linked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[duckdb.DuckDBPyConnection, pd.DataFrame]]:
    """Teachers of two schools; in 2017 one in four has left and others have come."""
    programme = write_programme(tmp_path_factory.mktemp("linked") / "lille", more="ids: {respondents_linked: true}\n")
    everyone = people("teachers", ("2015", "2017"), per_school=12, schools=["101001", "102"])
    number = everyone["respondent_id"].str.rpartition("-")[2].astype(int)
    gone = everyone["mapping"].eq("2017") & number.isin([0, 1, 2])
    not_yet = everyone["mapping"].eq("2015") & number.isin([10, 11])
    everyone = numbered(everyone[~gone & ~not_yet])
    answers = answer_all(programme, everyone, seed=3)
    with measured(programme, everyone, answers) as con:
        scores = answers.merge(everyone[["respondent_key", "respondent_id"]], on="respondent_key")
        x = scores["code"].astype(int).where(scores["variable"].ne("v_q4"), 6 - scores["code"].astype(int))
        wide = x.groupby([scores["respondent_id"], scores["mapping"]]).mean().unstack()
        yield con, wide


def test_a_change_is_a_paired_comparison(linked: tuple[duckdb.DuckDBPyConnection, pd.DataFrame]) -> None:
    con, wide = linked
    [(delta, se, clusters, df, sigma)] = con.execute(
        f"select delta, se, clusters, df, (select sigma from base_parameters where form = 'trend' and respondent_group = 'teachers') "
        f"from progression where {TEACHERS} and breakdown = 'all'"
    ).fetchall()
    assert (clusters, df) == (len(wide), len(wide) - 1)
    assert delta == pytest.approx(100 / sigma * (wide["2017"].mean() - wide["2015"].mean()))
    u = (wide["2017"] - wide["2017"].mean()).fillna(0) / wide["2017"].count()
    u -= (wide["2015"] - wide["2015"].mean()).fillna(0) / wide["2015"].count()
    s = len(wide)
    assert se == pytest.approx(100 / sigma * np.sqrt(s / (s - 1) * (u**2).sum()))


def test_stayers_joiners_and_leavers_make_the_change(linked: tuple[duckdb.DuckDBPyConnection, pd.DataFrame]) -> None:
    con, wide = linked
    [row] = con.execute(
        f"select n_stayers, n_leavers, n_joiners, delta, delta_stayers, joiners, leavers from turnover where {TEACHERS}"
    ).fetchall()
    stay = wide.dropna()
    assert row[:3] == (len(stay), int(wide["2017"].isna().sum()), int(wide["2015"].isna().sum())) == (14, 6, 4)
    assert row[3] == pytest.approx(sum(row[4:]))
    [(sigma,)] = con.execute(
        "select sigma from base_parameters where form = 'trend' and respondent_group = 'teachers'"
    ).fetchall()
    assert row[4] == pytest.approx(100 / sigma * (stay["2017"] - stay["2015"]).mean())
    came = wide.loc[wide["2015"].isna(), "2017"]
    share = len(came) / wide["2017"].count()
    assert row[5] == pytest.approx(100 / sigma * share * (came.mean() - stay["2017"].mean()))
    assert con.execute(
        "select count(*) from turnover where abs(delta - delta_stayers - joiners - leavers) > 1e-9"
    ).fetchall() == [(0,)]


def test_turnover_is_the_second_implementations(tmp_path: Path) -> None:
    programme, everyone, answers, oracle = linked_survey(tmp_path)
    with measured(programme, everyone, answers) as con:
        compare_turnover(con, oracle)
    assert oracle["n_stayers"].gt(0).all()


def test_nobody_is_linked_where_the_programme_does_not_say_so(tmp_path: Path) -> None:
    programme = write_programme(tmp_path / "lille")
    everyone = numbered(people("teachers", ("2015", "2017"), per_school=2))
    with measured(programme, everyone, answer_all(programme, everyone), until=("turnover",)) as con:
        assert con.execute("select count(*) from turnover").fetchall() == [(0,)]
