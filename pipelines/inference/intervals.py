"""Student's t for whole tables: intervals and p-values.

Belongs here: the distribution. Does not belong here: where the variances come from (dbt) and what they are said to mean
(`progression`). scipy.stats takes 0.6 s to import: only inside functions, so that what is only defined need not wait for it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

CONFIDENCE = 0.95
"""Share of intervals that cover the truth (method.md 5)."""

ROUNDING = 1e-9
"""Variance in points² that is rounding and no spread: sums are kept to twelve decimals."""


def standard_error(variance: Floats) -> Floats:
    """Root of a variance; one that is only rounding is zero, so that equal answers do not look like certainty."""
    return np.sqrt(np.where(variance < ROUNDING, 0.0, variance))


def degrees_of_freedom(usual: Floats, effective_clusters: Floats, rule: str) -> Floats:
    """Clusters − 1, or by `satterthwaite` effective clusters − 1 where the variance is clustered.

    Effective clusters are (Σw)²/Σw² with w = (n_s/n)², added over the rounds of a change: the number of equal schools that give
    a variance as well known, when school means have one variance. With equal schools both rules agree.
    """
    if rule == "clusters":
        return usual
    return np.where(np.isnan(effective_clusters), usual, np.clip(effective_clusters - 1, 1, np.maximum(usual, 1)))


def half_width(se: Floats, df: Floats) -> Floats:
    """Half of the 95 % interval: t quantile times standard error. Not a number where either is missing or df < 1.

    A quantile is looked up once per distinct df: a programme has few.
    """
    from scipy import stats

    distinct, position = np.unique(df, return_inverse=True)
    quantiles = np.asarray(stats.t.ppf((1 + CONFIDENCE) / 2, np.where(distinct >= 1, distinct, np.nan)))
    return np.asarray(quantiles[position] * se, dtype=np.float64)


def two_sided_p(estimate: Floats, se: Floats, df: Floats) -> Floats:
    """Two-sided p-value of `estimate` against zero.

    A standard error of zero leaves nothing to test: not a number.
    """
    from scipy import stats

    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.where(se > 0, np.abs(estimate) / se, np.nan)
    return np.asarray(2 * stats.t.sf(t, np.where(df >= 1, df, np.nan)), dtype=np.float64)
