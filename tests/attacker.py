"""An attacker with code of its own: reads released levels, knows where schools lie, and solves for what is hidden.

Belongs here: linear programming over figures as readers get them. Does not belong here: anything of `pipelines.disclosure`;
where the two agree, they agree by what they find.

The attacker knows the n of nobody who is hidden, that answers lie between `low` and `high`, and that totals are sums.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy.optimize import linprog

SAME = ["mapping", "respondent_group", "theme"]
CELL = ["level", "unit_id", "breakdown", "breakdown_value"]


def attack(
    levels: pd.DataFrame, parents: pd.DataFrame, low: float, high: float, with_means: bool = True
) -> pd.DataFrame:
    """What can be worked out.

    Args:
        levels: one form of released levels: `SAME`, `CELL`, n, mean_raw (empty where hidden).
        parents: mapping, institution, municipality.
        low: least score.
        high: greatest score.
        with_means: whether means are looked at besides n.

    Returns:
        One row per hidden cell that is found out: its key and what is known (`mean` or `n`).
    """
    found = []
    for key, block in levels.groupby(SAME, sort=False):
        place = parents[parents["mapping"] == key[0]].set_index("institution")["municipality"].to_dict()
        for cell, what in _attack_block(block.reset_index(drop=True), place, low, high, with_means):
            found.append((*key, *block.iloc[cell][CELL], what))
    return pd.DataFrame(found, columns=[*SAME, *CELL, "what"])


def sums_of(block: pd.DataFrame, place: dict[str, str]) -> list[tuple[int, list[int]]]:
    """Every total with its members, as row numbers; only where nobody is left over or that cannot be told."""
    rows = {tuple(row): number for number, row in enumerate(block[CELL].itertuples(index=False))}
    members: dict[tuple[int, str], list[int]] = {}
    programme = next((unit for level, unit, *_ in rows if level == "programme"), None)
    for (level, unit, breakdown, value), number in rows.items():
        above = {"institution": ("municipality", place.get(unit)), "municipality": ("programme", programme)}.get(level)
        total = rows.get((*above, breakdown, value)) if above else None
        if total is not None:
            members.setdefault((total, "units"), []).append(number)
        whole = rows.get((level, unit, "all", "all"))
        if breakdown != "all" and whole is not None:
            members.setdefault((whole, breakdown), []).append(number)
    return [(total, parts) for (total, _), parts in members.items()]


def _attack_block(
    block: pd.DataFrame, place: dict[str, str], low: float, high: float, with_means: bool
) -> Iterator[tuple[int, str]]:
    """Hidden cells of one block that are found out."""
    n = block["n"].to_numpy(dtype=float)
    score = n * block["mean_raw"].to_numpy(dtype=float)
    hidden = np.flatnonzero(np.isnan(n))
    column = {cell: position for position, cell in enumerate(hidden)}
    size = len(hidden)
    if not size:
        return
    left, counts, scores = [], [], []
    for total, parts in sums_of(block, place):
        entries = [(total, -1.0), *((part, 1.0) for part in parts)]
        row = np.zeros(size)
        for cell, sign in entries:
            if cell in column:
                row[column[cell]] += sign
        if row.any():
            left.append(row)
            known = [(cell, sign) for cell, sign in entries if cell not in column]
            counts.append(-sum(sign * n[cell] for cell, sign in known))
            scores.append(-sum(sign * score[cell] for cell, sign in known))
    if not left:
        return
    # Unknowns: n of each hidden cell, then its sum of scores; low·n ≤ sum ≤ high·n.
    matrix = np.block([[np.array(left), np.zeros((len(left), size))], [np.zeros((len(left), size)), np.array(left)]])
    right = np.array(counts + scores)
    unit = np.eye(size)
    within = np.vstack([np.hstack([low * unit, -unit]), np.hstack([-high * unit, unit])])

    for position, cell in enumerate(hidden):
        objective = np.zeros(2 * size)
        objective[position] = 1.0
        ends = [
            linprog(
                sign * objective,
                A_ub=within,
                b_ub=np.zeros(len(within)),
                A_eq=matrix,
                b_eq=right,
                bounds=(0, None),
                method="highs",
            )
            for sign in (1.0, -1.0)
        ]
        if all(end.status == 0 for end in ends) and -ends[1].fun - ends[0].fun < 3 - 1e-6:
            yield int(cell), "n"
        if with_means and (width := _mean_width(matrix, right, within, position, size)) < 0.1 * (high - low) - 1e-6:
            assert width >= -1e-6
            yield int(cell), "mean"


def _mean_width(matrix: np.ndarray, right: np.ndarray, within: np.ndarray, position: int, size: int) -> float:
    """Interval of sum / n, a ratio: all unknowns are scaled so that this n is one (Charnes and Cooper)."""
    equal = np.hstack([matrix, -right[:, None]])
    one = np.zeros(2 * size + 1)
    one[position] = 1.0
    objective = np.zeros(2 * size + 1)
    objective[size + position] = 1.0
    ends = [
        linprog(
            sign * objective,
            A_ub=np.hstack([within, np.zeros((len(within), 1))]),
            b_ub=np.zeros(len(within)),
            A_eq=np.vstack([equal, one]),
            b_eq=np.append(np.zeros(len(equal)), 1.0),
            bounds=(0, None),
            method="highs",
        )
        for sign in (1.0, -1.0)
    ]
    return float(-ends[1].fun - ends[0].fun) if all(end.status == 0 for end in ends) else 0.0
