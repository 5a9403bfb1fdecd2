"""The calibration at a small number of seeds, with room for chance; `calibration.md` holds the whole of it."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.bench import calibration
from tests.bench.calibration import RULES, claimed, coverage, families_with_false_claims, large, moved, stated, still

SEEDS = range(6)


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pd.DataFrame]:
    plan = calibration.programme(tmp_path_factory.mktemp("calibration") / "calibration")
    changes = calibration.estimates(plan, SEEDS, 40)
    return {name: stated(changes, rules) for name, rules in RULES.items()}


def test_no_change_is_rarely_called_one_and_intervals_cover_the_truth(said: dict[str, pd.DataFrame]) -> None:
    for statements in said.values():
        assert families_with_false_claims(still(statements)) <= 0.15
        assert 0.90 <= coverage(large(still(statements))) <= 0.99
        assert 0.90 <= coverage(large(moved(statements))) <= 0.99


def test_satterthwaite_is_the_more_cautious(said: dict[str, pd.DataFrame]) -> None:
    usual, careful = (said[name] for name in ("clusters − 1", "Satterthwaite"))
    assert coverage(careful) > coverage(usual)
    assert (careful["df"] <= usual["df"]).all()


def test_a_large_change_is_found_and_never_called_status_quo_or_fall(said: dict[str, pd.DataFrame]) -> None:
    for statements in said.values():
        assert claimed(moved(statements), "increase") > 0.4
        assert claimed(moved(statements), "status_quo") <= 0.01
        assert claimed(moved(statements), "decrease") == 0
