"""Gains within a school year: a unit's mean with its interval (method.md 8).

Belongs here: from variance to interval, and why there is none. Does not belong here: the sums and the reliable change index
(dbt, `models/results`).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipelines.inference.intervals import half_width, standard_error
from pipelines.programme.definition import Thresholds


def gain_intervals(estimates: pd.DataFrame, thresholds: Thresholds) -> pd.DataFrame:
    """Rows of `int_gain_estimates` with `se, df, ci_low, ci_high, standardised_low, standardised_high, reason`.

    Args:
        estimates: gain (points of the test) and standardised (SDs of the first measurement) with their variances, clusters.
        thresholds: the programme's.

    Returns:
        The same rows. Without spread, or with one cluster, there is a mean and no interval (null). Above school level fewer
        clusters than `min_clusters` leave the interval and say so (`few_clusters`).
    """
    result = estimates.drop(columns=["variance", "variance_of_standardised"])
    df = estimates["clusters"].to_numpy(dtype=np.float64) - 1
    for figure, variance, low, high in (
        ("gain", "variance", "ci_low", "ci_high"),
        ("standardised", "variance_of_standardised", "standardised_low", "standardised_high"),
    ):
        se = standard_error(estimates[variance].to_numpy(dtype=np.float64))
        se = np.where(se > 0, se, np.nan)
        width = half_width(se, df)
        mean = estimates[figure].to_numpy(dtype=np.float64)
        result[low], result[high] = mean - width, mean + width
        if figure == "gain":
            result["se"], result["df"] = se, np.where(np.isnan(se), np.nan, df)
    few = estimates["level"].ne("institution") & (estimates["clusters"] < thresholds.min_clusters)
    reason = np.select([result["ci_low"].isna(), few], ["no_interval", "few_clusters"], default="").astype(object)
    result["reason"] = pd.Series(reason, index=result.index, dtype="object").replace("", None)
    return result
