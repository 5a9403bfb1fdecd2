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


@dataclass(frozen=True)
class Schools:
    """Institutions in the order of institutions.csv; a mapping is its position in the programme.

    Attributes:
        ids: institution numbers.
        municipality: position of each institution's municipality in municipalities.csv.
        exists: mapping × institution.
        weight: mapping × institution, relative size; 0 where it does not exist.
        grades: mapping × institution × 2, first and last grade offered.
        origin: mapping × institution × institution; row s says of which founding institutions' character the school's
            consists: its own, the average of those merged into it, the one that it was split from or renumbered from.
        successors: per mapping, institution to those that its pupils and staff are in now (empty: closed); only
            institutions with a step in that mapping.
    """

    ids: tuple[str, ...]
    municipality: Ints
    exists: NDArray[np.bool_]
    weight: Floats
    grades: Ints
    origin: Floats
    successors: tuple[dict[int, list[int]], ...]


def schools_of(programme: Programme, sizes: Sizes, seed: int) -> Schools:
    """Follow the lineage through the mappings.

    A school exists from the first mapping unless a step leads to it, and until the last unless a step leads from it.
    Where a single school is merged into another, or a single one split off, the other keeps its number and lives on.

    Raises:
        ConfigurationError: the programme has no institutions, or a step concerns a school that does not exist then.
    """
    table = programme.institutions
    if table.empty:
        raise ConfigurationError(
            f"programme {programme.slug} has no institutions.csv; simulating needs schools to put people in"
        )
    ids = tuple(table["institution_id"])
    index = {institution: number for number, institution in enumerate(ids)}
    places = {name: number for number, name in enumerate(programme.municipalities["municipality_id"])}
    n, n_mappings = len(ids), len(programme.mappings)
    starting, steps = _steps(programme, index)

    random = stream(seed, "schools")
    weight = np.exp(random.normal(0, sizes.school_spread, n))
    forms = np.array([form.grades for form in sizes.school_forms], dtype=np.int64)
    shares = np.array([form.share for form in sizes.school_forms])
    grades = forms[random.choice(len(forms), size=n, p=shares / shares.sum())]
    exists = np.array([institution not in starting for institution in range(n)])
    weight = np.where(exists, weight, 0.0)
    origin = np.eye(n) * exists[:, None]
    founding_weight = np.exp(random.normal(0, sizes.school_spread, n))

    rows: list[tuple[NDArray[np.bool_], Floats, Ints, Floats]] = []
    successors: list[dict[int, list[int]]] = []
    for mapping in range(n_mappings):
        exists, weight, grades, origin = exists.copy(), weight.copy(), grades.copy(), origin.copy()
        moves: dict[int, list[int]] = {}
        for step in steps[mapping]:
            if not all(exists[old] for old in step.before):
                raise ConfigurationError(
                    f"institution_lineage.csv: a step of mapping {programme.mapping_keys[mapping]} starts from "
                    f"{', '.join(ids[old] for old in step.before)}, which does not exist then; check the order of the steps"
                )
            parents = sorted({*step.before, *(new for new in step.after if exists[new])})
            for old in step.before:
                moves[old] = step.after + ([old] if old in step.staying else [])
            if step.after:
                children = [*step.after, *step.staying]
                total = weight[parents].sum() if parents else founding_weight[step.after[0]]
                mean = origin[parents].mean(axis=0) if parents else np.eye(n)[step.after[0]]
                first = grades[parents, 0].min() if parents else grades[step.after[0], 0]
                last = grades[parents, 1].max() if parents else grades[step.after[0], 1]
                weight[children] = total / len(children)
                origin[children] = mean
                grades[children] = first, last
                exists[step.after] = True
            gone = [old for old in step.before if old not in step.staying]
            exists[gone] = False
            weight[gone] = 0
        rows.append((exists, weight, grades, origin))
        successors.append(moves)
    return Schools(
        ids=ids,
        municipality=table["municipality_id"].map(places).to_numpy(dtype=np.int64),
        exists=np.stack([row[0] for row in rows]),
        weight=np.stack([row[1] for row in rows]),
        grades=np.stack([row[2] for row in rows]),
        origin=np.stack([row[3] for row in rows]),
        successors=tuple(successors),
    )


@dataclass(frozen=True)
class _Step:
    """Schools before and after one event; `staying` are those of `before` that live on under their number."""

    before: list[int]
    after: list[int]
    staying: list[int]


def _steps(programme: Programme, index: dict[str, int]) -> tuple[set[int], list[list[_Step]]]:
    """Schools that a step brings into being, and the events of each mapping."""
    events: list[list[_Step]] = [[] for _ in programme.mappings]
    starting: set[int] = set()
    order = {key: number for number, key in enumerate(programme.mapping_keys)}
    table = programme.institution_lineage
    table = table[table["mapping"].isin(order)]
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
