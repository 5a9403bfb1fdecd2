"""Differences between groups of respondents: social gaps, their changes, and development with and without an initiative.

Belongs here: from a difference and its variance to an interval, and why there is none (method.md 6 and 7). Does not belong
here: the differences themselves (dbt, `models/contrasts`), and a status: method.md gives these figures an interval and no claim.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipelines.inference.intervals import degrees_of_freedom, half_width, standard_error
from pipelines.inference.progression import no_figure
from pipelines.programme.definition import Thresholds

FEWEST_CLUSTERS = 2
"""A mean of one cluster has no spread: its part of the variance would be nothing."""


def social_gaps(estimates: pd.DataFrame, thresholds: Thresholds) -> pd.DataFrame:
    """Rows of `int_social_gaps` with `gap, share_unknown, se, df, ci_low, ci_high, reason`."""
    result = with_interval(estimates, thresholds).rename(columns={"estimate": "gap"})
    n = result["n"].astype("float64")
    result["share_unknown"] = result["n_unknown"].astype("float64") / n
    conditions = [n.isna(), result["n_unknown"].eq(result["n"]), result[["n_lowest", "n_highest"]].isna().any(axis=1)]
    return _with_reason(result, "gap", conditions, ["no_data", "no_background", "level_missing"], thresholds)


def social_gap_changes(estimates: pd.DataFrame, thresholds: Thresholds) -> pd.DataFrame:
    """Rows of `int_social_gap_changes` with `delta, se, df, ci_low, ci_high, reason`."""
    result = with_interval(estimates, thresholds).rename(columns={"estimate": "delta"})
    blocked = no_figure(result.assign(delta=0.0)).str.replace(r"^.*:", "", regex=True)
    level_missing = result[["gap_from", "gap_to"]].isna().any(axis=1)
    conditions = [*(blocked.eq(name) for name in BLOCKED), level_missing]
    return _with_reason(result, "delta", conditions, [*BLOCKED, "level_missing"], thresholds)


def initiative_changes(estimates: pd.DataFrame, thresholds: Thresholds) -> pd.DataFrame:
    """Rows of `int_initiative_changes` with `difference, se, df, ci_low, ci_high, reason`."""
    result = with_interval(estimates, thresholds).rename(columns={"estimate": "difference"})
    sides = {side: result[f"n_with_{side}"].where(result[f"n_without_{side}"].notna()) for side in ("from", "to")}
    answered = {f"n_answered_{side}": found for side, found in sides.items()}
    blocked = no_figure(result.assign(delta=0.0, **answered)).str.replace(r"^.*:", "", regex=True)
    return _with_reason(result, "difference", [blocked.eq(name) for name in BLOCKED], list(BLOCKED), thresholds)


BLOCKED = ("not_asked_in_both", "missing_both", "missing_from", "missing_to", "too_few_common_items")
"""Reasons that a difference of rounds has in common with a change (`progression.no_figure`)."""


def with_interval(estimates: pd.DataFrame, thresholds: Thresholds) -> pd.DataFrame:
    """Replace `variance` and `effective_clusters` by `se`, `df`, `ci_low`, `ci_high`.

    Args:
        estimates: columns estimate, variance, df, effective_clusters, is_clustered, clusters_least.
        thresholds: the programme's.

    Returns:
        The same rows; no interval where a mean stands on one cluster alone, or nothing varies.
    """
    result = estimates.copy()
    numbers = {name: result[name].astype("float64").to_numpy() for name in ("estimate", "variance", "clusters_least")}
    # Respondents who stand for themselves have a variance of their own in every arm.
    alone = result["is_clustered"].eq(True).to_numpy() & (numbers["clusters_least"] < FEWEST_CLUSTERS)
    se = standard_error(np.where(alone, np.nan, numbers["variance"]))
    df = degrees_of_freedom(
        result["df"].to_numpy(dtype=np.float64),
        result["effective_clusters"].to_numpy(dtype=np.float64),
        thresholds.degrees_of_freedom,
    )
    width = half_width(np.where(se > 0, se, np.nan), df)
    result["estimate"] = numbers["estimate"]
    result["se"], result["df"] = se, np.where(np.isnan(se), np.nan, df)
    result["ci_low"], result["ci_high"] = numbers["estimate"] - width, numbers["estimate"] + width
    return result.drop(columns=["variance", "effective_clusters", "is_clustered"])


def _with_reason(
    rows: pd.DataFrame, figure: str, conditions: list[pd.Series], names: list[str], thresholds: Thresholds
) -> pd.DataFrame:
    """Why a figure is missing or is to be read with care, the first that holds; null where neither.

    Where the theme has no common form or no scale nothing is left of the figure.
    """
    above_school = rows["level"].ne("institution") if "level" in rows else pd.Series(True, index=rows.index)
    few = above_school & (rows["clusters_least"].astype("float64") < thresholds.min_clusters)
    ladder = [*conditions, rows[figure].isna(), few, rows["ci_low"].isna()]
    reason = np.select(ladder, [*names, "no_scale", "few_clusters", "no_interval"], default="").astype(object)
    result = rows.drop(columns="clusters_least")
    result["reason"] = pd.Series(reason, index=rows.index, dtype="object").replace("", None)
    return result
