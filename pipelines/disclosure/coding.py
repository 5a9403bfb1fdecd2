"""Top-coding of shares: for the public, answers that hardly anybody or nearly everybody gave are told as a limit.

Belongs here: which shares are coded, and to what. Does not belong here: which items are hidden (`choice`).

A share below `LOW` becomes `LOW` and column `coded` says `below`; one above `HIGH` becomes `HIGH` and `above`. The shares of an
item add up to one, and a municipality's answers are its schools': where only one of those that add up is coded, it would
follow from the others, so the next smallest is coded too, to the next multiple of `LOW`.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa

from pipelines.disclosure.relations import Flags, Floats, Ints, System

LOW, HIGH = 0.05, 0.95
ROUNDS = 50


def top_coded(table: pa.Table, system: System, places: Ints) -> pa.Table:
    """The distributions with extreme shares as limits, and the column `coded` before `suppressed`.

    Args:
        table: mart `item_distributions` after suppression.
        system: the domain `items`.
        places: the cell of each row.
    """
    share = table.column("share").to_numpy(zero_copy_only=False).astype(np.float64)
    keys = table.select(["mapping", "level", "unit_id", "respondent_group", "item_id", "answer"]).to_pandas()
    number, coded = coded_shares(share, keys, system, places)
    return with_coded(
        table.set_column(table.schema.get_field_index("share"), "share", pa.array(number, from_pandas=True)), coded
    )


def with_coded(table: pa.Table, coded: list[str | None]) -> pa.Table:
    """The table with the column `coded` before `suppressed`."""
    return table.add_column(table.schema.get_field_index("suppressed"), "coded", pa.array(coded, pa.string()))


def coded_shares(share: Floats, keys: pd.DataFrame, system: System, places: Ints) -> tuple[Floats, list[str | None]]:
    """Shares with the extreme ones as limits, and per row `below`, `above` or nothing.

    Args:
        share: not a number where suppressed.
        keys: mapping, level, unit_id, respondent_group, item_id, answer of each row.
        system: the domain `items`.
        places: the cell of each row.
    """
    shown = np.isfinite(share)
    low, high = shown & (share < LOW), shown & (share > HIGH)
    coded = low | high
    rows, sums = _sums(keys, system, places)
    for _ in range(ROUNDS):
        added = _beside(share, shown, coded, rows, sums)
        if not added.any():
            break
        coded |= added
    below = coded & ~high
    limit = np.where(share < LOW, LOW, (np.floor(share / LOW + 1e-9) + 1) * LOW)
    number = np.where(high, HIGH, np.where(below, np.minimum(limit, 1.0), share))
    words = np.where(high, "above", np.where(below, "below", ""))
    return number, [word or None for word in words.tolist()]


def _sums(keys: pd.DataFrame, system: System, places: Ints) -> tuple[Ints, Ints]:
    """Pairs of row and number of the sum that it is part of: the answers of an item; an answer over the units of a unit."""
    item = keys.groupby(["mapping", "level", "unit_id", "respondent_group", "item_id"], sort=False).ngroup().to_numpy()
    answer = keys.groupby(["respondent_group", "item_id", "answer"], sort=False).ngroup().to_numpy().astype(np.int64)
    order = np.argsort(places, kind="stable")
    starts = np.searchsorted(places[order], np.arange(len(system.cells) + 1))
    sizes = np.diff(starts)[system.entry]
    offset = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    rows = order[np.repeat(starts[system.entry], sizes) + offset]
    relation = np.repeat(system.owner, sizes)
    over_units = np.unique(relation * (answer.max(initial=0) + 1) + answer[rows], return_inverse=True)[1]
    return (
        np.concatenate([np.arange(len(keys)), rows]).astype(np.int64),
        np.concatenate([item, item.max(initial=-1) + 1 + over_units]).astype(np.int64),
    )


def _beside(share: Floats, shown: Flags, coded: Flags, rows: Ints, sums: Ints) -> Flags:
    """Where exactly one of a sum is not told exactly and that one is coded: the smallest of the others."""
    added = np.zeros(len(share), dtype=bool)
    hidden = np.bincount(sums, ~shown[rows] | coded[rows])
    of_coded = np.bincount(sums, coded[rows])
    lonely = np.flatnonzero((hidden[sums] == 1) & (of_coded[sums] == 1) & shown[rows] & ~coded[rows])
    ranked = lonely[np.lexsort((rows[lonely], share[rows[lonely]], sums[lonely]))]
    added[rows[ranked[np.diff(sums[ranked], prepend=-1) > 0]]] = True
    return added
