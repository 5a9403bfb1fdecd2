"""Which cells an audience does not get to see: primary rules, what they force elsewhere, secondary suppression, attack, repair.

Belongs here: the order of these steps. Does not belong here: any of the steps themselves, and marts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from pipelines.disclosure.attack import Findings, attack
from pipelines.disclosure.ground import Ground, cell_reasons, floors, knowledge
from pipelines.disclosure.primary import Rules
from pipelines.disclosure.relations import KEY, Flags, Ints, Sums, System
from pipelines.disclosure.secondary import Needs, needs, protect

REPAIRS, BOLDER, BOLDEST = 20, 2, 10
"""Rounds of attack and repair; what still fails then is told by the verdict, which blocks. After some it is bolder, at last
boldest: that one earlier cost the demo's administration three times as many figures, and took no less time."""

UNTOLD = 1e-3
SUBSET = 0.1
"""What a respondent counts in the loss: of a cell that no mart tells of; of schools taken together for one side figure."""

UNIT = ["mapping", "respondent_group", "level", "unit_id"]


@dataclass(frozen=True)
class Choice:
    """Of one domain and audience.

    Attributes:
        reasons: per cell the reason code, null where it is shown.
        primary: cells hidden by themselves.
        need: the numbers behind the choice.
        hidden: all cells that are not shown.
    """

    reasons: pd.Series
    primary: Flags
    need: Needs
    hidden: Flags = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "hidden", self.reasons.notna().to_numpy(dtype=bool))

    def of(self, cells: Ints) -> Choice:
        """That of some cells."""
        return Choice(self.reasons.iloc[cells].reset_index(drop=True), self.primary[cells], self.need.of(cells))


def choose(ground: Ground, rules: Rules) -> dict[str, Choice]:
    """Decide for one audience, domain by domain."""
    found: dict[str, Choice] = {}
    for domain, system in ground.systems.items():
        forced = _forced(system, domain, ground.systems, found)
        found[domain] = _choose(system, domain, rules, forced)
    return found


def within(ground: Ground, choices: Mapping[str, Choice], inner: Mapping[str, Choice]) -> dict[str, Choice]:
    """Hide from an audience whatever one that sees more does not see either.

    Each choice holds against a reader of its own marts. Who has both would see what either shows, and could work out what the
    inner choice hides where the outer one, whose hidden neighbours are others, shows a cell of the same sum.
    """
    found: dict[str, Choice] = {}
    for domain, system in ground.systems.items():
        choice = choices[domain]
        hidden = choice.hidden | inner[domain].hidden
        if (hidden != choice.hidden).any():
            hidden = protect(system, hidden, choice.need, is_exact=False)
            hidden = repaired(system, choice, hidden, hidden & ~choice.hidden)
        found[domain] = replace(choice, reasons=_coded(choice.reasons, choice.primary, hidden))
    return found


def weak(system: System, choice: Choice, hidden: Flags, touched: Flags | None = None) -> Findings:
    """What an attacker can work out when exactly `hidden` is hidden; of what hangs together with `touched`, or of all."""
    # What no mart tells of needs protection only where it is too small.
    guarded = choice.primary | system.cells["is_told"].to_numpy(dtype=bool)
    return attack(system, hidden, guarded, knowledge(system, choice.need.n_low, choice.need.n_high), touched)


def _choose(system: System, domain: str, rules: Rules, forced: Flags) -> Choice:
    """One domain: hide, attack, hide beside what fell, until nothing falls."""
    reasons = cell_reasons(system, domain, rules)
    cells = system.cells
    n = cells["n"].to_numpy(dtype=np.float64)
    # Nobody is nothing to hide: an empty cell has no figure.
    primary = reasons.notna().to_numpy(dtype=bool) & (n > 0)
    is_subset = cells["level"].eq("subset").to_numpy(dtype=bool)
    worth = np.where(cells["is_told"], np.where(is_subset, SUBSET, 1.0), UNTOLD)
    floor = floors(system, domain, rules)
    is_small = primary & reasons.eq("n_lt_min").to_numpy(dtype=bool) & ~is_subset
    need = needs(n, floor, np.where(is_small, floor - 1.0, np.inf), worth)
    hidden = protect(system, primary | forced, need)
    hidden = repaired(system, Choice(reasons, primary, need), hidden)
    return Choice(_coded(reasons, primary, hidden), primary, need)


