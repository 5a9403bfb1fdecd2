"""What answers look like as a whole: signs that a person or a codebook did not mean them, before anything is scored.

Belongs here: screens over the matrix of one file, pure functions. Does not belong here: scores and statements (dbt,
inference), and what is done about a finding.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from pipelines.extract.matrix import Codes, Matrix
from pipelines.programme import Programme

Values = Mapping[str, Mapping[str, float]]
"""Variable to code to what a valid code counts."""


def delivered_directions(programme: Programme, mapping: str, group: str) -> dict[str, int]:
    """Variable to direction as delivered: -1 where agreeing is the bad side and the delivery has not turned it."""
    asked = programme.asked(mapping, group)
    items = programme.items[programme.items["respondent_group"].eq(group)]
    direction = dict(zip(items["item_id"], items["direction"], strict=True))
    return {
        str(row.variable): 1 if row.already_reversed else int(direction[row.item_id])
        for row in asked.itertuples(index=False)
    }


def straight_lined(matrix: Matrix, asked: Codes, directions: dict[str, int], least: int) -> NDArray[np.bool_]:
    """Rows with one and the same valid answer to everything, `least` answers or more, questions of both directions among them.

    Somebody who means it cannot agree with a statement and with its opposite (domain.md 6.3, 16).
    """
    turned = np.array([directions[name] < 0 for name in matrix.variables], dtype=bool)
    n = len(matrix.cells)
    if len(matrix.variables) < least or turned.all() or not turned.any():
        return np.zeros(n, dtype=bool)
    highest = matrix.cells.max(axis=1)
    same = (matrix.cells == highest[:, None]) | (matrix.cells == 0)
    found: NDArray[np.bool_] = np.zeros(n, dtype=bool)
    suspects = np.flatnonzero(same.all(axis=1) & (highest > 0))
    part = Matrix(matrix.variables, matrix.codes, matrix.cells[suspects], matrix.declared)
    valid = part.of_kind(asked, "valid")
    enough = valid.sum(axis=1) >= least
    both = (valid & turned).any(axis=1) & (valid & ~turned).any(axis=1)
    found[suspects] = enough & both
    return found


FEWEST, MOST = 50, 4_000
"""Complete rows that the screen of a theme needs, and takes at most."""


def against_theme(
    matrix: Matrix, values: Values, directions: dict[str, int], themes: dict[str, str], kept: NDArray[np.bool_]
) -> list[str]:
    """Variables whose answers run clearly against the other items of their theme: turned already, or turned twice.

    Corrected item-total correlation below zero by more than three standard errors, over complete rows (method.md 3 has the
    figure that counts; this is the sign of it before anything is loaded).
    """
    found = []
    for theme in dict.fromkeys(themes[name] for name in matrix.variables):
        places = [n for n, name in enumerate(matrix.variables) if themes[name] == theme]
        if len(places) < 3:  # noqa: PLR2004
            continue
        complete = np.flatnonzero(kept & (matrix.cells[:, places] > 0).all(axis=1))
        complete = complete[:: max(len(complete) // MOST, 1)]
        scores = np.empty((len(complete), len(places)))
        for column, place in enumerate(places):
            name = matrix.variables[place]
            worth = np.array([values[name].get(code, np.nan) for code in matrix.codes])
            scores[:, column] = worth[matrix.cells[complete, place]] * directions[name]
        scores = scores[~np.isnan(scores).any(axis=1)]
        if len(scores) < FEWEST:
            continue
        spread = scores.std(axis=0)
        rest = scores.sum(axis=1)[:, None] - scores
        together = ((scores - scores.mean(axis=0)) * (rest - rest.mean(axis=0))).mean(axis=0)
        scale = spread * rest.std(axis=0)
        correlation = np.divide(together, scale, out=np.zeros_like(scale), where=scale > 0)
        limit = -3 / np.sqrt(len(scores))
        found += [matrix.variables[place] for place, r in zip(places, correlation, strict=True) if r < limit]
    return found
