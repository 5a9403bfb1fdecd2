"""Primary rules of figures of single items and of response, at their limits."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from pipelines.disclosure.primary import Rules, invited_reasons, item_figure_reasons, result_reasons

RULES = Rules(
    min_n=10,
    item_min_n=20,
    leaders_min_n=5,
    min_raters=3,
    leaders=frozenset({"leaders"}),
    rated=frozenset({"rated"}),
    is_public=True,
)


def row(**values: object) -> pd.DataFrame:
    return pd.DataFrame([{"is_institution": False, "respondent_group": "pupils", "n": 20, "raters": None} | values])


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"n": 20}, None),
        ({"n": 19}, "n_lt_min"),
        ({"respondent_group": "rated", "raters": 3}, None),
        ({"respondent_group": "rated", "raters": 2}, "rater_lt_min"),
        ({"respondent_group": "leaders", "is_institution": True}, "leader_level"),
    ],
)
def test_item_figures(values: dict[str, object], expected: str | None) -> None:
    assert item_figure_reasons(row(**values), RULES).tolist() == [expected]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"n": 10}, None),
        ({"n": 9}, "n_lt_min"),
        ({"respondent_group": "leaders", "n": 5}, None),
        ({"respondent_group": "leaders", "n": 4}, "n_lt_min"),
        ({"respondent_group": "leaders", "is_institution": True}, "leader_level"),
    ],
)
def test_invited(values: dict[str, object], expected: str | None) -> None:
    assert invited_reasons(row(**values), RULES).tolist() == [expected]


@pytest.mark.parametrize(
    ("values", "public", "internal"),
    [
        ({"level": "programme", "n": 10}, None, None),
        ({"level": "programme", "n": 9}, "n_lt_min", "n_lt_min"),
        ({"level": "municipality", "n": 500}, "confidential", None),
        ({"level": "municipality", "n": 3}, "confidential", "n_lt_min"),
        ({"level": "institution", "n": 500}, "confidential", None),
        ({"level": "municipality", "n": 500, "is_result": False}, None, None),
        (
            {"level": "institution", "n": 50, "is_result": False, "respondent_group": "leaders"},
            "leader_level",
            "leader_level",
        ),
    ],
)
def test_results_of_tests_are_confidential_below_the_programme(
    values: dict[str, object], public: str | None, internal: str | None
) -> None:
    frame = row(**({"is_result": True} | values))
    assert result_reasons(frame, RULES).tolist() == [public]
    assert result_reasons(frame, replace(RULES, is_public=False)).tolist() == [internal]
