"""Reliability of themes from the sums and products of their items (method.md 3).

Belongs here: alpha, omega, corrected item-total correlations and the verdict. Does not belong here: the sums over
respondents (dbt, `int_item_moments`).
"""

from __future__ import annotations

import warnings

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import optimize

Matrix = npt.NDArray[np.float64]

VERDICTS = ((0.80, "good"), (0.70, "acceptable"), (0.60, "weak"))
"""Lower bounds of alpha (method.md 3)."""
FEWEST_FOR_ALPHA = 2
OMEGA_DECIMALS = 9
NEAR = 1e-3
"""A polished solution farther away than this is another one."""
FURTHEST = 0.95
"""Loading of a start: with one of 1 there would be no uniqueness to begin with."""
FEWEST_FOR_OMEGA = 3
"""With two items one factor is not identified."""


def reliabilities(moments: pd.DataFrame, asked: pd.DataFrame) -> pd.DataFrame:
    """One row per mapping, respondent group and theme: items, n, alpha, omega, min_item_total, verdict.

    Args:
        moments: rows of `int_item_moments`.
        asked: mapping, respondent_group, theme, n_items of every theme asked, so that one without a complete case or with
            one item has its row too.
    """
    by_theme = dict(list(moments.groupby(["mapping", "respondent_group", "theme"], observed=True)))
    rows = []
    for row in asked.itertuples(index=False):
        key = (row.mapping, row.respondent_group, row.theme)
        found = by_theme.get(key)
        n = 0 if found is None else int(found["n"].iloc[0])
        rows.append(
            (*key, row.n_items, n, *(_coefficients(covariance(found)) if found is not None and n > 1 else (None,) * 3))
        )
    result = pd.DataFrame(
        rows, columns=["mapping", "respondent_group", "theme", "items", "n", "alpha", "omega", "min_item_total"]
    )
    result[["alpha", "omega", "min_item_total"]] = result[["alpha", "omega", "min_item_total"]].astype("float64")
    conditions = [result["alpha"].isna(), *(result["alpha"] >= bound for bound, _ in VERDICTS)]
    names = ["not_computable", *(name for _, name in VERDICTS)]
    result["verdict"] = np.select(conditions, names, default="not_a_theme")
    return result


def covariance(moments: pd.DataFrame) -> Matrix:
    """Covariance matrix (n − 1) of a theme's items from whole-number sums; the items in slot order."""
    slots = sorted(set(moments["slot"]) | set(moments["other_slot"]))
    place = {slot: index for index, slot in enumerate(slots)}
    matrix = np.empty((len(slots), len(slots)))
    n = float(moments["n"].iloc[0])
    sums = moments[["sum_item", "sum_other", "sum_product"]].to_numpy(dtype=np.float64)
    values = (sums[:, 2] - sums[:, 0] * sums[:, 1] / n) / (n - 1)
    rows, columns = (moments[name].map(place).to_numpy(dtype=np.intp) for name in ("slot", "other_slot"))
    matrix[rows, columns] = matrix[columns, rows] = values
    return matrix


def cronbach_alpha(covariances: Matrix) -> float | None:
    """Cronbach's alpha: k/(k−1)·(1 − Σ variances / variance of the sum). None with one item or without spread."""
    k, total = len(covariances), covariances.sum()
    if k < FEWEST_FOR_ALPHA or total <= 0:
        return None
    return float(k / (k - 1) * (1 - np.trace(covariances) / total))


def mcdonald_omega(covariances: Matrix) -> float | None:
    """Omega total of a one-factor maximum-likelihood model on the correlations, (Σλ)²/((Σλ)² + Σψ).

    None with fewer than three items, an item without spread, or a model that does not converge.
    """
    from statsmodels.multivariate.factor import Factor

    spread = np.sqrt(np.diag(covariances))
    if len(covariances) < FEWEST_FOR_OMEGA or (spread == 0).any():
        return None
    correlations = covariances / np.outer(spread, spread)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            # Left to itself it would draw where to start, anew each time, and now and then not arrive.
            fitted = Factor(corr=correlations, n_factor=1, method="ml").fit(start=_principal(correlations))
    except (Warning, np.linalg.LinAlgError, ValueError):
        return None
    loadings, uniqueness = _polished(correlations, np.asarray(fitted.loadings)[:, 0], np.asarray(fitted.uniqueness))
    common = float(np.sum(loadings)) ** 2
    return round(common / (common + float(np.sum(uniqueness))), OMEGA_DECIMALS)


def _principal(correlations: Matrix) -> tuple[Matrix, Matrix]:
    """Where the likelihood's search begins: the first principal component, one column of loadings, and what it leaves."""
    values, vectors = np.linalg.eigh(correlations)
    loadings = np.clip(vectors[:, -1:] * np.sqrt(values[-1]), -FURTHEST, FURTHEST)
    return loadings, 1 - loadings[:, 0] ** 2


def _polished(correlations: Matrix, loadings: Matrix, uniqueness: Matrix) -> tuple[Matrix, Matrix]:
    """The solution brought to where the likelihood is flat to machine precision.

    The optimiser stops within 1e-7 of it, at a place that depends on the last bit of a sum: two runs would differ.
    """
    k = len(correlations)

    def slope(x: Matrix) -> Matrix:
        implied = np.outer(x[:k], x[:k]) + np.diag(x[k:])
        inverse = np.linalg.inv(implied)
        misfit = inverse @ (implied - correlations) @ inverse
        return np.concatenate([misfit @ x[:k], np.diag(misfit)])

    found = optimize.root(slope, np.concatenate([loadings, uniqueness]), tol=1e-13)
    near = np.abs(found.x - np.concatenate([loadings, uniqueness])).max() < NEAR and (found.x[k:] > 0).all()
    return (found.x[:k], found.x[k:]) if near else (loadings, uniqueness)


def item_total_correlations(covariances: Matrix) -> Matrix:
    """Corrected item-total correlations: each item with the sum of the others; not a number without spread."""
    variances = np.diag(covariances)
    with_rest = covariances.sum(axis=1) - variances
    rest_variance = covariances.sum() - 2 * covariances.sum(axis=1) + variances
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(with_rest / np.sqrt(variances * rest_variance))


def _coefficients(covariances: Matrix) -> tuple[float | None, float | None, float | None]:
    """Alpha, omega and the lowest item-total correlation of a theme."""
    if len(covariances) < FEWEST_FOR_ALPHA:
        return None, None, None
    totals = item_total_correlations(covariances)
    lowest = None if np.isnan(totals).all() else float(np.nanmin(totals))
    return cronbach_alpha(covariances), mcdonald_omega(covariances), lowest
