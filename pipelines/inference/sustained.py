"""Sustained development: what three mappings in a row say together (method.md 5).

Belongs here: the rule from three pairwise statuses to one. Does not belong here: the statuses themselves (`progression`).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

UNIT = ["level", "unit_id", "respondent_group", "theme"]
COLUMNS = [*UNIT, "mapping_first", "mapping_second", "mapping_third", "n_least", "raters_least", "status"]
FEWEST_MAPPINGS = 3


def sustained_development(changes: pd.DataFrame, mappings: Sequence[str]) -> pd.DataFrame:
    """One row per unit, respondent group and theme: what became of it at the third mapping.

    method.md 5 names the outcomes; where it leaves one open the reading is: `late_increase` is an increase from the first to the
    third mapping that was neither an increase nor a decrease at the second; `stable` is status quo in all three pairs. A pair
    that is not comparable or has no data decides the row.

    Args:
        changes: rows of `change_statements` without breakdown are read.
        mappings: keys of all mappings in order; the first three count.

    Returns:
        Columns `COLUMNS`; no rows with fewer than three mappings.
    """
    if len(mappings) < FEWEST_MAPPINGS:
        return pd.DataFrame(columns=COLUMNS).astype({"n_least": "float64", "raters_least": "float64"})
    first, second, third = mappings[:FEWEST_MAPPINGS]
    whole = changes[changes["breakdown"].eq("all")]
    read = [*UNIT, "status", "n_from", "n_to", "raters_from", "raters_to"]
    by_pair = {
        name: whole.loc[whole["mapping_from"].eq(a) & whole["mapping_to"].eq(b), read].set_index(UNIT)
        for name, a, b in (("12", first, second), ("23", second, third), ("13", first, third))
    }
    both = pd.concat(by_pair, axis=1, join="inner")
    one_two, two_three, one_three = (both[name]["status"] for name in ("12", "23", "13"))
    statuses = pd.concat([one_two, two_three, one_three], axis=1)
    still = one_two.isin(["status_quo", "inconclusive"])
    conditions = [
        statuses.eq("not_comparable").any(axis=1),
        statuses.eq("no_data").any(axis=1),
        one_two.eq("increase") & two_three.eq("decrease"),
        one_two.eq("increase") & one_three.eq("increase"),
        one_two.eq("decrease") & one_three.eq("decrease") & two_three.ne("increase"),
        still & one_three.eq("increase"),
        statuses.eq("status_quo").all(axis=1),
    ]
    names = [
        "not_comparable",
        "no_data",
        "relapse",
        "sustained_increase",
        "sustained_decrease",
        "late_increase",
        "stable",
    ]
    counts = [(pair, side) for pair, side in (("12", "from"), ("12", "to"), ("23", "to"))]
    result = pd.DataFrame(
        {
            "mapping_first": first,
            "mapping_second": second,
            "mapping_third": third,
            **{
                f"{what}_least": pd.concat(
                    [both[pair][f"{what}_{side}"].astype("float64") for pair, side in counts], axis=1
                ).min(axis=1)
                for what in ("n", "raters")
            },
            "status": np.select(conditions, names, default="inconclusive"),
        },
        index=both.index,
    )
    return result.reset_index()[COLUMNS]
