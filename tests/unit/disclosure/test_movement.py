"""How far hidden cells can move, beside two linear programs for every cell by other code."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.sparse import csr_array

from pipelines.disclosure import movement
from pipelines.disclosure.movement import NullSpace, components, wide


def moves(matrix: np.ndarray, down: np.ndarray, up: np.ndarray) -> np.ndarray:
    """How far each cell can move in all."""
    found = []
    for cell in range(matrix.shape[1]):
        ends = []
        for direction in (1.0, -1.0):
            cost = np.zeros(matrix.shape[1])
            cost[cell] = direction
            level = np.zeros(matrix.shape[0])
            found_end = linprog(cost, A_eq=matrix, b_eq=level, bounds=list(zip(-down, up, strict=True))).fun
            assert found_end is not None
            ends.append(found_end)
        found.append(-ends[0] - ends[1])
    return np.array(found)


def found_wide(matrix: np.ndarray, down: np.ndarray, up: np.ndarray, goal: float) -> np.ndarray:
    relations = csr_array(matrix)
    drawn = NullSpace(relations, np.ones(matrix.shape[1])).draw()
    asked = np.ones(matrix.shape[1], dtype=bool)
    return wide(relations, components(relations), drawn, down, up, np.full(len(down), goal), asked)


@st.composite
def systems(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A table of hidden cells: rows and columns that add up, each with or without its total, and some cells not there."""
    height, width = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    there = np.array(draw(st.lists(st.booleans(), min_size=height * width, max_size=height * width)))
    cells = np.arange(height * width).reshape(height, width)
    lines = [*cells, *cells.T]
    totals = draw(st.lists(st.booleans(), min_size=len(lines), max_size=len(lines)))
    matrix = np.zeros((len(lines), height * width + len(lines)))
    for row, (line, has_total) in enumerate(zip(lines, totals, strict=True)):
        matrix[row, line[there[line]]] = 1.0
        matrix[row, height * width + row] = -1.0 if has_total else 0.0
    matrix = matrix[:, np.any(matrix != 0, axis=0)]
    matrix = matrix[np.any(matrix != 0, axis=1)]
    room = st.lists(st.integers(0, 6).map(float), min_size=matrix.shape[1], max_size=matrix.shape[1])
    return matrix, np.array(draw(room)), np.array(draw(room))


@settings(max_examples=60)
@given(systems(), st.sampled_from([1.0, 3.0, 4.0]))
def test_wide_is_what_linear_programs_say(given: Any, goal: float) -> None:
    matrix, down, up = given
    if matrix.shape[1]:
        assert (found_wide(matrix, down, up, goal) == (moves(matrix, down, up) >= goal - 1e-6)).all()


def test_cells_of_a_tree_need_no_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two schools' girls and boys, and the total of each school: 1 + 2 = 3, 4 + 5 = 6, 3 + 6 is shown."""
    matrix = np.array([[1.0, 1, -1, 0, 0, 0], [0, 0, 0, 1, 1, -1], [0, 0, 1, 0, 0, 1]])
    down, up = np.array([1.0, 9, 9, 2, 0, 9]), np.array([0.0, 9, 9, 2, 1, 9])
    monkeypatch.setattr(movement, "Reach", None)
    assert moves(matrix, down, up).tolist() == [1, 6, 5, 4, 1, 5]
    assert found_wide(matrix, down, up, 5.0).tolist() == [False, True, True, False, False, True]


def test_a_circle_is_not_believed_by_its_relations_alone() -> None:
    """Of a + b + c = 0 and a + b = c either alone lets c move by four, both together not at all."""
    matrix = np.array([[1.0, 1, 1], [1, 1, -1]])
    room = np.array([1.0, 1, 2])
    assert moves(matrix, room, room).tolist() == [2, 2, 0]
    assert found_wide(matrix, room, room, 2.0).tolist() == [True, True, False]


def test_what_has_no_bound_moves() -> None:
    matrix = np.array([[1.0, -1.0]])
    assert found_wide(matrix, np.array([0.0, 0.0]), np.array([np.inf, np.inf]), 3.0).all()
