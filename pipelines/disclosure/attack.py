"""The attack test: what can be worked out from all that is about to be released (method.md 10).

Belongs here: what an attacker knows and asks. Does not belong here: how far cells can move (`movement`), hiding more
(`secondary`), reading files and the verdict on them.

The attacker knows every figure that is shown, which cells there are and how they add up, the reason codes, the scale of the
answers, and for a mean even every n. For each hidden cell there is asked:

* is it determined? The relations between hidden cells are a matrix A; a cell is determined when every vector with A·z = 0 is
  zero there. Vectors drawn at random and projected onto the null space are not zero anywhere else.
* how far can it move (`movement`)? What each relation leaves it bounds it from outside; two points that fit all that is known
  prove an interval at least as wide as they lie apart. Where the two do not meet, linear programs decide.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from pipelines.disclosure.movement import NullSpace, components, wide
from pipelines.disclosure.relations import Flags, Floats, Ints, System

MEAN_WIDTH = 0.1
"""Of the scale: the least interval of a hidden mean."""

N_WIDTH = 3.0
"""Within one above and one below is an interval of two; the next whole number is three."""


@dataclass(frozen=True)
class Findings:
    """Per cell, whether the attack succeeds.

    Attributes:
        determined: its figures follow from what is shown.
        narrow: the interval of its mean is too narrow.
        near: its n is known to within one.
    """

    determined: Flags
    narrow: Flags
    near: Flags

    @property
    def failing(self) -> Flags:
        """Any of these."""
        return self.determined | self.narrow | self.near


@dataclass(frozen=True)
class Knowledge:
    """What the attacker cannot but respect, per cell.

    Attributes:
        n: respondents (the truth).
        n_low, n_high: what the reason codes and the rows say of n.
        total: sum of scores (the truth); not a number where the cell has no mean.
        low, high: ends of the scale.
    """

    n: Floats
    n_low: Floats
    n_high: Floats
    total: Floats
    low: Floats
    high: Floats


def attack(
    system: System, hidden: Flags, guarded: Flags, knowledge: Knowledge, touched: Flags | None = None
) -> Findings:
    """Try to work out hidden cells.

    Args:
        system: cells and relations.
        hidden: cells that nothing released shows.
        guarded: cells that must not be found out; a hidden cell that no mart tells of and that is large enough need not be.
        knowledge: bounds and truth.
        touched: only what hangs together with these cells is tried: the rest has been, and nothing has changed there.
    """
    size = len(system.cells)
    determined, narrow, near = (np.zeros(size, dtype=bool) for _ in range(3))
    if touched is not None:
        hidden = _together(system, hidden, touched)
    asked = hidden & guarded
    if not asked.any():
        return Findings(determined, narrow, near)
    numbers = np.flatnonzero(hidden)
    matrix = _matrix(system, hidden, numbers)
    wanted = asked[numbers]
    n = knowledge.n[numbers]
    component, drawn = components(matrix), NullSpace(matrix, np.sqrt(np.maximum(n, 1.0))).draw()
    free = wanted & drawn.any(axis=1)
    determined[numbers] = wanted & ~free

    def is_held(down: Floats, up: Floats, goal: Floats, asked: Flags) -> Flags:
        return asked & ~wide(matrix, component, drawn, np.maximum(down, 0), np.maximum(up, 0), goal, asked)

    total, low, high = (values[numbers] for values in (knowledge.total, knowledge.low, knowledge.high))
    down, up = np.nan_to_num(total - low * n), np.nan_to_num(high * n - total)
    narrow[numbers] = is_held(down, up, MEAN_WIDTH * (high - low) * n, free & np.isfinite(total))
    down, up = n - knowledge.n_low[numbers], knowledge.n_high[numbers] - n
    near[numbers] = is_held(down, up, np.full(len(numbers), N_WIDTH), free)
    return Findings(determined, narrow, near)


def _together(system: System, hidden: Flags, touched: Flags) -> Flags:
    """Hidden cells that some chain of relations ties to a touched one through hidden cells alone."""
    numbers = np.flatnonzero(hidden)
    component = components(_matrix(system, hidden, numbers))
    found = np.zeros(len(hidden), dtype=bool)
    found[numbers[np.isin(component, component[touched[numbers]])]] = True
    return found


def _matrix(system: System, hidden: Flags, numbers: Ints) -> csr_array:
    """Relations (rows) between hidden cells (columns): members minus total is what is shown."""
    kept = hidden[system.entry]
    rows = system.owner[kept]
    _, rows = np.unique(rows, return_inverse=True)
    columns = np.searchsorted(numbers, system.entry[kept])
    values = np.where(system.is_total[kept], -1.0, 1.0)
    return csr_array((values, (rows, columns)), shape=(int(rows.max(initial=-1)) + 1, len(numbers)))
