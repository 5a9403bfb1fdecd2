"""Populations and what adds up to what: the ground on which secondary suppression and the attack test stand.

Belongs here: cells, additive relations, and on which cells the rows of each mart stand, as data. Does not belong here: which
cells are hidden (`primary`, `secondary`) and whether that holds (`attack`).

A cell is a population of which figures are told: the respondents of a mapping, group and theme in a unit, by gender, grade
band, class, parents' education or all together. It is one cell however many marts and forms tell of it: the full and the
trend form, a change and the two levels it comes from, a share and a mean. So it is hidden everywhere or nowhere, and no
figure is the difference of two others that are shown, across rounds, forms, marts and reports. What no mart tells of (those
whose gender is not known; the parents between the highest and the lowest education) is a cell too: subtraction tells of it.

A relation is a total and its members: their numbers add up, and so do their sums of scores. Where members are missing, the
rest is a member of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipelines.errors import KortlaegningError

KEY = ["domain", "mapping", "respondent_group", "theme", "level", "unit_id", "breakdown", "breakdown_value"]
"""What names a cell."""

BLOCK = ["domain", "mapping", "respondent_group", "theme"]
"""Relations never leave a block; blocks of one theme and another look alike and are solved together."""

REST = "\x00rest"
"""Value of those whom no value of a breakdown names; sorts first and is no value of an extract."""

UP = {"institution": "municipality", "municipality": "programme"}
"""The level that the units of a level add up to."""

NOTHING = 1e-6
"""Numbers that are means over items add up but for rounding."""

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Sums:
    """Cells as numbers, and what adds up to what.

    Nothing in it is worked out when first asked for: a thread may be sending it to a worker at that moment.

    Attributes:
        start: relation r has the entries start[r] to start[r + 1] of `entry`; the first of them is the total.
        entry: cell numbers.
        block: number of the block of each cell.
        owner: the relation of each entry.
    """

    start: Ints
    entry: Ints
    block: Ints
    owner: Ints = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "owner", np.repeat(np.arange(len(self.start) - 1), np.diff(self.start)))

    @property
    def relations(self) -> int:
        """How many there are."""
        return len(self.start) - 1

    @property
    def is_total(self) -> Flags:
        """Whether an entry is its relation's total."""
        found = np.zeros(len(self.entry), dtype=bool)
        found[self.start[:-1]] = True
        return found

    def of(self, relations: Ints) -> Sums:
        """The same cells with some of the relations."""
        sizes = np.diff(self.start)[relations]
        start = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        offset = np.arange(start[-1]) - np.repeat(start[:-1], sizes)
        return Sums(start, self.entry[np.repeat(self.start[relations], sizes) + offset], self.block)

    def part(self, numbers: Ints, relations: Ints) -> Sums:
        """Some cells (ascending numbers), numbered from zero, with relations that are only about them."""
        some = self.of(relations)
        return Sums(some.start, np.searchsorted(numbers, some.entry).astype(np.int64), self.block[numbers])


@dataclass(frozen=True)
class System(Sums):
    """All of a domain.

    Attributes:
        cells: one row per cell: `KEY`, n, and what else the maker gave; the position is the cell's number.
    """

    cells: pd.DataFrame


def build(cells: pd.DataFrame, parents: pd.DataFrame, subsets: pd.DataFrame | None = None) -> System:
    """Find the relations among cells, and add the cells of those that no figure names.

    Args:
        cells: `KEY` as text, `n`, and numbers that add up like n (their names start with n_); one row per cell.
        parents: mapping, institution, municipality: where an institution lay in a round.
        subsets: units taken together by a figure: `BLOCK`, subset (text, the unit_id of a cell of level `subset`), of (its
            level), unit_id.

    Raises:
        KortlaegningError: members are more than their total; then the figures themselves are wrong.
    """
    counts = [name for name in cells.columns if name == "n" or name.startswith("n_")]
    cells = cells.reset_index(drop=True)
    if subsets is not None and len(subsets):
        cells = pd.concat([cells, _subset_cells(cells, subsets, counts)], ignore_index=True)
    parts = _parts(cells)
    rests, parts = _with_rests(cells, parts, counts)
    cells = pd.concat([cells, rests], ignore_index=True)
    found = [parts, _tree(cells, parents)]
    if subsets is not None and len(subsets):
        found.append(_subset_members(cells, subsets))
    relations = pd.concat(found, ignore_index=True)
    rests, relations = _with_rests(cells, relations, counts)
    cells = pd.concat([cells, rests], ignore_index=True)
    return _system(cells, relations)


def _numbers(cells: pd.DataFrame, wanted: pd.DataFrame, key: list[str]) -> Ints:
    """The number of the cell that each row names; −1 where there is none."""
    ours, theirs = np.zeros(len(cells), dtype=np.int64), np.zeros(len(wanted), dtype=np.int64)
    unknown = np.zeros(len(wanted), dtype=bool)
    for name in key:
        codes, values = pd.factorize(cells[name])
        there = pd.Index(values).get_indexer(pd.Index(wanted[name]))
        ours, theirs = ours * (len(values) + 1) + codes, theirs * (len(values) + 1) + there
        unknown |= there < 0
    found = pd.Index(ours).get_indexer(pd.Index(theirs))
    return np.where(unknown, -1, found).astype(np.int64)


