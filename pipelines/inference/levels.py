"""Levels: a unit's mean with its standard error and interval (method.md 2).

Belongs here: from variance to interval. Does not belong here: the sums (dbt, `int_level_estimates`).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipelines.inference.intervals import degrees_of_freedom, half_width, standard_error
from pipelines.programme.definition import Thresholds

SAME = ["mapping", "respondent_group", "theme", "form", "breakdown", "breakdown_value"]
"""What a level and that of the whole programme have in common."""
COMPARISON = ["programme_difference", "programme_difference_low", "programme_difference_high", "band"]
BANDS = ["much_below", "below", "around", "above", "much_above"]
NEAR, FAR = 0.5, 1.5
"""Bounds of the five bands in between-unit SD (method.md 2)."""


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
    result[COMPARISON] = against_programme(result)
    return result.drop(columns=["variance", "sigma", "is_clustered", "effective_clusters"])


def against_programme(levels: pd.DataFrame) -> pd.DataFrame:
    """Each level beside that of the whole programme (method.md 2): columns `COMPARISON`; null for the programme itself.

    A unit is part of the programme, so with w = n_u/n_p the variance of the difference is V_u + V_p − 2·w·V_u. The bands stand on
    the SD of the means of all units of one level.

    Args:
        levels: columns of the mart before disclosure control, with `variance`.
    """
    whole = levels.loc[levels["level"].eq("programme"), [*SAME, "mean", "variance", "n"]]
    both = levels[[*SAME, "level", "mean", "variance", "n", "df"]].merge(
        whole, on=SAME, how="left", suffixes=("", "_whole")
    )
    numbers = both[["mean", "variance", "n", "df", "mean_whole", "variance_whole", "n_whole"]].astype("float64")
    difference = numbers["mean"] - numbers["mean_whole"]
    share = numbers["n"] / numbers["n_whole"]
    variance = numbers["variance"] * (1 - 2 * share) + numbers["variance_whole"]
    width = half_width(standard_error(variance.clip(lower=0).to_numpy()), numbers["df"].to_numpy())
    spread = numbers["mean"].groupby([both[name] for name in [*SAME, "level"]]).transform("std")
    z = (difference / spread.where(spread > 0)).to_numpy()
    band = np.select([np.isnan(z), z < -FAR, z < -NEAR, z <= NEAR, z <= FAR], ["", *BANDS[:-1]], default=BANDS[-1])
    is_whole = both["level"].eq("programme")
    result = pd.DataFrame(
        {
            "programme_difference": difference,
            "programme_difference_low": difference - width,
            "programme_difference_high": difference + width,
        }
    ).mask(is_whole)
    named = pd.Series(band, dtype="object")
    result["band"] = named.mask(is_whole | named.eq(""), None)
    return result.set_index(levels.index)
