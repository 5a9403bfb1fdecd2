"""Secondary suppression: which further cells to hide so that no total gives a hidden one away, and as few as possible.

Belongs here: the choice, on cells and relations as numbers. Does not belong here: what a cell is (`relations`), why the first
are hidden (`primary`), and the proof (`attack`).

The cell suppression problem (Fischetti and Salazar 2001; τ-ARGUS and sdcTable solve the same) in the form that method.md 10
asks for. In each relation with a hidden cell:

* never exactly one is hidden;
* what subtraction leaves is a figure itself: the hidden members together have as many respondents as a figure needs;
* a hidden mean can move: the others that are hidden weigh at least `WEIGHT` of it, so that an attacker who even knows every n
  is left with an interval as wide as the method wants;
* a hidden n can move by more than `SLACK`, also for one who reads the reason codes: with `n_lt_min` it is below the limit, else
  only not below zero.

What is lost is measured as respondents behind the figures that disappear: Σ n over secondarily hidden cells that some mart
tells of (`loss`). A block (one theme of one group and mapping) is a small integer program, solved with relations
added as hidden cells come to lie in them. Themes of a group look alike, so a solution is tried on the next one first. Where
more than `LARGE` relations of a block lack something, or its programs have taken `STEPS`, `greedy` does it, less what it hides in
vain: the programs would take minutes to save a tenth. `greedy` alone is what the choice is compared with.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from pipelines.disclosure.programs import smallest
from pipelines.disclosure.relations import Flags, Floats, Ints, Sums

WEIGHT = 0.2
"""Twice the tenth of the scale that method.md asks for: a neighbour may sit near an end of the scale."""

SLACK = 3.0
"""More than from one below to one above."""

NODES = 200
"""Of the search for one block; a limit in seconds would give another choice on another day."""

GAP = 0.01
"""Share of the smallest possible loss that a choice may lie above it."""

TWICE = 2
"""Entries of a relation whose total has one member."""

LARGE = 30
"""Relations of a block that lack something, from which one integer program takes seconds."""

STEPS = 5000
"""Of the simplex method, that the programs of one block may have taken before another is begun: a second or so. Four times as
many save a sixth of the loss in counts of respondents and nothing in scores."""

ROUNDS = 60
TINY = 1e-3
"""Cost of any cell: among free ones, hide few."""


@dataclass(frozen=True)
class Needs:
    """What the conditions read of each cell.

    Attributes:
        n: respondents.
        floor: respondents that a figure of this cell needs.
        n_low, n_high: what anybody knows of n when the cell is hidden: it is no less than zero, and what the reason code says.
        cost: what is lost when the cell is hidden.
    """

    n: Floats
    floor: Floats
    n_low: Floats
    n_high: Floats
    cost: Floats

    def of(self, cells: Ints) -> Needs:
        """Those of some cells."""
        return Needs(self.n[cells], self.floor[cells], self.n_low[cells], self.n_high[cells], self.cost[cells])


def needs(n: Floats, floor: Floats, most: Floats, worth: Floats) -> Needs:
    """The numbers behind the conditions.

    Args:
        n: respondents of each cell.
        floor: respondents that its figures need.
        most: what the reason codes say that it is at most.
        worth: what one respondent of the cell counts in the loss.
    """
    # Two forms of a figure can have an n on either side of the limit.
    return Needs(n, floor, np.zeros(len(n)), np.maximum(most, n), worth * n)


def loss(hidden: Flags, primary: Flags, cost: Floats) -> float:
    """Respondents behind the cells that are hidden for the sake of others."""
    return float(cost[hidden & ~primary].sum())


def lacking(system: Sums, hidden: Flags, need: Needs) -> Flags:
    """Per relation, whether a condition does not hold."""
    if not system.relations:
        return np.zeros(0, dtype=bool)
    first, owner, entry = system.start[:-1], system.owner, system.entry
    own = hidden[entry]
    weight = np.where(own, need.n[entry], 0.0)
    fall, rise = (np.where(own, room, 0.0) for room in _rooms(system, need))
    total_hidden = own[first]
    number = np.add.reduceat(own.astype(np.int64), first)
    sums, falls, rises = (np.add.reduceat(values, first) for values in (weight, fall, rise))
    members = sums - np.where(total_hidden, need.n[entry[first]], 0.0)
    floor = np.maximum.reduceat(np.where(own, need.floor[entry], 0.0), first)
    moves = np.minimum(rise, falls[owner] - fall) + np.minimum(fall, rises[owner] - rise)
    stuck = own & ((sums[owner] - weight < WEIGHT * weight - 1e-9) | (moves < SLACK))
    # A total with one member is the same population twice: both or neither, and nothing is to be subtracted.
    is_sum = np.diff(system.start) > TWICE
    bad = (number == 1) | is_sum & ((~total_hidden & (members < floor)) | np.logical_or.reduceat(stuck, first))
    return np.asarray((number > 0) & bad, dtype=bool)


def _rooms(system: Sums, need: Needs) -> tuple[Floats, Floats]:
    """How far n of each entry can fall and rise, up to `SLACK`; of a total the other way round, for it is subtracted."""
    down = np.minimum(need.n - need.n_low, SLACK)[system.entry]
    up = np.minimum(need.n_high - need.n, SLACK)[system.entry]
    is_total = system.is_total
    return np.where(is_total, up, down), np.where(is_total, down, up)


def greedy(system: Sums, primary: Flags, need: Needs) -> Flags:
    """In each relation that lacks something, hide the cheapest cell that is left, until nothing is lacking.

    It is what method.md 10 says in words (the next smallest, or the total), for all relations at once.
    """
    hidden = primary.copy()
    for _ in range(10 * ROUNDS):
        bad = lacking(system, hidden, need)
        if not bad.any():
            return hidden
        candidates = bad[system.owner] & ~hidden[system.entry]
        entries = np.flatnonzero(candidates)
        order = entries[np.lexsort((system.entry[entries], need.cost[system.entry[entries]], system.owner[entries]))]
        cheapest = order[np.diff(system.owner[order], prepend=-1) > 0]
        if not len(cheapest):
            return hidden
        hidden[system.entry[cheapest]] = True
    return hidden


def protect(system: Sums, primary: Flags, need: Needs, is_exact: bool = True) -> Flags:
    """Hide what must be hidden besides the primary cells.

    Args:
        system: cells and relations.
        primary: cells hidden by themselves.
        need: as `needs` gives them.
        is_exact: whether integer programs are worth their time; a repair adds a few cells to a choice that they made.

    Returns:
        All hidden cells; every condition holds, and no secondary cell could be shown without breaking one.
    """
    hidden = primary.copy()
    bad = lacking(system, hidden, need)
    if not bad.any():
        return hidden
    quick = greedy(system, primary, need)
    block = system.block
    wanted = np.unique(block[system.entry[bad[system.owner]]])
    cells = _grouped(block, len(block))
    relations = _grouped(block[system.entry[system.start[:-1]]], system.relations)
    parts = {number: system.part(cells[number], relations[number]) for number in wanted.tolist()}
    signatures = {number: _signature(part, primary[cells[number]]) for number, part in parts.items()}
    known: dict[bytes, list[Flags]] = {}
    for number, part in parts.items():
        own = cells[number]
        local, first = need.of(own), primary[own]
        tried = known.setdefault(signatures[number], [])
        found = next((f for f in tried if not lacking(part, f, local).any()), None)
        if found is None and is_exact and lacking(part, first, local).sum() <= LARGE:
            found = _smallest(part, first, local)
        elif found is None:
            found = _without_spare(part, quick[own], first, local)
        tried.append(found)
        hidden[own] = found
    return hidden


def _signature(part: Sums, primary: Flags) -> bytes:
    """The same for blocks of the same relations and hidden cells."""
    return part.start.tobytes() + part.entry.tobytes() + np.packbits(primary).tobytes()


def _grouped(labels: Ints, size: int) -> dict[int, Ints]:
    """Positions of each label."""
    order = np.argsort(labels, kind="stable")
    numbers, starts = np.unique(labels[order], return_index=True)
    parts = np.split(order, starts[1:]) if size else []
    return dict(zip(numbers.tolist(), parts, strict=True))


def _smallest(part: Sums, primary: Flags, need: Needs) -> Flags:
    """The cheapest cells of one block, by integer programming; by `greedy` where that does not end."""
    active = np.zeros(part.relations, dtype=bool)
    hidden, taken = primary.copy(), 0
    for _ in range(ROUNDS):
        bad = lacking(part, hidden, need)
        if not bad.any():
            return _without_spare(part, hidden, primary, need)
        if taken > STEPS:
            break
        active |= bad
        found, steps = _solve(part, active, primary, need)
        taken += steps
        if found is None:
            break
        hidden = found
    return _without_spare(part, greedy(part, primary, need), primary, need)


def _solve(part: Sums, active: Flags, primary: Flags, need: Needs) -> tuple[Flags | None, int]:
    """The integer program over some relations: x = 1 hides a cell, y = 1 says that a relation has a hidden one.

    Returns:
        What is hidden, nothing where no answer is found, and the steps that it took.
    """
    entries = np.flatnonzero(active[part.owner])
    cells, position = np.unique(part.entry[entries], return_inverse=True)
    relation_numbers, row = np.unique(part.owner[entries], return_inverse=True)
    fixed = primary[cells]
    size, count = len(cells), len(relation_numbers)
    entry_n = need.n[cells][position]
    # A total with one member is the same population twice: only "never exactly one" is about it.
    is_sum = np.bincount(row, minlength=count) > TWICE
    floor = np.zeros(count)
    np.maximum.at(floor, row, need.floor[cells][position])
    floor = np.where(is_sum, floor, 0.0)
    each, wide = np.arange(len(entries)), np.arange(count)
    blocks = []

    def add(rows: list[Ints], columns: list[Ints], values: list[Floats], height: int) -> None:
        parts = (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns)))
        blocks.append(csr_array(parts, shape=(height, size + count)))

    ones = np.ones(len(entries))
    # y of a relation is not below x of any of its cells
    add([each, each], [size + row, position], [ones, -ones], len(entries))
    # never exactly one
    add([row, wide], [position, size + wide], [ones, np.full(count, -2.0)], count)
    # what subtraction leaves has respondents enough; a hidden total settles it
    mass = np.where(part.is_total[entries], floor[row], np.minimum(entry_n, floor[row]))
    add([row, wide], [position, size + wide], [mass, -floor], count)
    # Σ over the hidden others ≥ what a cell asks of them
    fall, rise = (room[entries] for room in _rooms(part, need))
    asked = _asked(fall, rise)
    pair_of, pair = _others(row)
    for wish, given in (
        (WEIGHT * entry_n, entry_n),
        (asked[0], fall),
        (asked[1], rise),
        (asked[2], fall + rise),
    ):
        goal = np.where(is_sum[row], wish, 0.0)
        kept = np.flatnonzero(goal[pair_of] > 0)
        add(
            [pair_of[kept], each],
            [position[pair[kept]], position],
            [np.minimum(given[pair[kept]], goal[pair_of[kept]]), -goal],
            len(entries),
        )
    matrix = _stacked(blocks)
    lower = np.concatenate([fixed.astype(np.float64), np.zeros(count)])
    cost = np.concatenate([np.where(fixed, 0.0, need.cost[cells] + TINY), np.zeros(count)])
    is_cell = np.arange(size + count) < size
    found, steps = smallest(cost, matrix, np.zeros(matrix.shape[0]), lower, np.ones(size + count), is_cell, NODES, GAP)
    if found is None:
        return None, steps
    hidden = primary.copy()
    hidden[cells] = found[:size] > 0.5  # noqa: PLR2004  half of one: rounding
    return hidden, steps


def _asked(fall: Floats, rise: Floats) -> tuple[Floats, Floats, Floats]:
    """What a cell asks of the others so that its n can move by `SLACK` in all: of their falls, of their rises, of both.

    It rises as far as others fall and falls as far as others rise; where it can do either by `SLACK`, both together count.
    """
    either = (fall >= SLACK) & (rise >= SLACK)
    by_falling = np.where(either, 0.0, fall)
    by_rising = np.where(either, 0.0, np.minimum(rise, SLACK - by_falling))
    return by_rising, by_falling, np.where(either, SLACK, 0.0)


def _others(row: Ints) -> tuple[Ints, Ints]:
    """All ordered pairs of entries of one relation, as two arrays of entry positions; `row` is sorted."""
    starts = np.flatnonzero(np.diff(row, prepend=-1))
    sizes = np.diff(np.append(starts, len(row)))
    left = np.repeat(np.arange(len(row)), np.repeat(sizes, sizes))
    offset = np.arange(len(left)) - np.repeat(
        np.cumsum(np.repeat(sizes, sizes)) - np.repeat(sizes, sizes), np.repeat(sizes, sizes)
    )
    right = np.repeat(np.repeat(starts, sizes), np.repeat(sizes, sizes)) + offset
    different = left != right
    return left[different], right[different]


def _stacked(blocks: list[csr_array]) -> csr_array:
    """Rows of several matrices below one another."""
    from scipy.sparse import vstack

    return csr_array(vstack(blocks))


def _without_spare(part: Sums, hidden: Flags, primary: Flags, need: Needs) -> Flags:
    """Show again, the dearest first, every secondary cell that no condition needs."""
    result = hidden.copy()
    by_cell = np.argsort(part.entry, kind="stable")
    first = np.searchsorted(part.entry[by_cell], np.arange(len(hidden) + 1))
    spare = np.flatnonzero(result & ~primary)
    for cell in spare[np.argsort(-need.cost[spare], kind="stable")]:
        result[cell] = False
        near = part.owner[by_cell[first[cell] : first[cell + 1]]]
        if lacking(part.of(near), result, need).any():
            result[cell] = True
    return result
