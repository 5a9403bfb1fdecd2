"""An attacker with code of its own: reads released files, knows where schools lie, and solves for what is hidden.

Belongs here: what released marts tell of one another's figures, and linear programming over it. Does not belong here: anything of
`pipelines.disclosure`; where the two agree, they agree by what they find.

The attacker knows the n of nobody who is hidden, only what the reason codes say of it; that answers lie on their scale, that totals
are sums, and that one population has one mean in whatever mart, form or round it is told of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.compute as pc
import pyarrow.parquet as pq
from scipy.optimize import linprog
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

SAME = ["mapping", "respondent_group", "theme", "form"]
CELL = ["level", "unit_id", "breakdown", "breakdown_value"]
ALL = ("all", "all")
STAYED, ALONE = "stayed", "alone"

Cell = tuple[str, ...]
"""Values of `SAME` and `CELL`."""
Sums = Mapping[Cell, list[Cell]]
"""Totals with their members, besides those that every reader sees."""


def attack(
    levels: pd.DataFrame,
    parents: pd.DataFrame,
    low: float,
    high: float,
    with_means: bool = True,
    least: int = 0,
    sums: Sums | None = None,
) -> pd.DataFrame:
    """What can be worked out.

    Args:
        levels: `SAME`, `CELL`, n, mean_raw (empty where not known); where they are given, n_low and n_high (what is known of n
            besides) and is_hidden (whether the release hides the cell; left out: those without n).
        parents: mapping, institution, municipality.
        low: least score.
        high: greatest score.
        with_means: whether means are looked at besides n.
        least: a cell that no mart has a row for is found out when it is surely smaller.
        sums: further totals.

    Returns:
        One row per cell that is found out: its key and what is known (`mean` or `n`).
    """
    n = levels["n"].astype(float)
    given = {"n_low": n.fillna(0.0), "n_high": n.fillna(np.inf), "is_hidden": n.isna()}
    levels = levels.assign(**{name: column for name, column in given.items() if name not in levels})
    found = []
    for key, rows in levels.groupby(SAME, sort=False):
        block = rows.reset_index(drop=True)
        place = parents[parents["mapping"] == key[0]].set_index("institution")["municipality"].to_dict()
        own = {cell: parts for cell, parts in (sums or {}).items() if cell[: len(SAME)] == key}
        for cell, what in _attack_block(block, sums_of(block, place, own), low, high, with_means, least):
            found.append((*key, *block.iloc[cell][CELL], what))
    return pd.DataFrame(found, columns=[*SAME, *CELL, "what"])


def sums_of(block: pd.DataFrame, place: Mapping[str, str], more: Sums) -> list[tuple[int, list[int]]]:
    """Every total with its members, as row numbers.

    Parts that are seen to leave somebody out anywhere (who did not tell their gender) are no sum at all.
    """
    rows = {tuple(row): number for number, row in enumerate(block[CELL].itertuples(index=False))}
    members: dict[tuple[int, str], list[int]] = {}
    programme = next((unit for level, unit, *_ in rows if level == "programme"), None)
    for (level, unit, breakdown, value), number in rows.items():
        above = {"institution": ("municipality", place.get(unit)), "municipality": ("programme", programme)}.get(level)
        # Whoever came from another school of the municipality is alone in the one and stayed in the other.
        total = rows.get((*above, breakdown, value)) if above and value != ALONE else None
        if total is not None:
            members.setdefault((total, "units"), []).append(number)
        whole = rows.get((level, unit, *ALL))
        if breakdown != "all" and whole is not None:
            members.setdefault((whole, breakdown), []).append(number)
    n = block["n"].to_numpy(dtype=float)
    open_ended = {kind for (total, kind), parts in members.items() if abs(n[parts].sum() - n[total]) > 0.5}
    found = [(total, parts) for (total, kind), parts in members.items() if kind not in open_ended]
    for cell, parts in more.items():
        found.append((rows[cell[len(SAME) :]], [rows[part[len(SAME) :]] for part in parts]))
    return found


def _attack_block(
    block: pd.DataFrame, sums: list[tuple[int, list[int]]], low: float, high: float, with_means: bool, least: int
) -> Iterator[tuple[int, str]]:
    """Cells of one block that are found out."""
    n, mean = (block[name].to_numpy(dtype=float) for name in ("n", "mean_raw"))
    is_hidden = block["is_hidden"].to_numpy(dtype=bool)
    n_low, n_high = (np.where(np.isnan(n), block[name].to_numpy(dtype=float), n) for name in ("n_low", "n_high"))
    is_known = ~np.isnan(n) & ~np.isnan(mean)
    for cell in np.flatnonzero(is_hidden & is_known):
        # Another mart, or plain arithmetic, has told it already.
        yield int(cell), "n"
        yield int(cell), "mean"
    entries = [
        (row, cell, sign)
        for row, (total, parts) in enumerate(sums)
        for cell, sign in ((total, -1.0), *((part, 1.0) for part in parts))
    ]
    where = ([row for row, _, _ in entries], [cell for _, cell, _ in entries])
    matrix = csr_array(([sign for _, _, sign in entries], where), shape=(len(sums), len(block)))
    left = matrix[:, ~is_known]
    right = [-(matrix[:, is_known] @ values[is_known]) for values in (n, n * mean)]
    unknown = np.flatnonzero(~is_known)
    # What hangs together by no sum can be solved apart.
    joined = connected_components(left.T @ left, directed=False)[1] if len(unknown) else np.zeros(0)
    for part in np.unique(joined):
        own = np.flatnonzero(joined == part)
        cells = unknown[own]
        touched = np.unique(left[:, own].nonzero()[0])
        asked = is_hidden[cells] | (n_low[cells] < least)
        if not len(touched) or not asked.any():
            continue
        program = _Program.of(
            left[touched][:, own].toarray(),
            [side[touched] for side in right],
            mean[cells],
            (low, high),
            (n_low[cells], n_high[cells]),
        )
        if not program.is_possible():
            # What was taken for a sum is none; then nothing is claimed.
            continue
        for position, cell in enumerate(cells):
            from_n, to_n = program.n_of(position)
            # Where no mart has a row for a cell, it is found out when it is surely there and surely too small.
            if not is_hidden[cell] and not (from_n > 0.5 and to_n < least - 0.5):
                continue
            if to_n - from_n < 3 - 1e-6:
                yield int(cell), "n"
            if with_means and program.mean_width(position) < 0.1 * (high - low) - 1e-6:
                yield int(cell), "mean"


@dataclass(frozen=True)
class _Program:
    """All that is known of n and sum of scores of some cells: equal · (n, sum) = right, within · (n, sum) ≤ 0, and bounds."""

    equal: np.ndarray
    right: np.ndarray
    within: np.ndarray
    n_low: np.ndarray
    n_high: np.ndarray

    @classmethod
    def of(
        cls,
        sums: np.ndarray,
        sides: list[np.ndarray],
        mean: np.ndarray,
        ends: tuple[float, float],
        bounds: tuple[np.ndarray, np.ndarray],
    ) -> _Program:
        """Unknowns: n of each cell, then its sum of scores; low·n ≤ sum ≤ high·n, and sum = mean·n where the mean is known."""
        size = sums.shape[1]
        unit, nothing = np.eye(size), np.zeros(sums.shape)
        ratio = np.flatnonzero(~np.isnan(mean))
        fixed = np.hstack([-unit[ratio] * mean[ratio, None], unit[ratio]])
        return cls(
            np.vstack([np.hstack([sums, nothing]), np.hstack([nothing, sums]), fixed]),
            np.concatenate([*sides, np.zeros(len(ratio))]),
            np.vstack([np.hstack([ends[0] * unit, -unit]), np.hstack([-ends[1] * unit, unit])]),
            *bounds,
        )

    @property
    def size(self) -> int:
        return len(self.n_low)

    def is_possible(self) -> bool:
        """Whether anything fits."""
        return self._solved(np.zeros(2 * self.size)).status == 0

    def n_of(self, position: int) -> tuple[float, float]:
        """Least and greatest n of a cell."""
        objective = np.zeros(2 * self.size)
        objective[position] = 1.0
        ends = [self._solved(sign * objective) for sign in (1.0, -1.0)]
        return tuple(s * e.fun if e.status == 0 else o for s, e, o in zip((1, -1), ends, (0.0, np.inf), strict=True))

    def _solved(self, objective: np.ndarray) -> Any:
        bounds = [*zip(self.n_low, self.n_high, strict=True), *[(0, None)] * self.size]
        return linprog(
            objective,
            A_ub=self.within,
            b_ub=np.zeros(len(self.within)),
            A_eq=self.equal,
            b_eq=self.right,
            bounds=bounds,
            method="highs",
        )

    def mean_width(self, position: int) -> float:
        """Interval of sum / n, a ratio: all unknowns are scaled so that this n is one (Charnes and Cooper)."""
        size, unit = self.size, np.eye(self.size)
        capped = np.flatnonzero(np.isfinite(self.n_high))
        one, objective = np.zeros(2 * size + 1), np.zeros(2 * size + 1)
        one[position], objective[size + position] = 1.0, 1.0
        within = np.vstack(
            [
                np.hstack([self.within, np.zeros((len(self.within), 1))]),
                np.hstack([-unit, np.zeros((size, size)), self.n_low[:, None]]),
                np.hstack([unit[capped], np.zeros((len(capped), size)), -self.n_high[capped, None]]),
            ]
        )
        ends = [
            linprog(
                sign * objective,
                A_ub=within,
                b_ub=np.zeros(len(within)),
                A_eq=np.vstack([np.hstack([self.equal, -self.right[:, None]]), one]),
                b_eq=np.append(np.zeros(len(self.equal)), 1.0),
                bounds=(0, None),
                method="highs",
            )
            for sign in (1.0, -1.0)
        ]
        return float(-ends[1].fun - ends[0].fun) if all(end.status == 0 for end in ends) else np.inf


@dataclass
class Reading:
    """What is told of each cell, in the order in which marts tell it.

    Attributes:
        n, mean: as far as known, mean on the items' own scale.
        bounds: n_low and n_high of the others.
        hidden: cells that every row of `theme_scores` about them hides.
        differences: a cell, another, and how much lower the mean of the first is.
        sums: totals that readers of other marts see.
    """

    n: dict[Cell, float] = field(default_factory=dict)
    mean: dict[Cell, float] = field(default_factory=dict)
    bounds: dict[Cell, tuple[float, float]] = field(default_factory=dict)
    hidden: set[Cell] = field(default_factory=set)
    differences: list[tuple[Cell, Cell, float]] = field(default_factory=list)
    sums: dict[Cell, list[Cell]] = field(default_factory=dict)

    def tell(self, cell: Cell, n: float | None, mean: float | None) -> None:
        """Note what a mart says of a cell."""
        self.bounds.setdefault(cell, (0.0, np.inf))
        for known, value in ((self.n, n), (self.mean, mean)):
            if value is not None:
                known.setdefault(cell, value)

    def differ(self, cell: Cell, other: Cell, by: float | None) -> None:
        """Note how much higher the mean of the other is."""
        if by is not None:
            self.differences.append((cell, other, by))

    def same(self, cell: Cell, other: Cell) -> None:
        """Note that two cells are one population."""
        for known in (self.n, self.mean):
            for one, two in ((cell, other), (other, cell)):
                if one in known:
                    known.setdefault(two, known[one])

    def follow(self) -> None:
        """Means from differences, as far as they go."""
        before = -1
        while before != len(self.mean):
            before = len(self.mean)
            for cell, other, by in self.differences:
                if cell in self.mean:
                    self.mean.setdefault(other, self.mean[cell] + by)
                elif other in self.mean:
                    self.mean[cell] = self.mean[other] - by

    def levels(self) -> pd.DataFrame:
        """All cells as `attack` reads them."""
        rows = [
            (*cell, self.n.get(cell), self.mean.get(cell), *bounds, cell in self.hidden)
            for cell, bounds in self.bounds.items()
        ]
        names = [*SAME, *CELL, "n", "mean_raw", "n_low", "n_high", "is_hidden"]
        return pd.DataFrame(rows, columns=names).astype({"n": float, "mean_raw": float})


@dataclass(frozen=True)
class Public:
    """What everybody may know besides: where schools lie, which questions are turned, and the 500 scale."""

    parents: pd.DataFrame
    turned: frozenset[tuple[str, str]]
    scale: Mapping[tuple[str, str, str], tuple[float | None, float | None]]

    def raw(self, cell: Cell, points: float | None, is_difference: bool = False) -> float | None:
        """Points of the 500 scale as the items' own."""
        mu, sigma = self.scale.get((cell[1], cell[2], cell[3]), (None, None))
        if points is None or mu is None or sigma is None:
            return None
        return points * sigma / 100 if is_difference else mu + (points - 500) * sigma / 100


