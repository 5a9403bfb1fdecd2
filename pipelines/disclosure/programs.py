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

WITHOUT: dict[str, bool | float] = {
    "mip_heuristic_run_feasibility_jump": False,
    "mip_heuristic_effort": 0.0,
    "mip_detect_symmetry": False,
}
"""What HiGHS spends a third of its time on in programs of this size, and then finds what its linear programs find too."""


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
    program = _program(csc_array(matrix), row_low, np.full(len(row_low), highspy.kHighsInf), cost, low, high)
    program.integrality_ = kinds
    solver = _solver()
    solver.setOptionValue("mip_max_nodes", nodes)
    solver.setOptionValue("mip_rel_gap", gap)
    for name, off in WITHOUT.items():
        solver.setOptionValue(name, off)
    solver.passModel(program)
    solver.run()
    solution, about = solver.getSolution(), solver.getInfo()
    is_found = solution.value_valid and about.primal_solution_status == highspy.kSolutionStatusFeasible
    return np.asarray(solution.col_value) if is_found else None, int(about.simplex_iteration_count)


class Reach:
    """How far the columns of matrix·x = 0 can be pushed within bounds: one small system at a time, many directions.

    One solver for all: to make one takes longer than most of these programs.
    """

    def __init__(self) -> None:
        """No system is loaded."""
        self._solver = _solver()
        # Bounds do not change: each program goes on from the point where the last one ended.
        self._solver.setOptionValue("simplex_strategy", BY_PRIMAL)
        self._solver.setOptionValue("presolve", "off")

    def load(self, matrix: csc_array, low: Floats, high: Floats) -> None:
        """Take a system in place of the last one; rows without an entry say nothing and are left out."""
        rows, entries = np.unique(matrix.indices, return_inverse=True)
        level = np.zeros(len(rows))
        filled = csc_array((matrix.data, entries.astype(np.int32), matrix.indptr), shape=(len(rows), len(low)))
        self._columns = np.arange(len(low), dtype=np.int32)
        self._solver.passModel(_program(filled, level, level, np.zeros(len(low)), low, high))

    def furthest(self, direction: Floats) -> Floats | None:
        """The x that lies furthest in a direction; nothing where the solver does not end."""
        self._solver.changeColsCost(len(direction), self._columns, -direction)
        self._solver.run()
        if self._solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        return np.asarray(self._solver.getSolution().col_value)


def _solver() -> highspy.Highs:
    """HiGHS, silent, on one core, and so the same on every day."""
    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    return solver


def _program(
    matrix: csc_array, row_low: Floats, row_high: Floats, cost: Floats, low: Floats, high: Floats
) -> highspy.HighsLp:
    """A linear program as HiGHS takes it."""
    program = highspy.HighsLp()
    program.num_row_, program.num_col_ = matrix.shape
    program.col_cost_, program.col_lower_, program.col_upper_ = cost, low, high
    program.row_lower_, program.row_upper_ = row_low, row_high
    program.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    program.a_matrix_.start_, program.a_matrix_.index_ = matrix.indptr, matrix.indices
    program.a_matrix_.value_ = matrix.data
    return program
