"""How far hidden cells can move while all that is shown stays as it is: null spaces, bounds and linear programs.

Belongs here: the geometry of the attack, on a matrix of relations and bounds of cells. Does not belong here: what an attacker
knows and how far is far enough (`attack`), and how the solver is called (`programs`).

The true figures are the origin; a point is what all cells are moved by. What follows from one relation after another confines a
cell from outside: too little room there is too little, and where no circle ties relations together all of it can be reached.
Elsewhere points that fit all that is known show from inside how far cells get: steps in random directions as far as the bounds
allow, then linear programs for those that are left in doubt. Both sides are exact, so nothing rests on chance but the time.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csc_array, csr_array, diags_array, eye_array
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import splu

from pipelines.disclosure.programs import Reach
from pipelines.disclosure.relations import Flags, Floats, Ints

SEED = 20150914
DRAWS = 12
ZERO = 1e-6
"""Below it a drawn vector is zero: the draws are about one, rounding is some 1e-9."""

NOTHING = 1e-9
"""Share of the wanted width: what changes by less has not changed."""

PASSES = 50
"""Over all relations, each confining its cells; after that what still changes is left to the points."""

FAR = 1e6
"""Times the wanted width: what has no bound moves no further than that."""

ROOM = 3.0
"""Times the wanted width: more room than that does not make a cell lead the others."""

TOGETHER = 4
"""Programs that push all doubtful cells of a component at once, before each has its own."""


class NullSpace:
    """Projection onto the vectors z with A·z = 0 that are zero outside `free`, short in the measure of `scale`."""

    def __init__(self, matrix: csr_array, scale: Floats, free: Flags | None = None) -> None:
        """Factorise what the projection needs."""
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

    def draw(self) -> Floats:
        """Random vectors, one a column."""
        random = np.random.default_rng(SEED).standard_normal((self.matrix.shape[1], DRAWS))
        result = random * (self.scale * self.free)[:, None]
        if self.factor is None:
            return np.asarray(result)
        for _ in range(3):
            step = self.factor.solve((self.matrix @ result) / self.size[:, None]) / self.size[:, None]
            result = result - self.weighted.T @ step
        return np.asarray(np.where(np.abs(result) < ZERO * self.scale[:, None], 0.0, result))


def wide(
    matrix: csr_array, component: Ints, drawn: Floats, down: Floats, up: Floats, goal: Floats, asked: Flags
) -> Flags:
    """Which of the asked cells can move by `goal` in all.

    Args:
        matrix: relations (rows) between hidden cells (columns), their entries 1 and -1.
        component: of each cell, as `components` gives it.
        drawn: vectors of the null space.
        down: how far each cell may move down from where it is.
        up: how far up.
        goal: of each cell.
        asked: cells that matter.
    """
    if not asked.any():
        return asked
    far = FAR * max(float(goal.max()), 1.0)
    space = _Space(matrix, component, np.minimum(down, far), np.minimum(up, far), goal)
    found, is_exact = space.confined()
    found &= asked
    middle = space.walk(drawn, np.zeros(len(goal)))
    doubtful = found & ~is_exact & space.is_short()
    if not doubtful.any():
        return found
    numbers, part = space.part(doubtful)
    part.walk(part.directions(middle[numbers]), middle[numbers])
    part.push(doubtful[numbers])
    found[numbers] &= ~doubtful[numbers] | ~part.is_short()
    return found


def components(matrix: csr_array) -> Ints:
    """Number of the component of each column: columns that share a row hang together."""
    rows, columns = matrix.shape
    row, column = matrix.nonzero()
    graph = csr_array((np.ones(len(row)), (row, rows + column)), shape=(rows + columns, rows + columns))
    _, labels = connected_components(graph, directed=False)
    return np.unique(labels[rows:], return_inverse=True)[1].astype(np.int64)


class _Space:
    """Hidden cells, how far each may move, and where it has been seen; arguments as in `wide`."""

    def __init__(self, matrix: csr_array, component: Ints, down: Floats, up: Floats, goal: Floats) -> None:
        self.matrix, self.component, self.down, self.up, self.goal = matrix, component, down, up, goal
        self.least, self.most = np.zeros(len(goal)), np.zeros(len(goal))

    def is_short(self, own: slice = slice(None)) -> Flags:
        """Cells that have not been seen to move far enough."""
        return ~_reaches(self.least[own], self.most[own], self.goal[own])

    def confined(self) -> tuple[Flags, Flags]:
        """Whether what follows from one relation after another leaves each cell enough, and whether it can use all of that.

        It can where no circle ties the relations of its component together.
        """
        matrix, component, low, high = self.matrix, self.component, -self.down, self.up
        rows, columns = matrix.shape
        if not rows:
            return _reaches(low, high, self.goal), np.ones(columns, dtype=bool)
        first, cell, plus = matrix.indptr[:-1], matrix.indices, matrix.data > 0
        row = np.repeat(np.arange(rows), np.diff(matrix.indptr))
        moved = np.ones(columns, dtype=bool)
        for _ in range(PASSES):
            # The entries of a relation add up to nothing: each lies within what the others leave.
            least, most = np.where(plus, low[cell], -high[cell]), np.where(plus, high[cell], -low[cell])
            floor = most - np.add.reduceat(most, first)[row]
            ceiling = least - np.add.reduceat(least, first)[row]
            before = low, high
            low, high = low.copy(), high.copy()
            np.maximum.at(low, cell, np.where(plus, floor, -ceiling))
            np.minimum.at(high, cell, np.where(plus, ceiling, -floor))
            moved = np.maximum(low - before[0], before[1] - high) > NOTHING * self.goal
            if not moved.any():
                break
        size = component.max() + 1
        entries = np.bincount(component[cell], minlength=size)
        tied = np.bincount(component, minlength=size) + np.bincount(component[cell[first]], minlength=size)
        is_exact = (entries < tied) & (np.bincount(component[moved], minlength=size) == 0)
        return _reaches(low, high, self.goal), is_exact[component]

    def walk(self, directions: Floats, begin: Floats) -> Floats:
        """Go from a point both ways along each direction (a column) as far as the bounds allow, component by component.

        Gives the middle of the points reached.
        """
        reached = np.zeros(len(begin))
        for z in directions.T:
            for direction in (z, -z):
                with np.errstate(divide="ignore", invalid="ignore"):
                    room = np.where(
                        direction > 0,
                        (self.up - begin) / direction,
                        np.where(direction < 0, -(self.down + begin) / direction, np.inf),
                    )
                furthest = np.full(self.component.max() + 1, np.inf)
                np.minimum.at(furthest, self.component, np.maximum(room, 0.0))
                point = begin + direction * np.where(np.isfinite(furthest), furthest, 0.0)[self.component]
                self._note(slice(None), point)
                reached += point
        return np.asarray(reached / (2 * directions.shape[1]))

    def directions(self, point: Floats) -> Floats:
        """Vectors for a walk from a point in the midst, where there is room on all sides: each cell by the room it has."""
        room = np.minimum(np.minimum(self.down + point, self.up - point), ROOM * self.goal)
        free = room > ZERO * self.goal
        return NullSpace(self.matrix, np.where(free, room, 1.0), free).draw()

    def part(self, cells: Flags) -> tuple[Ints, _Space]:
        """The components of some cells, one after another, and the numbers of their cells in the whole."""
        order = np.argsort(self.component, kind="stable")
        numbers = order[np.isin(self.component, self.component[cells])[order]]
        matrix = csr_array(self.matrix[:, numbers])
        component = np.unique(self.component[numbers], return_inverse=True)[1]
        rows = np.flatnonzero(np.diff(matrix.indptr))
        rows = rows[np.argsort(component[matrix.indices[matrix.indptr[rows]]], kind="stable")]
        part = _Space(csr_array(matrix[rows]), component, *(a[numbers] for a in (self.down, self.up, self.goal)))
        part.least[:], part.most[:] = self.least[numbers], self.most[numbers]
        return numbers, part

    def push(self, asked: Flags) -> None:
        """Where asked cells are short still: linear programs for all of a component at once, then two for each that is left.

        The components lie one after another, as `part` gives them.
        """
        by_column, random, reach = csc_array(self.matrix), np.random.default_rng(SEED), Reach()
        starts = np.flatnonzero(np.diff(self.component, prepend=-1, append=-1))
        for own in map(slice, starts[:-1].tolist(), starts[1:].tolist()):
            down, up, goal = self.down[own], self.up[own], self.goal[own]
            doubtful = asked[own] & self.is_short(own)
            if doubtful.any():
                reach.load(by_column[:, own], -down, up)
            for _ in range(TOGETHER):
                if np.count_nonzero(doubtful) <= 1:
                    break
                # Each towards where more of its way is untried, by lot, for those of one relation cannot all go one way.
                above = (np.minimum(up, goal) - self.most[own]) * random.random(len(goal))
                below = (np.minimum(down, goal) + self.least[own]) * random.random(len(goal))
                towards = np.where(above >= below, 1.0, -1.0) / np.maximum(goal, ZERO)
                self._note(own, reach.furthest(np.where(doubtful, towards, 0.0)))
                doubtful = asked[own] & self.is_short(own)
            for cell in np.flatnonzero(doubtful).tolist():
                for direction in (1.0, -1.0):
                    if self.is_short(own)[cell]:
                        self._note(own, reach.furthest(direction * (np.arange(len(goal)) == cell)))

    def _note(self, own: slice, point: Floats | None) -> None:
        """Some cells have been at a point."""
        if point is not None:
            np.minimum(self.least[own], point, out=self.least[own])
            np.maximum(self.most[own], point, out=self.most[own])


def _reaches(least: Floats, most: Floats, goal: Floats) -> Flags:
    """Whether it is far enough from least to most."""
    return np.asarray(most - least >= goal * (1 - 1e-6))