Rows = list[dict[str, Any]]


def attack_release(
    folders: Mapping[Path, int],
    parents: pd.DataFrame,
    turned: frozenset[tuple[str, str]] = frozenset(),
    **only: str,
) -> pd.DataFrame:
    """Work out what an audience's marts hide, or what all of several audiences' hide from one who holds them all.

    Args:
        folders: with `<mart>.parquet` in it, and how many respondents a figure of that audience needs.
        parents: mapping, institution, municipality.
        turned: respondent group and item of questions where agreeing is the bad side.
        only: values of columns to limit the attack to, such as `respondent_group`.

    Returns:
        As `attack`.
    """
    reading, ends = Reading(), {}
    marts = {
        name: [
            row | {"least": least}
            for folder, least in folders.items()
            for row in _rows(folder / f"{name}.parquet", only)
        ]
        for name in READERS
    }
    scale = {
        (row["respondent_group"], row["theme"], row["form"]): (row["mu"], row["sigma"])
        for row in _rows(next(iter(folders)) / "base_parameters.parquet", only)
    }
    least = min(folders.values())
    public = Public(parents, turned, scale)
    for row in marts["item_distributions"]:
        low, high = ends.get((row["respondent_group"], row["theme"]), (np.inf, -np.inf))
        ends[row["respondent_group"], row["theme"]] = min(low, row["answer"]), max(high, row["answer"])
    for name, read in READERS.items():
        read(reading, marts[name], public)
        reading.follow()
    found = [
        attack(block, parents, *ends[key], least=least, sums=reading.sums)
        for key, block in reading.levels().groupby(["respondent_group", "theme"])
    ]
    return pd.concat(found, ignore_index=True)


