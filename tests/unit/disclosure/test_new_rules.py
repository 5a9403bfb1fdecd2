"""Primary rules of figures of single items and of response, at their limits."""

from __future__ import annotations

import pandas as pd
import pytest

from pipelines.disclosure.primary import Rules, invited_reasons, item_figure_reasons

RULES = Rules(
    min_n=10, item_min_n=20, leaders_min_n=5, min_raters=3, leaders=frozenset({"leaders"}), rated=frozenset({"rated"})
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
