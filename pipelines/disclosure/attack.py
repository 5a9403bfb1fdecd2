"""The attack test: what can be worked out from all that is about to be released (method.md 10).

Belongs here: solving the system of totals for what is hidden. Does not belong here: hiding more (`secondary`), reading files
and the verdict on them.

The attacker knows every figure that is shown, which cells there are and how they add up, the reason codes, the scale of the
answers, and for a mean even every n. For each hidden cell there is asked:

* is it determined? The relations between hidden cells are a matrix A; a cell is determined when every vector with A·z = 0 is
  zero there. Vectors drawn at random and projected onto the null space are not zero anywhere else.
* how far can it move? Two points that fit all that is known prove an interval at least as wide as they lie apart. Steps along
  the drawn vectors as far as the bounds allow give such points for most cells at once, linear programs that push all doubtful
  cells together for the next, and two linear programs of its own for each that is left.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csc_array, csr_array, diags_array, eye_array
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import splu

from pipelines.disclosure.programs import Reach
from pipelines.disclosure.relations import Flags, Floats, Ints, System

MEAN_WIDTH = 0.1
"""Of the scale: the least interval of a hidden mean."""

N_WIDTH = 3.0
"""Within one above and one below is an interval of two; the next whole number is three."""

DRAWS = 12
SWEEPS = 4
ZERO = 1e-6
"""Below it a drawn vector is zero: the draws are about one, rounding is some 1e-9."""

ROOM = 3.0
"""Times the wanted width: more room than that does not make a cell lead the others."""

EDGE = 0.02
"""Share of the wanted width: a cell nearer to its bound than that stops all others of its component, and is tried by itself."""


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
    scale = np.sqrt(np.maximum(n, 1.0))
    space = _NullSpace(matrix, scale)
    determined[numbers] = wanted & ~space.draw().any(axis=1)
    has_mean = wanted & np.isfinite(knowledge.total[numbers]) & ~determined[numbers]
    reach = (knowledge.high - knowledge.low)[numbers]
    down = np.nan_to_num(knowledge.total[numbers] - knowledge.low[numbers] * n)
    up = np.nan_to_num(knowledge.high[numbers] * n - knowledge.total[numbers])
    goal = MEAN_WIDTH * reach * n
    narrow[numbers] = has_mean & ~_wide(space, np.maximum(down, 0), np.maximum(up, 0), goal, has_mean)
    down, up = n - knowledge.n_low[numbers], knowledge.n_high[numbers] - n
    moving = wanted & ~determined[numbers]
    goal = np.full(len(numbers), N_WIDTH)
    near[numbers] = moving & ~_wide(space, np.maximum(down, 0), np.maximum(up, 0), goal, moving)
    return Findings(determined, narrow, near)


def _together(system: System, hidden: Flags, touched: Flags) -> Flags:
    """Hidden cells that some chain of relations ties to a touched one through hidden cells alone."""
    numbers = np.flatnonzero(hidden)
    component = _components(_matrix(system, hidden, numbers))
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


class _NullSpace:
    """Projection onto the vectors z with A·z = 0 that are zero outside `free`, short in the measure of `scale`."""

    def __init__(self, matrix: csr_array, scale: Floats, free: Flags | None = None) -> None:
        self.matrix, self.scale = matrix, scale
        self.free = np.ones(len(scale)) if free is None else free.astype(np.float64)
        self.weighted = csr_array(matrix @ diags_array(self.free * scale**2))
        square = csr_array(self.weighted @ matrix.T)
        diagonal = square.diagonal()
        self.size = np.where(diagonal > 0, np.sqrt(diagonal), 1.0)
        norm = diags_array(1 / self.size)
        # Relations that follow from others make the square singular; a touch of the unit matrix does not move the projection.
        touched = csc_array(norm @ square @ norm + 1e-11 * eye_array(len(self.size)))
        self.factor = splu(touched, permc_spec="MMD_AT_PLUS_A") if matrix.shape[0] else None

    def draw(self, inward: Floats | None = None) -> Floats:
        """Random vectors, one a column; where `inward` is not zero, they start out in its direction."""
        random = np.random.default_rng(20150914).standard_normal((self.matrix.shape[1], DRAWS))
        if inward is not None:
            random = np.where(inward[:, None] != 0, np.abs(random) * inward[:, None], random)
        result = random * (self.scale * self.free)[:, None]
        if self.factor is None:
            return np.asarray(result)
        for _ in range(3):
            step = self.factor.solve((self.matrix @ result) / self.size[:, None]) / self.size[:, None]
            result = result - self.weighted.T @ step
        return np.asarray(np.where(np.abs(result) < ZERO * self.scale[:, None], 0.0, result))


def _wide(space: _NullSpace, down: Floats, up: Floats, goal: Floats, asked: Flags) -> Flags:
    """Which of the asked cells can move by `goal` in all, with every cell within `down` and `up` of where it is."""
    least, most = np.zeros(len(goal)), np.zeros(len(goal))
    if not asked.any():
        return most >= goal
    matrix = space.matrix
    component = _components(matrix)
    edge = np.minimum(down, up) < EDGE * goal
    inward = np.where(edge, np.where(up >= down, 1.0, -1.0), 0.0)
    drawn = [space.draw(), space.draw(inward)]
    if edge.any():
        drawn.append(_NullSpace(matrix, space.scale, ~edge).draw())
    middle = _walk(np.hstack(drawn), np.zeros(len(goal)), component, down, up, least, most)
    # In the middle of what was reached there is room on all sides: once more from there, each cell by the room it has.
    room = np.minimum(np.minimum(down + middle, up - middle), ROOM * goal)
    free = room > ZERO * goal
    drawn_there = _NullSpace(matrix, np.where(free, room, 1.0), free).draw()
    _walk(drawn_there, middle, component, down, up, least, most)
    return asked & _pushed(matrix, component, down, up, goal, asked, least, most)


def _walk(
    directions: Floats, begin: Floats, component: Ints, down: Floats, up: Floats, least: Floats, most: Floats
) -> Floats:
    """Go from a point both ways along each direction (a column) as far as the bounds allow, component by component.

    Notes in `least` and `most` where each cell has been, and gives the middle of the points reached.
    """
    reached = np.zeros(len(begin))
    for z in directions.T:
        for direction in (z, -z):
            with np.errstate(divide="ignore", invalid="ignore"):
                room = np.where(
                    direction > 0,
                    (up - begin) / direction,
                    np.where(direction < 0, -(down + begin) / direction, np.inf),
                )
            furthest = np.full(component.max() + 1, np.inf)
            np.minimum.at(furthest, component, np.maximum(room, 0.0))
            point = begin + direction * np.where(np.isfinite(furthest), furthest, 0.0)[component]
            np.minimum(least, point, out=least)
            np.maximum(most, point, out=most)
            reached += point
    return np.asarray(reached / (2 * directions.shape[1]))


def _pushed(
    matrix: csr_array,
    component: Ints,
    down: Floats,
    up: Floats,
    goal: Floats,
    asked: Flags,
    least: Floats,
    most: Floats,
) -> Flags:
    """What linear programs add: doubtful cells all pushed together, then one of each component at a time, up and down."""
    goal_met = goal * (1 - 1e-6)
    wide = 1e6 * max(float(goal.max()), 1.0)
    down, up = np.minimum(down, wide), np.minimum(up, wide)
    random = np.random.default_rng(20150914)
    by_column, order = csc_array(matrix), np.argsort(component, kind="stable")

    def doubtful() -> Flags:
        return asked & (most - least < goal_met)

    def note(cells: Ints, found: Floats | None) -> None:
        if found is not None:
            least[cells] = np.minimum(least[cells], found)
            most[cells] = np.maximum(most[cells], found)

    for _ in range(SWEEPS):
        cells = doubtful()
        if not cells.any():
            break
        # Each towards where more of its way is untried, by lot, for those of one relation cannot all go one way.
        above = (np.minimum(up, goal) - most) * random.random(len(goal))
        below = (np.minimum(down, goal) + least) * random.random(len(goal))
        towards = np.where(above >= below, 1.0, -1.0)
        own = np.flatnonzero(np.isin(component, component[cells]))
        reach = Reach(by_column[:, own])
        reach.bound(-np.minimum(down, goal)[own], np.minimum(up, goal)[own])
        note(own, reach.best(np.where(cells, -towards / np.maximum(goal, 1e-9), 0.0)[own]))
    cells = doubtful()
    for own in np.split(order, np.flatnonzero(np.diff(component[order])) + 1):
        if not cells[own].any():
            continue
        reach = Reach(by_column[:, own])
        reach.bound(-down[own], up[own])
        for position, cell in enumerate(own.tolist()):
            for direction in (1.0, -1.0):
                if asked[cell] and most[cell] - least[cell] < goal_met[cell]:
                    note(own, reach.furthest(position, direction))
    return np.asarray(most - least >= goal_met)


def _components(matrix: csr_array) -> Ints:
    """Number of the component of each column: columns that share a row hang together."""
    rows, columns = matrix.shape
    row, column = matrix.nonzero()
    graph = csr_array((np.ones(len(row)), (row, rows + column)), shape=(rows + columns, rows + columns))
    _, labels = connected_components(graph, directed=False)
    return np.unique(labels[rows:], return_inverse=True)[1].astype(np.int64)