def _rows(path: Path, only: Mapping[str, str]) -> Rows:
    """The rows of a mart."""
    table = pq.read_table(path)
    for name, value in only.items():
        table = table.filter(pc.equal(table[name], value))
    rows: Rows = table.to_pylist()
    return rows


def _sides(row: Mapping[str, Any]) -> tuple[Cell, Cell]:
    """The cells of both rounds that a change is between."""
    broken = row.get("breakdown", "all"), row.get("breakdown_value", "all")
    where = row["respondent_group"], row["theme"], "trend", row["level"], row["unit_id"], *broken
    return (row["mapping_from"], *where), (row["mapping_to"], *where)


def _theme_scores(reading: Reading, rows: Rows, _: Public) -> None:
    """Levels; the reason of a row without figures may say of how few it is.

    That there is a row at all, and so somebody, is not made use of: with a limit of five, 1 to 4 would be left, and no hiding of
    more figures would widen it.
    """
    for row in rows:
        cell = tuple(row[name] for name in (*SAME, *CELL))
        reading.tell(cell, row["n"], row["mean_raw"])
        if row["suppressed"] is not None:
            reading.hidden.add(cell)
            most = row["least"] - 1.0 if row["suppressed"] == "n_lt_min" else np.inf
            reading.bounds[cell] = (0.0, min(most, reading.bounds[cell][1]))
    reading.hidden -= reading.n.keys()


