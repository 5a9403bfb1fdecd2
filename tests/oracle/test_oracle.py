"""The marts of a simulated programme against a second implementation, figure by figure.

The demonstration programme at its smallest has everything that method.md speaks of: reversed items, answers that are not
scored, items that were reworded, dropped and added, schools that merged, split, opened and closed, raters and leaders.
"""

from __future__ import annotations

import pandas as pd
import pytest

from pipelines.programme import load_programme
from pipelines.simulate import simulate
from pipelines.warehouse import Warehouse
from tests.oracle import by_pandas
from tests.oracle import results_by_pandas as of_tests
from tests.warehouses import built_warehouse


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Warehouse, by_pandas.Oracle]:
    folder = tmp_path_factory.mktemp("oracle")
    programme = load_programme("pfl")
    simulate(programme, folder / "landing", scale=0.02, seed=7)
    warehouse = built_warehouse(programme, folder / "landing", folder / "home")
    return warehouse, by_pandas.compute(programme, folder / "home" / "raw")


def compare(warehouse: Warehouse, oracle: pd.DataFrame, mart: str, key: list[str], figures: list[str]) -> None:
    with warehouse.connect() as con:
        ours = con.execute(f"select {', '.join(key + figures)} from {mart}").df()
    assert not ours.duplicated(key).any(), f"{mart}: {ours[ours.duplicated(key)].head()}"
    both = ours.merge(oracle[key + figures], on=key, suffixes=("", "_oracle"), how="outer", indicator=True)
    assert both["_merge"].eq("both").all(), both[both["_merge"].ne("both")].head()
    for figure in figures:
        got, wanted = both[figure], both[f"{figure}_oracle"]
        if got.dtype == object or str(got.dtype) == "str":
            wrong = both[got.fillna("").ne(wanted.fillna(""))]
        else:
            got, wanted = got.astype("float64"), wanted.astype("float64")
            close = (got - wanted).abs() <= 1e-6 * wanted.abs().clip(lower=1)
            wrong = both[~(close | (got.isna() & wanted.isna()))]
        assert wrong.empty, (
            f"{mart}.{figure}: {len(wrong)} of {len(both)}\n{wrong[[*key, figure, figure + '_oracle']].head()}"
        )


KEY = ["level", "unit_id", "respondent_group", "theme"]


def test_theme_scores(built: tuple[Warehouse, by_pandas.Oracle]) -> None:
    warehouse, oracle = built
    key = ["mapping", *KEY, "form", "breakdown", "breakdown_value"]
    figures = ["n", "clusters", "mean", "se", "df", "ci_low", "ci_high", "sd", "mean_raw", "favourable", "base_mapping"]
    figures += ["raters", "programme_difference", "programme_difference_low", "programme_difference_high", "band"]
    compare(warehouse, oracle.theme_scores, "theme_scores", key, figures)


def test_base_parameters(built: tuple[Warehouse, by_pandas.Oracle]) -> None:
    warehouse, oracle = built
    key = ["respondent_group", "theme", "form"]
    compare(warehouse, oracle.base_parameters, "base_parameters", key, ["base_mapping", "n", "mu", "sigma"])


def test_progression(built: tuple[Warehouse, by_pandas.Oracle]) -> None:
    warehouse, oracle = built
    key = ["mapping_from", "mapping_to", *KEY, "breakdown", "breakdown_value"]
    figures = ["n_from", "n_to", "clusters_from", "clusters_to", "clusters", "delta", "se", "df", "ci_low", "ci_high"]
    figures += ["p", "q", "hedges_g", "status", "raters_from", "raters_to"]
    compare(warehouse, oracle.progression, "(select * from progression where delta is not null)", key, figures)


def test_reliability(built: tuple[Warehouse, by_pandas.Oracle]) -> None:
    warehouse, oracle = built
    key = ["mapping", "respondent_group", "theme"]
    figures = ["items", "n", "alpha", "omega", "min_item_total", "icc_school", "icc_municipality"]
    compare(warehouse, oracle.reliability, "reliability", key, figures)


def test_item_comparability(built: tuple[Warehouse, by_pandas.Oracle]) -> None:
    warehouse, oracle = built
    key = ["mapping", "respondent_group", "theme", "item_id"]
    compare(
        warehouse,
        oracle.item_comparability,
        "item_comparability",
        key,
        ["mapping_from", "n_from", "n", "is_trend", "shift", "theme_shift", "drift", "is_flagged"],
    )


def test_item_distributions(built: tuple[Warehouse, by_pandas.Oracle]) -> None:
    warehouse, oracle = built
    key = ["mapping", *KEY, "item_id", "answer"]
    compare(warehouse, oracle.item_distributions, "item_distributions", key, ["n", "share"])


