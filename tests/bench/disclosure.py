"""Secondary suppression at full size: what the choice costs beside a plain greedy, and what an attack finds in either.

Belongs here: measuring. Does not belong here: asserting times. The result is in `disclosure.md`.

usage: python -m tests.bench.disclosure HOME    HOME holds a release of pfl with its warehouse
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import duckdb
import numpy as np

from pipelines.disclosure import INNER, OUTER, Ground, Rules, read_ground
from pipelines.disclosure.choice import Choice, choose, repaired, weak, within
from pipelines.disclosure.relations import Flags
from pipelines.disclosure.secondary import greedy, loss, protect
from pipelines.programme import load_programme
from pipelines.warehouse import DATABASE

T = TypeVar("T")
DOMAIN = "scores"
"""The domain that is compared: all cells of theme scores. Nothing is forced upon it by another."""


def timed(work: Callable[[], T]) -> tuple[T, float]:
    """A result and the processor seconds that it took."""
    began = time.process_time()
    return work(), time.process_time() - began


def row(ground: Ground, choice: Choice, released: Choice, seconds: float) -> str:
    """One audience's line of the table: its own choice, and what is hidden beside the other's."""
    system = ground.systems[DOMAIN]
    told = system.cells["is_told"].to_numpy(dtype=bool)

    def price(hidden: Flags) -> str:
        chosen = hidden & ~choice.primary & told
        found = weak(system, choice, hidden).failing & hidden
        return f"{chosen.sum():,} / {loss(hidden, choice.primary, choice.need.cost):,.0f} / {found.sum():,}"

    _, attack_seconds = timed(lambda: weak(system, choice, released.hidden))
    cells = [
        f"{(choice.primary & told).sum():,}",
        price(choice.primary.copy()),
        price(by_greedy := greedy(system, choice.primary, choice.need)),
        price(repaired(system, choice, by_greedy)),
        price(protect(system, choice.primary, choice.need)),
        price(choice.hidden),
        price(released.hidden),
        f"{seconds:.1f}",
        f"{attack_seconds:.1f}",
    ]
    return " | ".join(cells)


def main(home: Path) -> None:
    """Print the table of a home's warehouse."""
    definition = load_programme("pfl").definition
    with duckdb.connect(str(home / DATABASE), read_only=True) as database:
        ground, seconds = timed(lambda: read_ground(database, definition))
    for domain, system in ground.systems.items():
        print(f"{domain}: {np.sum(system.cells['is_told']):,} cells, {system.relations:,} sums between them")
    print(f"reading them and tying every row of every mart to them: {seconds:.1f} processor seconds\n")
    print(
        "| audience | hidden by themselves | nothing more | plain greedy | the same, repaired | integer programs | the same, repaired | so that both audiences' marts together tell no more | seconds, choice "
        ""
        "of all domains | seconds, attack |\n|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|"
    )
    public, internal = (Rules.of(definition, audience) for audience in (OUTER, INNER))
    inner, inner_seconds = timed(lambda: choose(ground, internal))
    outer, outer_seconds = timed(lambda: choose(ground, public))
    nested, more = timed(lambda: within(ground, outer, inner))
    for audience, own, released, taken in (
        (OUTER, outer, nested, outer_seconds + more),
        (INNER, inner, inner, inner_seconds),
    ):
        print(f"| {audience} | {row(ground, own[DOMAIN], released[DOMAIN], taken)} |", flush=True)
    print("\ncells hidden for the sake of others / loss / cells that the attack works out")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
