"""Surveys as nobody wishes for them: every unit and theme has its row with a defined status, and no figure is NaN or infinite.

One programme has all of it at once, through the project's own SQL: a theme with one item, a school with one respondent, a theme that
everybody answers alike in all rounds or after the base, one that a single person answers in the base, a group that is missing in the
base round, one that is there in one round only, a theme first asked later, an item that is never asked and a theme that is asked and
never answered.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from pipelines.inference.levels import level_intervals
from pipelines.inference.progression import FAMILY, change_statements
from pipelines.marts import MARTS
from pipelines.programme.definition import Thresholds
from tests.compiled import measured
from tests.unit.models.survey import ITEMS, MAPPINGS, SCHOOLS, answer_all, numbered, people, write_programme

AWKWARD = ITEMS | {
    ("pupils", "single"): [("s1", 1)],
    ("pupils", "flat"): [("f1", 1), ("f2", 1), ("f3", 1)],
    ("pupils", "unanswered"): [("u1", 1), ("u2", 1), ("u3", 1)],
    ("pupils", "lonely"): [("l1", 1), ("l2", 1), ("l3", 1)],
    ("pupils", "settled"): [("s4", 1), ("s5", 1), ("s6", 1)],
    ("pupils", "later"): [("n1", 1), ("n2", 1), ("n3", 1)],
    ("pupils", "with_ghost"): [("g1", 1), ("g2", 1), ("g3", 1), ("ghost", 1)],
    ("parents", "trivsel"): [("q1", 1), ("q2", 1), ("q3", 1)],
}
UNITS = 1 + len(SCHOOLS) + sum(len(schools) for schools in SCHOOLS.values())
INITIATIVES = "x,X,X,trivsel,101,101001,2015,2017\ny,Y,Y,single,101,,2017,2019\ny,Y,Y,unanswered,101,,2017,2019\n"


@pytest.fixture(scope="module")
def awkward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    folder = tmp_path_factory.mktemp("awkward")
    asked = {("pupils", item): ("2017", "2019") for item in ("n1", "n2", "n3")} | {("pupils", "ghost"): ()}
    programme = write_programme(folder / "lille", AWKWARD, asked, initiatives=INITIATIVES)
    pupils = people()
    pupils = pupils[pupils["institution_id"].ne("102003") | pupils["respondent_id"].str.endswith("-0")]
    everyone = numbered(pupils, people("teachers", ("2017", "2019")), people("parents", ("2017",)))
    answers = answer_all(programme, everyone)
    answers = answers[~answers["variable"].str.startswith("v_u")]
    answers.loc[answers["variable"].str.startswith("v_f"), "code"] = "3"
    is_base = answers["mapping"].eq("2015")
    answers.loc[answers["variable"].isin(["v_s4", "v_s5", "v_s6"]) & ~is_base, "code"] = "3"
    answers = answers[~(answers["variable"].str.startswith("v_l") & is_base & answers["respondent_key"].ne(1))]
    # In the last round a single person of each school answers the theme of one item: nobody differs within a school.
    first = everyone.drop_duplicates(["mapping", "respondent_group", "institution_id"])["respondent_key"]
    is_last = answers["variable"].eq("v_s1") & answers["mapping"].eq("2019")
    answers = answers[~is_last | answers["respondent_key"].isin(first)]
    with measured(programme, everyone, answers) as con:
        yield con


WITHOUT_TESTS = ("academic_results", "school_year_progression", "result_targets")


def rows(con: duckdb.DuckDBPyConnection, query: str) -> list[tuple[object, ...]]:
    return con.execute(query).fetchall()


@pytest.mark.parametrize("mart", [mart.name for mart in MARTS])
def test_no_figure_is_nan_or_infinite_and_no_key_is_missing(awkward: duckdb.DuckDBPyConnection, mart: str) -> None:
    table = awkward.sql(f"select * from {mart}").to_arrow_table()
    # Nobody is linked here, and there are no files, tests and targets (`test_results` looks at those).
    assert len(table) or mart in ("extract_reconciliation", "turnover", *WITHOUT_TESTS)
    for field in table.schema:
        if str(field.type) == "double":
            values = np.array([x for x in table.column(field.name).to_pylist() if x is not None], dtype=float)
            assert np.isfinite(values).all(), field.name
    key = next(m for m in MARTS if m.name == mart).key
    assert not any(table.column(name).null_count for name in key)
    assert pd.DataFrame(table.select(list(key)).to_pydict()).duplicated().sum() == 0


def test_every_unit_theme_and_pair_has_its_row(awkward: duckdb.DuckDBPyConnection) -> None:
    themes = len(AWKWARD)
    [(n,)] = rows(awkward, "select count(*) from progression where breakdown = 'all' and status is not null")
    assert n == 3 * UNITS * themes
    [(n,)] = rows(awkward, "select count(*) from sustained")
    assert n == UNITS * themes
    [(n,)] = rows(awkward, "select count(*) from reliability")
    # One theme was not asked in the first round.
    assert n == themes * len(MAPPINGS) - 1
    [(n,)] = rows(awkward, "select count(*) from social_gap where gap is null and reason is null")
    assert n == 0


def test_why_there_is_no_statement_is_always_one_of_the_reasons(awkward: duckdb.DuckDBPyConnection) -> None:
    """All that the answers can lead to; what only the size of a change decides is looked at in `test_progression`."""
    found = set(rows(awkward, "select distinct status, reason from progression where reason is not null"))
    sized = {("inconclusive", reason) for reason in ("imprecise", "not_significant", "below_trivial")}
    assert found - sized == {
        ("no_data", "missing_from"),
        ("no_data", "missing_to"),
        ("no_data", "missing_both"),
        ("not_comparable", "not_asked_in_both"),
        ("not_comparable", "too_few_common_items"),
        ("not_comparable", "no_scale"),
        ("inconclusive", "few_clusters"),
        ("inconclusive", "no_interval"),
        ("inconclusive", "no_spread"),
    }


def statuses(con: duckdb.DuckDBPyConnection, where: str) -> set[tuple[object, ...]]:
    return set(rows(con, f"select status, reason from progression where breakdown = 'all' and {where}"))


def test_a_theme_with_one_item_has_levels_and_no_trend(awkward: duckdb.DuckDBPyConnection) -> None:
    assert statuses(awkward, "theme = 'single'") == {("not_comparable", "too_few_common_items")}
    [(n, means)] = rows(
        awkward, "select count(*), count(mean) from theme_scores where theme = 'single' and form = 'full'"
    )
    assert n == means > 0
    assert set(rows(awkward, "select alpha, omega, verdict from reliability where theme = 'single'")) == {
        (None, None, "not_computable")
    }


def test_a_unit_with_one_respondent_has_a_mean_and_no_spread(awkward: duckdb.DuckDBPyConnection) -> None:
    found = rows(
        awkward,
        "select n, mean is not null, sd, se, ci_low, band is not null from theme_scores where unit_id = '102003' "
        "and respondent_group = 'pupils' and theme = 'trivsel' and form = 'full' and breakdown = 'all'",
    )
    assert found == [(1, True, None, None, None, True)] * 3
    where = "unit_id = '102003' and respondent_group = 'pupils' and theme = 'trivsel'"
    assert statuses(awkward, where) == {("inconclusive", "no_interval")}


def test_answers_without_spread_have_no_scale(awkward: duckdb.DuckDBPyConnection) -> None:
    assert statuses(awkward, "theme = 'flat'") == {("not_comparable", "no_scale")}
    assert set(rows(awkward, "select mean, mean_raw, suppressed from theme_scores where theme = 'flat'")) == {
        (None, 3.0, None)
    }
    assert set(rows(awkward, "select reason from social_gap where theme = 'flat' and level = 'programme'")) == {
        ("no_scale",)
    }


def test_a_base_of_one_respondent_is_no_scale(awkward: duckdb.DuckDBPyConnection) -> None:
    assert statuses(awkward, "theme = 'lonely'") == {("not_comparable", "no_scale"), ("no_data", "missing_from")}
    assert set(rows(awkward, "select n, sigma, suppressed from base_parameters where theme = 'lonely'")) == {
        (1, None, None)
    }
    assert rows(awkward, "select distinct mean, mean_raw is null from theme_scores where theme = 'lonely'") == [
        (None, False)
    ]


def test_answers_that_are_all_alike_after_the_base_show_no_certainty(awkward: duckdb.DuckDBPyConnection) -> None:
    later = "theme = 'settled' and mapping_from = '2017' and level <> 'institution'"
    assert statuses(awkward, later) == {("inconclusive", "no_spread"), ("inconclusive", "few_clusters")}
    assert rows(
        awkward,
        "select distinct delta, p, q, hedges_g from progression where theme = 'settled' and mapping_from = '2017'",
    ) == [(0.0, None, None, None)]


def test_a_theme_first_asked_later_has_that_round_as_base_and_no_change_before(
    awkward: duckdb.DuckDBPyConnection,
) -> None:
    assert statuses(awkward, "theme = 'later' and mapping_from = '2015'") == {("not_comparable", "not_asked_in_both")}
    assert rows(awkward, "select distinct base_mapping from theme_scores where theme = 'later'") == [("2017",)]
    assert rows(
        awkward,
        "select distinct round(mean, 9) from theme_scores where theme = 'later' and mapping = '2017' and level = 'programme' "
        "and breakdown = 'all'",
    ) == [(500,)]


def test_a_group_that_is_missing_in_the_base_has_its_first_round_as_base(awkward: duckdb.DuckDBPyConnection) -> None:
    found = rows(
        awkward,
        "select mapping, base_mapping, round(mean, 9), round(sd, 9) from theme_scores where respondent_group = 'teachers' "
        "and level = 'programme' and breakdown = 'all' and form = 'full' order by 1",
    )
    assert found[0] == ("2017", "2017", 500, 100)
    assert {row[:2] for row in found} == {("2017", "2017"), ("2019", "2017")}
    assert statuses(awkward, "respondent_group = 'teachers' and mapping_from = '2015'") == {("no_data", "missing_from")}
    later = statuses(awkward, "respondent_group = 'teachers' and mapping_from = '2017' and level = 'programme'")
    assert {status for status, _ in later} <= {"inconclusive", "status_quo", "increase", "decrease"}


def test_a_group_of_one_round_has_no_change(awkward: duckdb.DuckDBPyConnection) -> None:
    parents = "respondent_group = 'parents' and"
    assert statuses(awkward, f"{parents} mapping_to = '2017'") == {("no_data", "missing_from")}
    assert statuses(awkward, f"{parents} mapping_from = '2017'") == {("no_data", "missing_to")}
    assert statuses(awkward, f"{parents} mapping_from = '2015' and mapping_to = '2019'") == {
        ("no_data", "missing_both")
    }
    assert rows(awkward, "select distinct status from sustained where respondent_group = 'parents'") == [("no_data",)]


def test_a_theme_that_nobody_answers_is_no_data(awkward: duckdb.DuckDBPyConnection) -> None:
    assert statuses(awkward, "theme = 'unanswered'") == {("no_data", "missing_both")}
    assert rows(awkward, "select distinct n, alpha, verdict from reliability where theme = 'unanswered'") == [
        (0, None, "not_computable")
    ]
    found = rows(awkward, "select distinct difference, reason from initiative_development where theme = 'unanswered'")
    assert found == [(None, "missing_both")]


def test_an_item_that_is_never_asked_is_no_part_of_its_theme(awkward: duckdb.DuckDBPyConnection) -> None:
    assert rows(awkward, "select distinct items from reliability where theme = 'with_ghost'") == [(3,)]
    assert rows(awkward, "select count(*) from item_comparability where item_id = 'ghost'") == [(0,)]


def test_an_initiative_of_one_school_claims_no_certainty(awkward: duckdb.DuckDBPyConnection) -> None:
    found = rows(
        awkward,
        "select phase, schools_with_to, schools_without_to, difference is not null, se, reason from initiative_development "
        "where initiative = 'x' and respondent_group = 'pupils' order by 1",
    )
    assert found == [("after", 1, 7, True, None, "few_clusters"), ("during", 1, 7, True, None, "few_clusters")]


def test_forty_programmes_worth_of_themes(tmp_path: Path) -> None:
    many = {("pupils", f"theme_{number}"): [(f"t{number}_{n}", 1) for n in (1, 2, 3)] for number in range(40 * 16)}
    programme = write_programme(tmp_path / "lille", many | {("teachers", "trivsel"): ITEMS["teachers", "trivsel"]})
    everyone = numbered(people(per_school=2))
    wanted = ("int_level_estimates", "int_change_estimates")
    with measured(programme, everyone, answer_all(programme, everyone), until=wanted) as con:
        said = change_statements(con.execute("select * from int_change_estimates").df(), Thresholds())
        levels = level_intervals(con.execute("select * from int_level_estimates").df(), Thresholds())
    whole = said[said["breakdown"].eq("all") & said["respondent_group"].eq("pupils")]
    assert (len(whole), whole["delta"].isna().sum()) == (3 * UNITS * len(many), 0)
    assert said["status"].isin(["increase", "decrease", "status_quo", "inconclusive", "no_data"]).all()
    assert said["reason"].notna().eq(said["status"].isin(["inconclusive", "no_data"])).all()
    for table in (said, levels):
        assert not np.isinf(table.select_dtypes("float64").to_numpy()).any()
    families = said[said["p"].notna()].groupby(FAMILY)
    assert (families["q"].max() >= families["p"].max() - 1e-12).all()
