"""Top-coding of shares: limits, and never exactly one coded where shares add up."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pipelines.disclosure import GUARDS
from pipelines.disclosure.coding import coded_shares
from pipelines.disclosure.relations import System
from pipelines.marts import MARTS


def code(*shares: float) -> tuple[list[float], list[str | None]]:
    """One item in one unit."""
    rows = [
        {
            "mapping": "1",
            "level": "institution",
            "unit_id": "s",
            "respondent_group": "g",
            "item_id": "q",
            "answer": number,
        }
        for number in range(len(shares))
    ]
    alone = System(np.array([0]), np.zeros(0, dtype=np.int64), np.zeros(1, dtype=np.int64), pd.DataFrame(index=[0]))
    number, words = coded_shares(np.array(shares), pd.DataFrame(rows), alone, np.zeros(len(shares), dtype=np.int64))
    return [round(value, 6) for value in number.tolist()], words


@pytest.mark.parametrize(
    ("shares", "told", "words"),
    [
        ((0.2, 0.3, 0.5), [0.2, 0.3, 0.5], [None, None, None]),
        ((0.05, 0.35, 0.6), [0.05, 0.35, 0.6], [None, None, None]),
        ((0.03, 0.22, 0.75), [0.05, 0.25, 0.75], ["below", "below", None]),
        ((0.0, 0.02, 0.98), [0.05, 0.05, 0.95], ["below", "below", "above"]),
        ((0.03, 0.02, 0.95), [0.05, 0.05, 0.95], ["below", "below", None]),
    ],
)
def test_extreme_shares_are_limits(shares: tuple[float, ...], told: list[float], words: list[str | None]) -> None:
    assert code(*shares) == (told, words)


def test_every_mart_has_a_guard() -> None:
    assert {mart.name for mart in MARTS} == set(GUARDS)