def _parts(cells: pd.DataFrame) -> pd.DataFrame:
    """All = Σ values of a breakdown, in each unit. Columns total, member (cell numbers), value, kind."""
    members = cells.index[cells["breakdown"].ne("all")]
    wanted = cells.loc[members, KEY].assign(breakdown="all", breakdown_value="all")
    frame = pd.DataFrame(
        {
            "total": _numbers(cells, wanted, KEY),
            "member": members.to_numpy(),
            "kind": cells.loc[members, "breakdown"].to_numpy(),
        }
    )
    return frame[frame["total"] >= 0]


def _tree(cells: pd.DataFrame, parents: pd.DataFrame) -> pd.DataFrame:
    """A unit = Σ the units below it, for each value of a breakdown that both have."""
    place = pd.Series(
        parents["municipality"].to_numpy(), index=pd.MultiIndex.from_frame(parents[["mapping", "institution"]])
    )
    top = cells.loc[cells["level"].eq("programme"), "unit_id"]
    rows = cells[cells["level"].isin(UP)]
    lies_in = place.reindex(pd.MultiIndex.from_frame(rows[["mapping", "unit_id"]])).to_numpy(dtype=object)
    is_institution = rows["level"].eq("institution").to_numpy()
    above = np.where(is_institution, lies_in, str(top.iloc[0]) if len(top) else "")
    wanted = rows[KEY].assign(level=rows["level"].map(UP), unit_id=above)
    frame = pd.DataFrame({"total": _numbers(cells, wanted, KEY), "member": rows.index.to_numpy(), "kind": "units"})
    return frame[frame["total"] >= 0]


def _subset_cells(cells: pd.DataFrame, subsets: pd.DataFrame, counts: list[str]) -> pd.DataFrame:
    """One cell per subset: its units together."""
    wanted = subsets.assign(level=subsets["of"], breakdown="all", breakdown_value="all")
    found = _numbers(cells, wanted, KEY)
    kept = subsets[found >= 0]
    sums = cells.loc[found[found >= 0], counts].set_axis(kept.index)
    grouped = sums.groupby([kept[name] for name in [*BLOCK, "subset"]], observed=True).sum().reset_index()
    return grouped.rename(columns={"subset": "unit_id"}).assign(
        level="subset", breakdown="all", breakdown_value="all", is_told=False
    )


def _subset_members(cells: pd.DataFrame, subsets: pd.DataFrame) -> pd.DataFrame:
    """A subset = Σ its units."""
    whole = {"breakdown": "all", "breakdown_value": "all"}
    total = _numbers(cells, subsets.assign(level="subset", unit_id=subsets["subset"], **whole), KEY)
    member = _numbers(cells, subsets.assign(level=subsets["of"], **whole), KEY)
    frame = pd.DataFrame({"total": total, "member": member, "kind": "subset"})
    return frame[(frame["total"] >= 0) & (frame["member"] >= 0)]


def _with_rests(cells: pd.DataFrame, relations: pd.DataFrame, counts: list[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """New cells for what members leave of their total, and the relations with them.

    Raises:
        KortlaegningError: members are more than their total.
    """
    sums = cells.loc[relations["member"], counts].set_axis(relations.index)
    grouped = sums.groupby([relations["total"], relations["kind"]], sort=False).sum()
    totals = cells.loc[grouped.index.get_level_values("total"), counts]
    left = pd.DataFrame(totals.to_numpy() - grouped.to_numpy(), index=grouped.index, columns=counts)
    wrong = left.min(axis=1) < -NOTHING
    if wrong.any():
        number, kind = left.index[wrong][0]
        where = ", ".join(f"{name}={cells.at[number, name]!s}" for name in KEY)
        raise KortlaegningError(
            f"disclosure control: {kind} of {where} are more than their total; figures that do not add up cannot be protected; "
            "this is a fault of the models, not of the data"
        )
    left = left[left.max(axis=1) > NOTHING].clip(lower=0)
    numbers = left.index.get_level_values("total").to_numpy()
    kinds = left.index.get_level_values("kind").to_numpy()
    rests = cells.loc[numbers, KEY].reset_index(drop=True)
    is_part = ~np.isin(kinds, ["units", "subset"])
    rests["breakdown"] = np.where(is_part, kinds, rests["breakdown"])
    rests["breakdown_value"] = np.where(is_part, REST, rests["breakdown_value"])
    # What units leave of theirs is nobody's unit: it has a name of its own and no relation but this one.
    rests["unit_id"] = np.where(is_part, rests["unit_id"], REST + rests["unit_id"].astype(str))
    rests[counts] = left.to_numpy()
    rests["is_told"] = False
    added = pd.DataFrame({"total": numbers, "member": len(cells) + np.arange(len(rests)), "kind": kinds})
    return rests, pd.concat([relations, added], ignore_index=True)


def _system(cells: pd.DataFrame, relations: pd.DataFrame) -> System:
    """Relations in arrays, in the order of their totals."""
    ordered = relations.sort_values(["total", "kind", "member"], kind="stable")
    same = ordered.groupby(["total", "kind"], sort=False).ngroup().to_numpy()
    first = np.flatnonzero(np.diff(same, prepend=-1))
    entry = np.insert(
        ordered["member"].to_numpy(dtype=np.int64), first, ordered["total"].to_numpy(dtype=np.int64)[first]
    )
    start = np.append(first + np.arange(len(first)), len(entry)).astype(np.int64)
    block = np.asarray(cells.groupby(BLOCK, sort=False, observed=True).ngroup(), dtype=np.int64)
    return System(start, entry, block, cells)