def _blocks_of(system: Sums, cells: Flags) -> tuple[Ints, Sums]:
    """The blocks that some cells lie in, by themselves, and the numbers of their cells in the whole."""
    block = system.block
    wanted = np.unique(block[cells])
    relations = np.flatnonzero(np.isin(block[system.entry[system.start[:-1]]], wanted))
    numbers = np.flatnonzero(np.isin(block, wanted))
    return numbers, system.part(numbers, relations)


def repaired(system: System, choice: Choice, hidden: Flags, touched: Flags | None = None) -> Flags:
    """All that is hidden once nothing falls: attack, hide beside what fell, go on with what hangs together with that.

    Args:
        system: cells and relations.
        choice: what is hidden by itself, and the numbers behind it.
        hidden: what is hidden so far.
        touched: what of it is new since an attack found nothing; left out: all of it.
    """
    hidden = hidden.copy()
    for attempt in range(REPAIRS + 1):
        failing = weak(system, choice, hidden, touched).failing
        if not failing.any():
            break
        numbers, part = _blocks_of(system, failing)
        own, boldness = choice.of(numbers), int(attempt >= BOLDER) + int(attempt >= BOLDEST)
        added = _beside(part, hidden[numbers], failing[numbers], own.need, boldness)
        if not added.any():
            break
        before = hidden.copy()
        hidden[numbers] = protect(part, hidden[numbers] | added, own.need, is_exact=False)
        touched = failing | hidden & ~before
    return hidden


def _coded(reasons: pd.Series, primary: Flags, hidden: Flags) -> pd.Series:
    """Reason codes of all hidden cells."""
    return reasons.where(primary, None).mask(hidden & ~primary, "secondary")


def _beside(system: Sums, hidden: Flags, failing: Flags, need: Needs, boldness: int) -> Flags:
    """The cheapest cell that is still shown in the relations of what fell; of its neighbours' where there is none.

    One a block, for the next round looks again; one a relation, and at last all of it, when that has not helped.
    """
    added = np.zeros(len(hidden), dtype=bool)
    reach = failing
    while reach.any():
        near = np.logical_or.reduceat(reach[system.entry], system.start[:-1])[system.owner]
        shown = np.flatnonzero(near & ~hidden[system.entry])
        if len(shown):
            cells = system.entry[shown]
            if boldness > 1:
                added[cells] = True
                return added
            group = system.owner[shown] if boldness else system.block[cells]
            order = np.lexsort((cells, need.cost[cells], group))
            added[cells[order[np.diff(group[order], prepend=-1) > 0]]] = True
            return added
        wider = reach.copy()
        wider[system.entry[near]] = True
        if (wider == reach).all():
            return added
        reach = wider
    return added


def _forced(system: System, domain: str, systems: Mapping[str, System], found: Mapping[str, Choice]) -> Flags:
    """Cells that are the same persons as hidden cells of another domain.

    Items: those of a theme whose score is hidden, since they make it up. Linked: those of a unit whose score is hidden, since
    who stayed and who did not make it up. Responses: those of a unit of which no theme is
    shown, since their number is the n of the figures that are hidden.
    """
    cells = system.cells
    if domain in ("items", "linked"):
        scores, hidden = systems["scores"].cells, found["scores"].hidden
        names = [name for name in KEY if name != "domain"]
        same = pd.Series(hidden, index=pd.MultiIndex.from_frame(scores[names]))
        whole = cells[names].assign(breakdown="all", breakdown_value="all")
        return np.asarray(same.reindex(pd.MultiIndex.from_frame(whole), fill_value=False), dtype=bool)
    if domain == "responses":
        scores = systems["scores"].cells.assign(hidden=found["scores"].hidden)
        names = [*UNIT, "breakdown", "breakdown_value"]
        wholly = scores[scores["n"] > 0].groupby(names, observed=True)["hidden"].all()
        same = wholly.reindex(pd.MultiIndex.from_frame(cells[names]), fill_value=False)
        return np.asarray(same, dtype=bool) & (cells["n"] > 0).to_numpy()
    return np.zeros(len(cells), dtype=bool)
