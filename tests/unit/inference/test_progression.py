"""Change: q-values, effect size and the status ladder against hand-made cases (method.md 5)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipelines.inference.intervals import ROUNDING, half_width, standard_error, two_sided_p
from pipelines.inference.progression import benjamini_hochberg, change_statements, hedges_g
from pipelines.programme.definition import Thresholds

ROW: dict[str, Any] = {
    "mapping_from": "2015", "mapping_to": "2017", "level": "municipality", "unit_id": "530", "respondent_group": "laerer",
    "theme": "trivsel", "breakdown": "all", "breakdown_value": "all", "items": 4, "is_comparable": True,
    "is_asked_from": True, "is_asked_to": True, "n_answered_from": 200, "n_answered_to": 200, "n_from": 200, "n_to": 200,
    "raters_from": None, "raters_to": None, "mean_from": 500.0, "mean_to": 530.0, "sd_from": 100.0, "sd_to": 100.0,
    "is_clustered": True, "delta": 30.0, "clusters_from": 8, "clusters_to": 8, "clusters": 8, "variance": 25.0, "effective_clusters": None,
    "df": 7.0,
}  # fmt: skip


def statement(**changes: Any) -> pd.Series:
    """The statement on one change."""
    return change_statements(pd.DataFrame([ROW | changes]), Thresholds()).iloc[0]


def test_benjamini_hochberg_gives_the_values_of_the_method() -> None:
    p = [0.001, 0.008, 0.039, 0.041, 0.042, 0.060, 0.074, 0.205, 0.212, 0.216]
    frame = pd.DataFrame([{name: ROW[name] for name in ROW} | {"p": value} for value in p]).sample(
        frac=1, random_state=1
    )
    q = benjamini_hochberg(frame).sort_values().to_numpy()
    assert q == pytest.approx([0.010, 0.040, 0.084, 0.084, 0.084, 0.100, 0.1057142857, 0.216, 0.216, 0.216])


def test_families_are_units_and_pairs_and_leave_out_what_was_not_tested() -> None:
    rows = [
        {"unit_id": "530", "p": 0.04},
        {"unit_id": "530", "p": None},
        {"unit_id": "607", "p": 0.04},
        {"unit_id": "607", "p": 0.5},
    ]
    q = benjamini_hochberg(pd.DataFrame([{k: ROW[k] for k in ROW} | row for row in rows]))
    assert q.iloc[0] == pytest.approx(0.04)
    assert np.isnan(q.iloc[1])
    assert q.iloc[2] == pytest.approx(0.08)


def test_hedges_g_by_hand() -> None:
    row = pd.DataFrame([ROW | {"n_from": 10, "n_to": 12, "sd_from": 90.0, "sd_to": 110.0, "delta": 25.0}])
    pooled = ((9 * 90**2 + 11 * 110**2) / 20) ** 0.5
    assert hedges_g(row).iloc[0] == pytest.approx((1 - 3 / (4 * 20 - 1)) * 25 / pooled)


def test_hedges_g_needs_two_degrees_of_freedom() -> None:
    assert hedges_g(pd.DataFrame([ROW | {"n_from": 2, "n_to": 2}])).notna().all()
    assert hedges_g(pd.DataFrame([ROW | {"n_from": 1, "n_to": 2}])).isna().all()
    assert hedges_g(pd.DataFrame([ROW | {"sd_from": 0.0, "sd_to": 0.0}])).isna().all()


def test_interval_and_p_by_the_t_distribution() -> None:
    se, df = np.array([5.0]), np.array([7.0])
    assert half_width(se, df)[0] == pytest.approx(5 * 2.364624251)
    assert two_sided_p(np.array([5 * 2.364624251]), se, df)[0] == pytest.approx(0.05)
    assert np.isnan(two_sided_p(np.array([1.0]), np.array([0.0]), df)[0])


def test_one_degree_of_freedom_is_the_least() -> None:
    se, df = np.array([5.0, 5.0]), np.array([1.0, 0.999])
    assert half_width(se, df) == pytest.approx([5 * 12.7062047, np.nan], nan_ok=True)
    assert two_sided_p(np.array([5 * 12.7062047] * 2), se, df) == pytest.approx([0.05, np.nan], nan_ok=True)


def test_a_variance_that_is_only_rounding_is_none() -> None:
    assert standard_error(np.array([ROUNDING, 0.999 * ROUNDING])) == pytest.approx([ROUNDING**0.5, 0.0])


@pytest.mark.parametrize(
    ("changes", "status", "reason", "magnitude"),
    [
        ({}, "increase", None, "moderate"),
        ({"delta": -30.0}, "decrease", None, "moderate"),
        ({"delta": 50.0}, "increase", None, "marked"),
        ({"delta": 49.9}, "increase", None, "moderate"),
        ({"delta": 20.0, "variance": 4.0}, "increase", None, "moderate"),
        ({"delta": 19.9, "variance": 4.0}, "increase", None, "small"),
        ({"delta": 10.0, "variance": 4.0}, "increase", None, "small"),
        ({"delta": 9.99, "variance": 4.0}, "status_quo", None, None),
        ({"delta": 0.0, "variance": 25.0}, "status_quo", None, None),
        ({"delta": 0.0, "variance": 100.0}, "inconclusive", "imprecise", None),
        ({"delta": 9.0, "variance": 24.0, "df": 200.0, "n_answered_from": 1}, "status_quo", None, None),
        ({"clusters_from": 4}, "inconclusive", "few_clusters", None),
        ({"clusters_to": 4}, "inconclusive", "few_clusters", None),
        ({"clusters_from": 5}, "increase", None, "moderate"),
        ({"clusters_from": 4, "level": "institution"}, "increase", None, "moderate"),
        ({"n_answered_to": None}, "no_data", "missing_to", None),
        ({"n_answered_from": None}, "no_data", "missing_from", None),
        ({"n_answered_from": None, "n_answered_to": None}, "no_data", "missing_both", None),
        ({"is_comparable": False}, "not_comparable", "too_few_common_items", None),
        ({"is_asked_from": False}, "not_comparable", "not_asked_in_both", None),
        ({"delta": None}, "not_comparable", "no_scale", None),
        ({"variance": None}, "inconclusive", "no_interval", None),
        ({"variance": 0.0}, "inconclusive", "no_spread", None),
        ({"variance": 1e-10}, "inconclusive", "no_spread", None),
    ],
)  # fmt: skip
def test_status_is_the_first_rung_that_holds(
    changes: dict[str, Any], status: str, reason: str | None, magnitude: str | None
) -> None:
    found = statement(**changes)
    assert (found["status"], found["reason"], found["magnitude"]) == (status, reason, magnitude)


def test_significant_only_before_adjustment_is_inconclusive() -> None:
    rows = [ROW | {"theme": f"t{i}", "delta": 0.0, "variance": 400.0} for i in range(9)]
    rows.append(ROW | {"delta": 30.0, "variance": 144.0})
    found = change_statements(pd.DataFrame(rows), Thresholds()).iloc[-1]
    assert found["p"] < 0.05 < found["q"]
    assert (found["status"], found["reason"]) == ("inconclusive", "not_significant")


def test_q_at_alpha_is_not_below_it() -> None:
    p = float(statement()["p"])
    at = change_statements(pd.DataFrame([ROW]), Thresholds(alpha=p)).iloc[0]
    assert (at["q"], at["status"], at["reason"]) == (p, "inconclusive", "imprecise")


def test_an_interval_that_touches_the_bound_is_not_inside_it() -> None:
    width = float(half_width(np.array([5.0]), np.array([7.0]))[0])
    assert statement(delta=0.0)["status"] == "status_quo"
    at = change_statements(pd.DataFrame([ROW | {"delta": 0.0}]), Thresholds(relevant=width, trivial=width)).iloc[0]
    assert at["status"] == "inconclusive"


def test_without_a_figure_no_number_is_given() -> None:
    found = statement(is_comparable=False)
    numbers = ["mean_from", "mean_to", "delta", "se", "ci_low", "ci_high", "p", "q", "hedges_g"]
    assert found[numbers].isna().all()


def test_few_clusters_make_no_claim_but_show_the_difference() -> None:
    found = statement(clusters_from=4)
    assert np.isnan(found["p"])
    assert np.isnan(found["q"])
    assert found["delta"] == 30


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_an_interval_that_reaches_the_relevant_change_shows_no_status_quo(sign: float) -> None:
    width = float(half_width(np.array([5.0]), np.array([7.0]))[0])
    rows = pd.DataFrame([ROW | {"delta": sign}])
    assert change_statements(rows, Thresholds(relevant=1 + width))["status"].tolist() == ["inconclusive"]
    assert change_statements(rows, Thresholds(relevant=1.0001 + width))["status"].tolist() == ["status_quo"]