def test_response_rates(built: tuple[Warehouse, by_pandas.Oracle]) -> None:
    warehouse, oracle = built
    key = ["mapping", "level", "unit_id", "respondent_group"]
    counts = ["invited", "complete", "partial", "break_off", "refusal", "not_answered", "other", "rr1", "rr2"]
    compare(warehouse, oracle.response_rates, "response_rates", key, counts)


def test_nonresponse(built: tuple[Warehouse, by_pandas.Oracle]) -> None:
    warehouse, oracle = built
    key = ["mapping", "level", "unit_id", "respondent_group", "breakdown", "breakdown_value"]
    compare(warehouse, oracle.nonresponse, "nonresponse", key, ["invited", "answered", "rr2"])


INTERVAL = ["se", "df", "ci_low", "ci_high", "clusters"]
LEAST = ["n_least", "raters_least"]


def test_social_gap(built: tuple[Warehouse, by_pandas.Oracle]) -> None:
    warehouse, oracle = built
    key = ["mapping", *KEY]
    # A school has its row though it has no data.
    ours = "(select * from social_gap where level <> 'institution' or n is not null)"
    figures = ["n", "n_unknown", "n_lowest", "n_highest", *LEAST, "gap", "se", "df", "ci_low", "ci_high"]
    compare(warehouse, oracle.social_gap, ours, key, figures)
    ours = "(select * from social_gap where gap is not null)"
    compare(warehouse, oracle.social_gap.dropna(subset="gap"), ours, key, ["clusters"])


def test_social_gap_change(built: tuple[Warehouse, by_pandas.Oracle]) -> None:
    warehouse, oracle = built
    ours = "(select * from social_gap_change where delta is not null)"
    figures = ["gap_from", "gap_to", "delta", *INTERVAL, *LEAST]
    compare(warehouse, oracle.social_gap_change, ours, ["mapping_from", "mapping_to", *KEY], figures)
    groups = "(select distinct respondent_group from social_gap_change)"
    compare(warehouse, oracle.social_gap[["respondent_group"]].drop_duplicates(), groups, ["respondent_group"], [])


def test_initiative_development(built: tuple[Warehouse, by_pandas.Oracle]) -> None:
    warehouse, oracle = built
    key = ["initiative", "respondent_group", "theme", "phase", "mapping_from", "mapping_to"]
    figures = [
        f"{n}_{part}_{side}" for n in ("n", "schools") for part in ("with", "without") for side in ("from", "to")
    ]
    figures += ["delta_with", "delta_without", "difference", *INTERVAL, *LEAST]
    ours = "(select * from initiative_development where difference is not null)"
    compare(warehouse, oracle.initiative_development, ours, key, figures)


def test_nonresponse_weighted(built: tuple[Warehouse, by_pandas.Oracle]) -> None:
    warehouse, oracle = built
    figures = ["n", "invited", "share_covered", "mean", "mean_weighted"]
    compare(warehouse, oracle.nonresponse_weighted, "nonresponse_weighted", ["mapping", *KEY], figures)


PAIR = ["mapping_from", "mapping_to", *KEY]


def test_composition(built: tuple[Warehouse, by_pandas.Oracle]) -> None:
    warehouse, oracle = built
    figures = ["schools_both", "schools_opened", "schools_closed", "n_both_from", "n_both_to", *LEAST]
    compare(warehouse, oracle.composition, "composition", PAIR, [*figures, "delta", "delta_both", "composition"])


def test_item_contribution(built: tuple[Warehouse, by_pandas.Oracle]) -> None:
    warehouse, oracle = built
    figures = ["n_from", "n_to", "contribution", "delta", "residual", *LEAST]
    compare(warehouse, oracle.item_contribution, "item_contribution", [*PAIR, "item_id"], figures)


def test_sustained(built: tuple[Warehouse, by_pandas.Oracle]) -> None:
    warehouse, oracle = built
    ours = "(select * from sustained where status not in ('no_data', 'not_comparable'))"
    compare(warehouse, oracle.sustained, ours, KEY, ["status", *LEAST])


def test_academic_results(built: tuple[Warehouse, by_pandas.Oracle]) -> None:
    warehouse, oracle = built
    compare(warehouse, oracle.academic_results, "academic_results", of_tests.ACADEMIC, of_tests.SCORES)


def test_school_year_progression(built: tuple[Warehouse, by_pandas.Oracle]) -> None:
    warehouse, oracle = built
    compare(warehouse, oracle.school_year_progression, "school_year_progression", of_tests.PARTS, of_tests.GAINS)


def test_result_targets(built: tuple[Warehouse, by_pandas.Oracle]) -> None:
    warehouse, oracle = built
    ours = "(select * from result_targets where status <> 'not_comparable')"
    compare(warehouse, oracle.result_targets, ours, of_tests.TARGETS, of_tests.JUDGED)