def _changes(reading: Reading, rows: Rows, public: Public) -> None:
    """The change between two rounds, in whatever mart, and both levels where they are told."""
    for row in rows:
        first, last = _sides(row)
        for cell, n, mean in ((first, "n_from", "mean_from"), (last, "n_to", "mean_to")):
            if mean in row and row[n] is not None:
                reading.tell(cell, row[n], public.raw(cell, row[mean]))
        reading.differ(first, last, public.raw(first, row["delta"], is_difference=True))


def _composition(reading: Reading, rows: Rows, public: Public) -> None:
    """The change among schools of both rounds; where none closed or opened, they are all there were."""
    _changes(reading, rows, public)
    place = public.parents.set_index(["mapping", "institution"])["municipality"].to_dict()
    schools = [cell for cell in reading.bounds if cell[4] == "institution" and cell[6:] == ALL]
    for row in rows:
        first, last = _sides(row)
        if row["n_both_from"] is None:
            continue
        both = [(*cell[:4], f"both/{other[0]}", *cell[5:]) for cell, other in ((first, last), (last, first))]
        for cell, whole, other, side, gone in (
            (both[0], first, last, "from", "closed"),
            (both[1], last, first, "to", "opened"),
        ):
            reading.tell(cell, row[f"n_both_{side}"], None)
            if not row[f"schools_{gone}"]:
                reading.same(cell, whole)
            reading.sums[cell] = [
                school
                for school in schools
                if school[:4] == whole[:4]
                and (other[0], *school[1:]) in reading.bounds
                and (whole[4] == "programme" or place.get((school[0], school[5])) == whole[5])
            ]
        reading.differ(both[0], both[1], public.raw(first, row["delta_both"], is_difference=True))


