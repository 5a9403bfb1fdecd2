"""Gains within a school year: interval and the reason where there is none, on hand-made rows (method.md 8)."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from scipy import stats

from pipelines.inference.gains import gain_intervals
from pipelines.programme.definition import Thresholds

ROW: dict[str, Any] = {
    "level": "municipality", "clusters": 5, "gain": 3.0, "variance": 4.0, "standardised": 0.3, "variance_of_standardised": 0.04,
}  # fmt: skip


def gain(**changes: Any) -> pd.Series:
    return gain_intervals(pd.DataFrame([ROW | changes]), Thresholds()).iloc[0]


def test_interval_by_the_t_distribution() -> None:
    found, quantile = gain(), stats.t.ppf(0.975, 4)
    assert (found["se"], found["df"]) == (2, 4)
    assert (found["ci_low"], found["ci_high"]) == pytest.approx((3 - 2 * quantile, 3 + 2 * quantile))
    assert (found["standardised_low"], found["standardised_high"]) == pytest.approx(
        (0.3 - 0.2 * quantile, 0.3 + 0.2 * quantile)
    )


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, None),
        ({"clusters": 4}, "few_clusters"),
        ({"clusters": 4, "level": "institution"}, None),
        ({"clusters": 1, "variance": None}, "no_interval"),
        ({"variance": 0.0}, "no_interval"),
    ],
)
def test_reasons(changes: dict[str, Any], reason: str | None) -> None:
    found = gain(**changes)
    assert found["reason"] == reason
    assert found["gain"] == 3
    assert found[["se", "df", "ci_low", "ci_high"]].isna().all() == (reason == "no_interval")
