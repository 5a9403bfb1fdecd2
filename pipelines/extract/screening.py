"""What answers look like as a whole: signs that a person or a codebook did not mean them, before anything is scored.

Belongs here: screens over the matrix of one file, pure functions. Does not belong here: scores and statements (dbt,
inference), and what is done about a finding.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipelines.extract.matrix import Codes, Matrix
from pipelines.programme import Programme


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
