"""Levels: a unit's mean with its standard error and interval (method.md 2).

Belongs here: from variance to interval. Does not belong here: the sums (dbt, `int_level_estimates`).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipelines.inference.intervals import degrees_of_freedom, half_width, standard_error
from pipelines.programme.definition import Thresholds


def level_intervals(estimates: pd.DataFrame, thresholds: Thresholds) -> pd.DataFrame:
    """Add `se`, `df`, `ci_low`, `ci_high` to level estimates.

    Args:
        estimates: rows of `int_level_estimates`: mean and variance on the 500 scale, clusters.
        thresholds: the programme's.

    Returns:
        The same rows. With one cluster there is a mean and no interval (null).
    """
    result = estimates.copy()
    df = degrees_of_freedom(
        result["clusters"].to_numpy(dtype=np.float64) - 1,
        result["effective_clusters"].to_numpy(dtype=np.float64),
        thresholds.degrees_of_freedom,
    )
    se = standard_error(result["variance"].to_numpy(dtype=np.float64))
    mean = result["mean"].to_numpy(dtype=np.float64)
    width = half_width(se, df)
    result["se"] = se
    result["df"] = np.where(np.isnan(se), np.nan, df)
    result["ci_low"] = mean - width
    result["ci_high"] = mean + width
    return result.drop(columns=["variance", "sigma", "is_clustered", "effective_clusters"])
