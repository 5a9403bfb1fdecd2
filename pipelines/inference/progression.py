"""Progression: from a difference and its variance to what may be said of it (method.md 5).

Belongs here: interval, p, q, Hedges' g and the status ladder. Does not belong here: the differences themselves (dbt,
`int_change_estimates`) and disclosure, which comes after and may hide a row.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from pipelines.inference.intervals import degrees_of_freedom, half_width, standard_error, two_sided_p
from pipelines.programme.definition import Thresholds

FAMILY = ["mapping_from", "mapping_to", "level", "unit_id", "breakdown", "breakdown_value"]
"""Changes that are judged together: those of one unit and pair of mappings, over all respondent groups and themes."""

HEDGES_LIMIT = 2


def change_statements(estimates: pd.DataFrame, thresholds: Thresholds) -> pd.DataFrame:
    """Add `se, ci_low, ci_high, p, q, hedges_g, status, magnitude, reason` to change estimates.

    Args:
        estimates: rows of `int_change_estimates`.
        thresholds: the programme's.

    Returns:
        The same rows; where no change can be computed its figures are null and the status says why.
    """
    result = estimates.copy()
    blocked = no_figure(result)
    figures = ["mean_from", "mean_to", "sd_from", "sd_to", "delta", "variance", "df"]
    result[figures] = result[figures].astype("float64").mask(blocked.ne(""))
    delta, usual, effective = (
        result[name].to_numpy(dtype=np.float64) for name in ("delta", "df", "effective_clusters")
    )
    df = degrees_of_freedom(usual, effective, thresholds.degrees_of_freedom)
    se = standard_error(result["variance"].to_numpy(dtype=np.float64))
    width = half_width(se, df)
    few = _few_clusters(result, thresholds)
    result["se"], result["df"] = se, df
    result["ci_low"], result["ci_high"] = delta - width, delta + width
    result["hedges_g"] = hedges_g(result)
    result["p"] = np.where(few, np.nan, two_sided_p(delta, se, df))
    result["q"] = benjamini_hochberg(result)
    ladder = _status(result, blocked, few, thresholds)
    return result.drop(columns=["variance", "effective_clusters"]).assign(**ladder)


def benjamini_hochberg(changes: pd.DataFrame) -> pd.Series:
    """q-values within each family; a change without a p-value is not part of its family.

    Args:
        changes: columns `FAMILY` and `p`.
    """
    from scipy import stats

    tested = changes.loc[changes["p"].notna(), [*FAMILY, "p"]]
    p, q = tested["p"].to_numpy(), np.empty(len(tested))
    for rows in tested.groupby(FAMILY, sort=False, observed=True).indices.values():
        q[rows] = stats.false_discovery_control(p[rows], method="bh")
    return pd.Series(q, index=tested.index, dtype="float64").reindex(changes.index)


def hedges_g(changes: pd.DataFrame) -> pd.Series:
    """Standardised difference with the small-sample factor J; null where the pooled SD is zero or n is too small."""
    n_from, n_to = (changes[name].astype("float64") for name in ("n_from", "n_to"))
    df = n_from + n_to - 2
    pooled = ((n_from - 1) * changes["sd_from"] ** 2 + (n_to - 1) * changes["sd_to"] ** 2) / df
    factor = 1 - 3 / (4 * df - 1)
    g: pd.Series = factor * changes["delta"] / pooled.pow(0.5)
    return g.where((pooled > 0) & (df >= HEDGES_LIMIT))


def no_figure(changes: pd.DataFrame) -> pd.Series:
    """Why a row has no change, as `status:reason`; empty where it has one."""
    missing_from = changes["n_answered_from"].isna()
    missing_to = changes["n_answered_to"].isna()
    conditions = [
        missing_from & missing_to,
        missing_from,
        missing_to,
        ~changes["is_comparable"].astype(bool),
        changes["delta"].isna(),
    ]
    reasons = [
        "no_data:missing_both",
        "no_data:missing_from",
        "no_data:missing_to",
        "not_comparable:too_few_common_items",
        "not_comparable:no_scale",
    ]
    not_asked = ~(changes["is_asked_from"].astype(bool) & changes["is_asked_to"].astype(bool))
    chosen = np.select([not_asked, *conditions], ["not_comparable:not_asked_in_both", *reasons], default="")
    return pd.Series(chosen, index=changes.index)


def _few_clusters(changes: pd.DataFrame, thresholds: Thresholds) -> npt.NDArray[np.bool_]:
    """Above school level: fewer clusters in a round than a claim needs."""
    fewest = changes[["clusters_from", "clusters_to"]].astype("float64").min(axis=1)
    few = changes["level"].ne("institution") & (fewest < thresholds.min_clusters)
    return few.to_numpy(dtype=bool)


def _status(
    changes: pd.DataFrame, blocked: pd.Series, few: npt.NDArray[np.bool_], thresholds: Thresholds
) -> dict[str, npt.NDArray[np.object_] | pd.Series]:
    """The ladder of method.md 5: the first that holds."""
    delta, size = changes["delta"], changes["delta"].abs()
    significant = changes["q"] < thresholds.alpha
    clear = significant & (size >= thresholds.trivial)
    inside = (changes["ci_low"] > -thresholds.relevant) & (changes["ci_high"] < thresholds.relevant)
    split = blocked.str.split(":", n=1)
    no_interval = changes["se"].isna()
    # Without spread there is no measure of uncertainty: an interval of width zero shows nothing.
    no_spread = changes["se"].eq(0)
    status = np.select(
        [blocked.ne(""), few | no_interval | no_spread, clear & (delta > 0), clear & (delta < 0), inside],
        [split.str[0], "inconclusive", "increase", "decrease", "status_quo"],
        default="inconclusive",
    ).astype(object)
    reason = np.select(
        [
            blocked.ne(""),
            few,
            no_interval,
            no_spread,
            status != "inconclusive",
            significant,
            changes["p"] < thresholds.alpha,
        ],
        [split.str[1], "few_clusters", "no_interval", "no_spread", "", "below_trivial", "not_significant"],
        default="imprecise",
    ).astype(object)
    magnitude = np.select(
        [size >= thresholds.marked, size >= thresholds.relevant], ["marked", "moderate"], default="small"
    ).astype(object)
    moved = np.isin(status, ["increase", "decrease"])
    return {
        "status": status,
        "magnitude": pd.Series(magnitude, index=changes.index, dtype="object").where(moved, None),
        "reason": pd.Series(reason, index=changes.index, dtype="object").replace("", None),
    }
