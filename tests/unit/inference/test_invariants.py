"""Invariants of method.md 11 that hold for the inference whatever the figures: Hypothesis looks for a counterexample.

Belongs here: properties of pure functions. Does not belong here: properties of the SQL, which `tests/oracle` holds.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from pipelines.inference.progression import change_statements
from pipelines.inference.reliability import covariance, cronbach_alpha, item_total_correlations
from pipelines.programme.definition import Thresholds
from tests.unit.inference.test_progression import ROW

DELTAS = st.floats(-150, 150, allow_nan=False)
SHEETS = arrays.arrays(np.int64, st.tuples(st.integers(5, 40), st.integers(2, 6)), elements=st.integers(1, 5))
CHANGES = st.lists(st.tuples(DELTAS, st.floats(0, 2000), st.floats(1, 60)), min_size=1, max_size=12)


def moments(sheet: np.ndarray) -> pd.DataFrame:
    """Sums as `int_item_moments` gives them."""
    k = sheet.shape[1]
    return pd.DataFrame(
        [
            (i, j, len(sheet), sheet[:, i].sum(), sheet[:, j].sum(), (sheet[:, i] * sheet[:, j]).sum())
            for i in range(k)
            for j in range(i, k)
        ],
        columns=["slot", "other_slot", "n", "sum_item", "sum_other", "sum_product"],
    )


def table(changes: list[tuple[float, float, float]]) -> pd.DataFrame:
    rows = [
        ROW | {"theme": f"t{i}", "delta": delta, "mean_to": 500 + delta, "variance": variance, "df": df}
        for i, (delta, variance, df) in enumerate(changes)
    ]
    return pd.DataFrame(rows)


@given(SHEETS, st.integers(-3, 3))
def test_a_constant_added_to_all_answers_moves_no_alpha(sheet: np.ndarray, constant: int) -> None:
    before, after = (cronbach_alpha(covariance(moments(x))) for x in (sheet, sheet + constant))
    assert (before is None) == (after is None)
    assert before is None or after is None or np.isclose(before, after)


@given(SHEETS)
def test_reversing_every_item_changes_no_coefficient(sheet: np.ndarray) -> None:
    one, other = (covariance(moments(x)) for x in (sheet, 6 - sheet))
    assert np.allclose(one, other)
    assert np.allclose(item_total_correlations(one), item_total_correlations(other), equal_nan=True)


@given(CHANGES, st.randoms(use_true_random=False))
@settings(max_examples=40)
def test_the_order_of_rows_changes_nothing(changes: list[tuple[float, float, float]], random: object) -> None:
    rows = table(changes)
    shuffled = list(range(len(rows)))
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one = change_statements(rows, Thresholds())
    other = change_statements(rows.iloc[shuffled].reset_index(drop=True), Thresholds()).sort_values("theme")
    pd.testing.assert_frame_equal(one.sort_values("theme").reset_index(drop=True), other.reset_index(drop=True))


@given(CHANGES)
@settings(max_examples=60)
def test_a_statement_is_what_its_figures_allow_and_never_infinite(changes: list[tuple[float, float, float]]) -> None:
    found, rules = change_statements(table(changes), Thresholds()), Thresholds()
    assert not np.isinf(found.select_dtypes("float64").to_numpy()).any()
    assert found["status"].isin(["increase", "decrease", "status_quo", "inconclusive"]).all()
    for row in found.itertuples():
        if row.status in ("increase", "decrease"):
            assert row.q < rules.alpha
            assert abs(row.delta) >= rules.trivial
            assert (row.delta > 0) == (row.status == "increase")
        if row.status == "status_quo":
            assert -rules.relevant < row.ci_low <= row.ci_high < rules.relevant
        assert (row.reason is not None and row.reason == row.reason) == (row.status == "inconclusive")
    tested = found["p"].notna()
    assert (found.loc[tested, "q"] >= found.loc[tested, "p"] - 1e-12).all()


@given(CHANGES)
@settings(max_examples=40)
def test_the_mirror_image_has_the_mirrored_status(changes: list[tuple[float, float, float]]) -> None:
    one = change_statements(table(changes), Thresholds())
    other = change_statements(table([(-d, v, df) for d, v, df in changes]), Thresholds())
    mirrored = {"increase": "decrease", "decrease": "increase"}
    assert one["status"].map(lambda s: mirrored.get(s, s)).tolist() == other["status"].tolist()
