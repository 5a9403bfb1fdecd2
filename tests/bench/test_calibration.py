"""The calibration at a small number of seeds, with room for chance; `calibration.md` holds the whole of it."""

from __future__ import annotations

from pipelines.programme.definition import Thresholds
from tests.bench.calibration import coverage, families_with_false_claims, simulated_changes, stated

UNITS = {"small": 8, "middle": 15, "large": 24}
SEEDS = range(30)


def test_no_change_is_rarely_called_one_and_intervals_cover_it() -> None:
    found = stated(simulated_changes(UNITS, 0, SEEDS), Thresholds())
    assert families_with_false_claims(found) <= 0.12
    assert 0.93 <= coverage(found[found["schools"] >= 10], 0) <= 0.97


def test_satterthwaite_is_the_more_cautious() -> None:
    changes = simulated_changes(UNITS, 0, SEEDS)
    careful = stated(changes, Thresholds(degrees_of_freedom="satterthwaite"))
    usual = stated(changes, Thresholds())
    assert coverage(careful, 0) > coverage(usual, 0)
    assert (careful["df"] <= usual["df"]).all()


def test_a_relevant_change_is_rarely_called_status_quo_and_a_large_one_is_found() -> None:
    moved = stated(simulated_changes(UNITS, 20, SEEDS), Thresholds())
    assert moved["status"].eq("status_quo").mean() <= 0.05
    assert not moved["status"].eq("decrease").any()
    large = stated(simulated_changes(UNITS, 50, SEEDS), Thresholds())
    assert large["status"].eq("increase").mean() > 0.8
