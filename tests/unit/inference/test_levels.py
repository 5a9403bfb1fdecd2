"""Levels beside the programme: difference, interval and bands on hand-made rows (method.md 2)."""

from __future__ import annotations

import pandas as pd
import pytest
from scipy import stats

from pipelines.inference.levels import level_intervals
from pipelines.programme.definition import Thresholds

ROW = {
    "mapping": "2015", "respondent_group": "laerer", "theme": "trivsel", "form": "full", "breakdown": "all",
    "breakdown_value": "all", "variance": 16.0, "n": 25, "clusters": 11, "effective_clusters": 6.0, "sigma": 0.5,
    "is_clustered": True,
}  # fmt: skip


def levels(*means: float, **rules: str) -> pd.DataFrame:
    rows = [ROW | {"level": "programme", "unit_id": "p", "mean": 500.0, "variance": 4.0, "n": 100}]
    rows += [ROW | {"level": "municipality", "unit_id": str(i), "mean": mean} for i, mean in enumerate(means)]
    return level_intervals(pd.DataFrame(rows), Thresholds.model_validate(rules))


def test_difference_and_interval() -> None:
    found = levels(510.0, 490.0).iloc[1]
    half = stats.t.ppf(0.975, 10) * (16 + 4 - 2 * 0.25 * 16) ** 0.5
    assert found["programme_difference"] == 10
    assert found["programme_difference_high"] == pytest.approx(10 + half)
    assert found["programme_difference_low"] == pytest.approx(10 - half)


def test_bands_lie_at_half_and_one_and_a_half_sd() -> None:
    # Seven means with an SD of exactly 10.
    shape = pd.Series([-1.6, -1.5, -0.5, 0.0, 0.5, 1.5, 1.6])
    found = levels(*(500 + 10 * shape))
    sd = float((10 * shape).std())
    wanted = ["around" if abs(10 * z) <= 0.5 * sd else ("below" if z < 0 else "above") for z in shape]
    wanted = [f"much_{w}" if abs(10 * z) > 1.5 * sd else w for w, z in zip(wanted, shape, strict=True)]
    assert found["band"].iloc[1:].tolist() == wanted
    assert found["band"].iloc[0] is None


@pytest.mark.parametrize(
    ("z", "band"), [(-2, "much_below"), (-1, "below"), (0, "around"), (1, "above"), (2, "much_above")]
)
def test_each_band(z: float, band: str) -> None:
    # Ten units around the programme give the SD; the eleventh is the one looked at.
    found = levels(*([490.0, 510.0] * 50), 500 + z * 10)
    assert found["band"].iloc[-1] == band


def test_one_unit_has_no_band_and_one_cluster_no_interval() -> None:
    found = levels(510.0)
    assert found["band"].isna().all()
    alone = pd.DataFrame([ROW | {"level": "programme", "unit_id": "p", "mean": 500.0, "clusters": 1, "variance": None}])
    assert level_intervals(alone, Thresholds())[["ci_low", "ci_high"]].isna().all().all()


def test_satterthwaite_is_a_setting() -> None:
    assert levels(510.0)["df"].iloc[1] == 10
    assert levels(510.0, degrees_of_freedom="satterthwaite")["df"].iloc[1] == 5


def test_a_value_on_a_bound_lies_nearer_the_middle() -> None:
    # Differences whose SD is 40 to the last digit: one lies on each bound.
    found = levels(*(500.0 + difference for difference in (-60, -20, 0, 0, 20, 60)))
    assert found["band"].iloc[1:].tolist() == ["below", "around", "around", "around", "around", "above"]


def test_units_that_are_all_alike_have_no_band() -> None:
    assert levels(510.0, 510.0)["band"].iloc[1:].isna().all()


def test_the_interval_of_a_level() -> None:
    found = levels(510.0, 490.0).iloc[1]
    half = stats.t.ppf(0.975, 10) * 4
    assert (found["ci_low"], found["ci_high"]) == pytest.approx((510 - half, 510 + half))
