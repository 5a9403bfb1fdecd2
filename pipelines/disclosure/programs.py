"""Linear and integer programs: minimise c·x with rows between limits and low ≤ x ≤ high, solved by HiGHS.

Belongs here: how the solver is called. Does not belong here: what a program means (`secondary`, `attack`).
"""

from __future__ import annotations

import highspy
import numpy as np
from scipy.sparse import csc_array, csr_array

from pipelines.disclosure.relations import Flags, Floats

BY_PRIMAL = 4
"""HiGHS' number of the primal simplex method: a changed objective goes on from the point where the last one ended."""


def smallest(
    cost: Floats, matrix: csr_array, row_low: Floats, low: Floats, high: Floats, whole: Flags, nodes: int, gap: float
) -> tuple[Floats | None, int]:
    """The cheapest x with matrix·x ≥ row_low, whole numbers where asked for; nothing where none is found within `nodes`.

    Args:
        cost: of each column of the matrix.
        matrix: rows by columns.
        row_low: of each row.
        low: least value of each column.
        high: largest value of each column.
        whole: columns that hold whole numbers.
        nodes: of the search, at most; a limit in seconds would give another answer on another day.
        gap: share of the cost by which the answer may lie above the best.

    Returns:
        It, and the steps of the simplex method that it took: what the work was, the same on every day.
    """
    kinds = [highspy.HighsVarType.kInteger if is_whole else highspy.HighsVarType.kContinuous for is_whole in whole]
    solver = _solver(csc_array(matrix), row_low, np.full(len(row_low), highspy.kHighsInf), cost, low, high, kinds)
    solver.setOptionValue("mip_max_nodes", nodes)
    solver.setOptionValue("mip_rel_gap", gap)
    solver.run()
    solution, about = solver.getSolution(), solver.getInfo()
    is_found = solution.value_valid and about.primal_solution_status == highspy.kSolutionStatusFeasible
    return np.asarray(solution.col_value) if is_found else None, int(about.simplex_iteration_count)


class Reach:
    """How far the columns of matrix·x = 0 can be pushed within bounds: one system, many objectives."""

    def __init__(self, matrix: csc_array) -> None:
        """Load the system; rows without an entry say nothing and are left out."""
        rows, entries = np.unique(matrix.indices, return_inverse=True)
        columns = matrix.shape[1]
        nothing = np.zeros(columns)
        self._size, self._columns = columns, np.arange(columns, dtype=np.int32)
        level = np.zeros(len(rows))
        filled = csc_array((matrix.data, entries.astype(np.int32), matrix.indptr), shape=(len(rows), columns))
        self._solver = _solver(filled, level, level, nothing, nothing, nothing)

    def bound(self, low: Floats, high: Floats) -> None:
        """Set the bounds of all columns."""
        self._solver.changeColsBounds(self._size, self._columns, low, high)

    def best(self, cost: Floats) -> Floats | None:
        """The x of least cost; nothing where the solver does not end."""
        self._solver.changeColsCost(self._size, self._columns, cost)
        return self._solved()

    def furthest(self, column: int, direction: float) -> Floats | None:
        """The x in which one column lies as far as it goes, up (1) or down (−1)."""
        self._solver.setOptionValue("simplex_strategy", BY_PRIMAL)
        self._solver.changeColCost(column, -direction)
        found = self._solved()
        self._solver.changeColCost(column, 0.0)
        return found

    def _solved(self) -> Floats | None:
        self._solver.run()
        if self._solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        return np.asarray(self._solver.getSolution().col_value)


def _solver(
    matrix: csc_array,
    row_low: Floats,
    row_high: Floats,
    cost: Floats,
    low: Floats,
    high: Floats,
    kinds: list[highspy.HighsVarType] | None = None,
) -> highspy.Highs:
    """HiGHS with a program loaded; silent, on one core, and so the same on every day."""
    program = highspy.HighsLp()
    program.num_row_, program.num_col_ = matrix.shape
    program.col_cost_, program.col_lower_, program.col_upper_ = cost, low, high
    program.row_lower_, program.row_upper_ = row_low, row_high
    program.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    program.a_matrix_.start_, program.a_matrix_.index_ = matrix.indptr, matrix.indices
    program.a_matrix_.value_ = matrix.data
    if kinds is not None:
        program.integrality_ = kinds
    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    solver.passModel(program)
    return solver