def _turnover(reading: Reading, rows: Rows, public: Public) -> None:
    """Who stayed, left and came: two equations a round for the mean of those who stayed and of the others."""
    _changes(reading, rows, public)
    for row in rows:
        sides = _sides(row)
        for cell, other, alone, sign in (
            (*sides, "leavers", -1.0),
            (*reversed(sides), "joiners", 1.0),
        ):
            stay, rest = ((*cell[:6], f"linked/{other[0]}", value) for value in (STAYED, ALONE))
            n_stay, n_rest = row["n_stayers"], row[f"n_{alone}"]
            reading.tell(stay, n_stay, None)
            reading.tell(rest, n_rest, None)
            mean, part = reading.mean.get(cell), public.raw(cell, row[alone], is_difference=True)
            if mean is not None and part is not None and n_stay and n_rest:
                # The part is the share of those who are alone, times how much higher they answer than those who stayed.
                gap = sign * part * (n_stay + n_rest) / n_rest
                reading.tell(stay, None, mean - gap * n_rest / (n_stay + n_rest))
                reading.tell(rest, None, mean + gap * n_stay / (n_stay + n_rest))


def _item_distributions(reading: Reading, rows: Rows, public: Public) -> None:
    """Where everybody answered every item, the mean over all answers is that of the theme."""
    items: dict[Cell, dict[str, list[tuple[float, float, float]]]] = {}
    for row in rows:
        if row["share"] is not None:
            cell = (row["mapping"], row["respondent_group"], row["theme"], "full", row["level"], row["unit_id"], *ALL)
            answers = items.setdefault(cell, {}).setdefault(row["item_id"], [])
            answers.append((row["n"], row["answer"], row["share"]))
    ends: dict[tuple[str, str], float] = {}
    for row in rows:
        key = row["respondent_group"], row["item_id"]
        ends[key] = max(ends.get(key, 0.0), row["answer"])
    for cell, answered in items.items():
        counts = {n for answers in answered.values() for n, _, _ in answers}
        means = []
        for item, answers in answered.items():
            mean, low = sum(answer * share for _, answer, share in answers), min(answer for _, answer, _ in answers)
            means.append(low + ends[cell[1], item] - mean if (cell[1], item) in public.turned else mean)
        if len(counts) == 1 and cell in reading.bounds:
            reading.tell(cell, counts.pop(), sum(means) / len(means))


READERS: dict[str, Callable[[Reading, Rows, Public], None]] = {
    "theme_scores": _theme_scores,
    "progression": _changes,
    "item_contribution": _changes,
    "composition": _composition,
    "turnover": _turnover,
    "item_distributions": _item_distributions,
}
"""What each mart tells."""
