"""Three mappings in a row: every outcome of method.md 5."""

from __future__ import annotations

import pandas as pd
import pytest

from pipelines.inference.sustained import sustained_development

MAPPINGS = ("2015", "2017", "2019")
PAIRS = (("2015", "2017"), ("2017", "2019"), ("2015", "2019"))


def changes(*statuses: str) -> pd.DataFrame:
    base = {
        "level": "municipality",
        "unit_id": "530",
        "respondent_group": "laerer",
        "theme": "feedback",
        "breakdown": "all",
    }
    numbers = {"n_from": 40, "n_to": 30, "raters_from": None, "raters_to": None}
    return pd.DataFrame(
        [
            {**base, **numbers, "mapping_from": a, "mapping_to": b, "status": status}
            for (a, b), status in zip(PAIRS, statuses, strict=True)
        ]
    )


@pytest.mark.parametrize(
    ("one_two", "two_three", "one_three", "expected"),
    [
        ("increase", "status_quo", "increase", "sustained_increase"),
        ("increase", "increase", "increase", "sustained_increase"),
        ("increase", "inconclusive", "inconclusive", "inconclusive"),
        ("increase", "decrease", "increase", "relapse"),
        ("increase", "decrease", "inconclusive", "relapse"),
        ("status_quo", "increase", "increase", "late_increase"),
        ("inconclusive", "inconclusive", "increase", "late_increase"),
        ("decrease", "increase", "increase", "inconclusive"),
        ("status_quo", "status_quo", "status_quo", "stable"),
        ("status_quo", "status_quo", "inconclusive", "inconclusive"),
        ("decrease", "status_quo", "decrease", "sustained_decrease"),
        ("decrease", "increase", "decrease", "inconclusive"),
        ("increase", "no_data", "no_data", "no_data"),
        ("no_data", "not_comparable", "increase", "not_comparable"),
    ],
)
def test_outcome(one_two: str, two_three: str, one_three: str, expected: str) -> None:
    found = sustained_development(changes(one_two, two_three, one_three), MAPPINGS)
    assert found["status"].tolist() == [expected]
    assert found["n_least"].tolist() == [30]


def test_two_mappings_are_no_row() -> None:
    found = sustained_development(changes("increase", "increase", "increase"), MAPPINGS[:2])
    assert found.empty
