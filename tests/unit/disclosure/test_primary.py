"""Primary disclosure rules at their borders (method.md 10)."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from pipelines.disclosure import suppress
from pipelines.disclosure.primary import (
    Rules,
    item_distribution_reasons,
    progression_reasons,
    response_rate_reasons,
    theme_score_reasons,
)
from pipelines.marts import Audience, Mart
from pipelines.programme import load_programme


def rules(audience: Audience) -> Rules:
    """Rules of a programme with leaders and raters."""
    return Rules.of(load_programme("pfl").definition, audience)


def reason(function: Any, audience: Audience, **row: Any) -> str | None:
    """The reason for one row."""
    found = function(pd.DataFrame([{"is_institution": False, "raters": None} | row]), rules(audience)).iloc[0]
    return found if isinstance(found, str) else None


@pytest.mark.parametrize(
    ("audience", "row", "expected"),
    [
        ("public", {"respondent_group": "laerer", "n": 9}, "n_lt_min"),
        ("public", {"respondent_group": "laerer", "n": 10}, None),
        ("internal", {"respondent_group": "laerer", "n": 4}, "n_lt_min"),
        ("internal", {"respondent_group": "laerer", "n": 5}, None),
        ("public", {"respondent_group": "ledelse_skole", "n": 5}, None),
        ("public", {"respondent_group": "ledelse_skole", "n": 4}, "n_lt_min"),
        ("internal", {"respondent_group": "ledelse_skole", "n": 50, "is_institution": True}, "leader_level"),
        ("internal", {"respondent_group": "kontaktlaerer", "n": 50, "raters": 2}, "rater_lt_min"),
        ("internal", {"respondent_group": "kontaktlaerer", "n": 50, "raters": 3}, None),
        ("internal", {"respondent_group": "kontaktlaerer", "n": 50, "raters": None}, "rater_lt_min"),
        ("internal", {"respondent_group": "laerer", "n": 50, "raters": 1}, None),
    ],
)
def test_theme_scores(audience: Audience, row: dict[str, Any], expected: str | None) -> None:
    assert reason(theme_score_reasons, audience, **row) == expected


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"n_from": 10, "n_to": 10}, None),
        ({"n_from": 9, "n_to": 10}, "n_lt_min"),
        ({"n_from": 10, "n_to": 9}, "n_lt_min"),
        ({"n_from": None, "n_to": 9}, "n_lt_min"),
        ({"n_from": None, "n_to": 10}, None),
        ({"n_from": None, "n_to": None}, None),
    ],
)
def test_a_change_needs_both_rounds(row: dict[str, Any], expected: str | None) -> None:
    base = {"respondent_group": "laerer", "raters_from": None, "raters_to": None}
    assert reason(progression_reasons, "public", **(base | row)) == expected


def test_raters_count_in_each_round() -> None:
    row = {"respondent_group": "kontaktlaerer", "n_from": 50, "n_to": 50, "raters_from": 3, "raters_to": 2}
    assert reason(progression_reasons, "public", **row) == "rater_lt_min"


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"invited": 20, "complete": 8, "partial": 2}, None),
        ({"invited": 20, "complete": 8, "partial": 1}, "n_lt_min"),
        ({"invited": None, "complete": None, "partial": None}, "n_lt_min"),
    ],
)
def test_a_rate_tells_how_many_answered(row: dict[str, Any], expected: str | None) -> None:
    assert reason(response_rate_reasons, "public", respondent_group="laerer", **row) == expected


@pytest.mark.parametrize(
    ("audience", "row", "expected"),
    [
        ("public", {"n": 19, "largest_share": 0.5}, "n_lt_min"),
        ("public", {"n": 20, "largest_share": 0.5}, None),
        ("internal", {"n": 9, "largest_share": 0.5}, "n_lt_min"),
        ("internal", {"n": 10, "largest_share": 0.5}, None),
        ("internal", {"n": 50, "largest_share": 1.0}, "unanimous"),
    ],
)
def test_item_distributions(audience: Audience, row: dict[str, Any], expected: str | None) -> None:
    assert reason(item_distribution_reasons, audience, respondent_group="laerer", **row) == expected


def test_suppressed_means_absent() -> None:
    table = pa.table(
        {
            "unit_id": ["1", "2"],
            "n": [3, 30],
            "mean": [512.5, 498.25],
            "status": ["increase", "status_quo"],
            "reason": pa.array([None, None], pa.string()),
            "suppressed": pa.array([None, None], pa.string()),
        }
    )
    found = suppress(table, Mart("m", ("unit_id",)), pd.Series(["n_lt_min", None], dtype="object")).to_pylist()
    assert found[0] == {
        "unit_id": "1",
        "n": None,
        "mean": None,
        "status": "suppressed",
        "reason": "n_lt_min",
        "suppressed": "n_lt_min",
    }
    assert found[1]["mean"] == 498.25
    assert found[1]["suppressed"] is None
