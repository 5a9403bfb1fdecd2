"""Schools over the mappings: which exist when, how large they are, which grades they offer, who follows whom.

Belongs here: the programme's institutions and their lineage, as arrays. Does not belong here: pupils and staff
(`population`) and what a school is like to be at (`model`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.errors import ConfigurationError
from pipelines.programme import Programme
from pipelines.simulate.plan import Sizes
from pipelines.simulate.randomness import stream

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DAYCARE_AGES = (4, 6)
"""Ages of the day-care children who are asked or asked about: they take the place of a school's first and last grade."""


@dataclass(frozen=True)
class Schools:
    """Institutions in the order of institutions.csv; a mapping is its position in the programme.

    Attributes:
        ids: institution numbers.
        municipality: position of each institution's municipality in municipalities.csv.
        kind: of each institution, as institutions.csv says: `school`, `daycare` or `administration`.
        exists: mapping × institution.
        weight: mapping × institution, relative size; 0 where it does not exist.
        grades: mapping × institution × 2, first and last grade offered; in day-care first and last age.
        origin: mapping × institution × institution; row s says of which founding institutions' character the school's
            consists: its own, the average of those merged into it, the one that it was split from or renumbered from.
        successors: per mapping, institution to those that its pupils and staff are in now (empty: closed); only
            institutions with a step in that mapping.
    """

    ids: tuple[str, ...]
    municipality: Ints
    kind: NDArray[np.str_]
    exists: NDArray[np.bool_]
    weight: Floats
    grades: Ints
    origin: Floats
    successors: tuple[dict[int, list[int]], ...]

    def of_kind(self, kind: str | None) -> NDArray[np.bool_]:
        """Which institutions are of a kind; None: all of them."""
        return np.full(len(self.ids), True) if kind is None else self.kind == kind


def schools_of(programme: Programme, sizes: Sizes, seed: int) -> Schools:
    """Follow the lineage through the mappings.

    A school exists from the first mapping unless a step leads to it, and until the last unless a step leads from it.
    Where a single school is merged into another, or a single one split off, the other keeps its number and lives on.

    Raises:
        ConfigurationError: the programme has no institutions, or a step concerns a school or mapping that is not there.
    """
    table = programme.institutions
    if table.empty:
        raise ConfigurationError(
            f"programme {programme.slug} has no institutions.csv; simulating needs schools to put people in"
        )
    ids = tuple(table["institution_id"])
    places = {name: number for number, name in enumerate(programme.municipalities["municipality_id"])}
    starting, steps = _steps(programme, {institution: number for number, institution in enumerate(ids)})
    state = _found(len(ids), starting, sizes, seed)
    state.grades[table["kind"].eq("daycare")] = DAYCARE_AGES
    standing, successors = [], []
    for key, events in zip(programme.mapping_keys, steps, strict=True):
        moves: dict[int, list[int]] = {}
        for step in events:
            missing = [ids[old] for old in step.before if not state.exists[old]]
            if missing:
                raise ConfigurationError(
                    f"institution_lineage.csv: a step of mapping {key} starts from {missing[0]}, which does not exist "
                    "then; correct that step or an earlier one"
                )
            state.take(step)
            moves.update({old: step.after + [stay for stay in step.staying if stay == old] for old in step.before})
        successors.append(moves)
        standing.append(state.copy())
    return Schools(
        ids=ids,
        municipality=table["municipality_id"].map(places).to_numpy(dtype=np.int64),
        kind=table["kind"].to_numpy(dtype=np.str_),
        exists=np.stack([one.exists for one in standing]),
        weight=np.stack([one.weight for one in standing]),
        grades=np.stack([one.grades for one in standing]),
        origin=np.stack([one.origin for one in standing]),
        successors=tuple(successors),
    )


@dataclass(frozen=True)
class _Step:
    """Schools before and after one event; `staying` are those of `before` that live on under their number."""

    before: list[int]
    after: list[int]
    staying: list[int]


@dataclass
class _Standing:
    """The schools at one point in time; arrays as in `Schools`. `founded` is the size that a new school opens with."""

    exists: NDArray[np.bool_]
    weight: Floats
    grades: Ints
    origin: Floats
    founded: Floats

    def copy(self) -> _Standing:
        """The same, not touched by later steps."""
        return _Standing(self.exists.copy(), self.weight.copy(), self.grades.copy(), self.origin.copy(), self.founded)

    def take(self, step: _Step) -> None:
        """Let one event happen: size is shared, grades are joined, character is averaged."""
        parents = sorted({*step.before, *(new for new in step.after if self.exists[new])})
        children = [*step.after, *step.staying] if step.after else []
        if parents and children:
            self.weight[children] = self.weight[parents].sum() / len(children)
            self.grades[children] = self.grades[parents, 0].min(), self.grades[parents, 1].max()
            self.origin[children] = self.origin[parents].mean(axis=0)
        elif children:
            self.weight[children] = self.founded[children]
            self.origin[children, children] = 1
        gone = [old for old in step.before if old not in step.staying]
        self.exists[gone], self.weight[gone], self.exists[children] = False, 0, True


def _found(n: int, starting: set[int], sizes: Sizes, seed: int) -> _Standing:
    """Size, grades and existence of the schools before the first mapping."""
    random = stream(seed, "schools")
    founded = np.exp(random.normal(0, sizes.school_spread, n))
    forms = np.array([form.grades for form in sizes.school_forms], dtype=np.int64)
    shares = np.array([form.share for form in sizes.school_forms])
    exists = np.array([institution not in starting for institution in range(n)])
    return _Standing(
        exists=exists,
        weight=np.where(exists, founded, 0.0),
        grades=forms[random.choice(len(forms), size=n, p=shares / shares.sum())],
        origin=np.eye(n) * exists[:, None],
        founded=founded,
    )


def _steps(programme: Programme, index: dict[str, int]) -> tuple[set[int], list[list[_Step]]]:
    """Schools that a step brings into being, and the events of each mapping."""
    events: list[list[_Step]] = [[] for _ in programme.mappings]
    starting: set[int] = set()
    order = {key: number for number, key in enumerate(programme.mapping_keys)}
    table = programme.institution_lineage
    left_out = sorted(set(table["mapping"]) - set(order))
    if left_out:
        raise ConfigurationError(
            f"institution_lineage.csv: steps of mapping {left_out[0]} cannot be followed, the mapping is left out; "
            "simulate the programme with all its mappings"
        )
    for (mapping, kind), rows in table.groupby(["mapping", "type"], sort=True):
        found = events[order[str(mapping)]]
        if kind == "merged":
            for new, part in rows.groupby("to_id", sort=True):
                before = sorted(index[old] for old in part["from_id"])
                found.append(_Step(before, [index[str(new)]], []))
                if len(before) > 1:
                    starting.add(index[str(new)])
        elif kind == "split":
            for old, part in rows.groupby("from_id", sort=True):
                after = sorted(index[new] for new in part["to_id"])
                found.append(_Step([index[str(old)]], after, [index[str(old)]] if len(after) == 1 else []))
                starting.update(after)
        else:
            for old, new in rows[["from_id", "to_id"]].sort_values(["from_id", "to_id"]).itertuples(index=False):
                found.append(_Step([index[old]] if old else [], [index[new]] if new else [], []))
                if new:
                    starting.add(index[new])
    return starting, events
