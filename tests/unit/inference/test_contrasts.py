"""Social gaps and initiatives: intervals, and the reason where there is none, against hand-made cases (method.md 6 and 7)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from pipelines.inference.contrasts import initiative_changes, social_gap_changes, social_gaps
from pipelines.programme.definition import Thresholds

SOME = {
    "variance": 25.0,
    "df": 7.0,
    "effective_clusters": 5.0,
    "is_clustered": True,
    "clusters_least": 8,
    "clusters": 8,
}
GAP: dict[str, Any] = SOME | {
    "level": "municipality", "n": 80, "n_unknown": 8, "n_lowest": 20, "n_highest": 25, "mean_lowest": 490.0, "mean_highest": 520.0,
    "estimate": 30.0,
}  # fmt: skip
ROUNDS: dict[str, Any] = {
    "is_comparable": True, "is_asked_from": True, "is_asked_to": True, "n_answered_from": 80, "n_answered_to": 90,
}  # fmt: skip
CHANGE: dict[str, Any] = SOME | ROUNDS | {"level": "municipality", "gap_from": 30.0, "gap_to": 20.0, "estimate": -10.0}
INITIATIVE: dict[str, Any] = SOME | ROUNDS | {
    "n_with_from": 30, "n_with_to": 30, "n_without_from": 30, "n_without_to": 30, "estimate": 20.0,
}  # fmt: skip


def gap(**changes: Any) -> pd.Series:
    return social_gaps(pd.DataFrame([GAP | changes]), Thresholds()).iloc[0]


def gap_change(**changes: Any) -> pd.Series:
    return social_gap_changes(pd.DataFrame([CHANGE | changes]), Thresholds()).iloc[0]


def initiative(**changes: Any) -> pd.Series:
    return initiative_changes(pd.DataFrame([INITIATIVE | changes]), Thresholds()).iloc[0]


def test_interval_by_the_t_distribution() -> None:
    found = gap()
    half = stats.t.ppf(0.975, 7) * 5
    assert (found["gap"], found["se"], found["df"]) == (30, 5, 7)
    assert (found["ci_low"], found["ci_high"]) == pytest.approx((30 - half, 30 + half))
    assert found["share_unknown"] == 0.1
    assert found["reason"] is None


def test_satterthwaite_where_the_programme_says_so() -> None:
    found = social_gaps(pd.DataFrame([GAP]), Thresholds(degrees_of_freedom="satterthwaite")).iloc[0]
    assert found["df"] == 4


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"n": None, "n_unknown": None, "n_lowest": None, "n_highest": None, "estimate": None}, "no_data"),
        ({"n_unknown": 80, "n_lowest": None, "n_highest": None, "estimate": None}, "no_background"),
        ({"n_lowest": None, "estimate": None}, "level_missing"),
        ({"n_highest": None, "estimate": None}, "level_missing"),
        ({"estimate": None}, "no_scale"),
        ({"clusters_least": 4}, "few_clusters"),
        ({"clusters_least": 5}, None),
        ({"variance": None}, "no_interval"),
        ({"variance": 0.0}, "no_interval"),
        ({"df": 0.5}, "no_interval"),
    ],
)
def test_reasons_of_a_gap(changes: dict[str, Any], reason: str | None) -> None:
    assert gap(**changes)["reason"] == reason


def test_few_clusters_are_no_matter_for_a_school() -> None:
    assert gap(level="institution", clusters_least=4)["reason"] is None


def test_a_mean_of_one_cluster_has_no_interval() -> None:
    found = gap(clusters_least=1)
    assert found["gap"] == 30
    assert np.isnan([found["se"], found["df"], found["ci_low"], found["ci_high"]]).all()
    assert not np.isnan(gap(clusters_least=2)["se"])
    assert not np.isnan(gap(is_clustered=False, clusters_least=1, level="institution")["se"])


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, None),
        ({"is_asked_to": False}, "not_asked_in_both"),
        ({"n_answered_from": None}, "missing_from"),
        ({"n_answered_to": None}, "missing_to"),
        ({"n_answered_from": None, "n_answered_to": None}, "missing_both"),
        ({"is_comparable": False}, "too_few_common_items"),
        ({"gap_to": None, "estimate": None}, "level_missing"),
        ({"gap_from": None, "estimate": None}, "level_missing"),
        ({"estimate": None}, "no_scale"),
        ({"clusters_least": 4}, "few_clusters"),
    ],
)
def test_reasons_of_a_change_of_the_gap(changes: dict[str, Any], reason: str | None) -> None:
    assert gap_change(**changes)["reason"] == reason


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, None),
        ({"is_asked_from": False}, "not_asked_in_both"),
        ({"n_with_from": None}, "missing_from"),
        ({"n_without_from": None}, "missing_from"),
        ({"n_with_to": None}, "missing_to"),
        ({"n_without_to": None}, "missing_to"),
        ({"n_with_from": None, "n_without_to": None}, "missing_both"),
        ({"is_comparable": False}, "too_few_common_items"),
        ({"estimate": None}, "no_scale"),
        ({"clusters_least": 4}, "few_clusters"),
        ({"variance": None}, "no_interval"),
    ],
)
def test_reasons_of_an_initiative(changes: dict[str, Any], reason: str | None) -> None:
    found = initiative(**changes)
    assert found["reason"] == reason
    if reason is None:
        assert found["difference"] == 20
