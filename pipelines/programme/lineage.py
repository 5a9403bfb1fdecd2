"""Institutions over time: the connected components of the lineage graph (domain.md 5, School structure).

Belongs here: who is one with whom. Does not belong here: figures; and programmes whose ids are not stable have none.
"""

from __future__ import annotations

import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components


def institution_lineages(institutions: pd.DataFrame, steps: pd.DataFrame) -> pd.DataFrame:
    """One row per institution: the lineage it belongs to.

    A lineage is a connected component of the graph whose edges are the steps from one institution to another. It bears the
    id of the component's lowest institution that nothing follows (the one that exists now), else of its lowest member.

    Args:
        institutions: columns institution_id, label, municipality_id.
        steps: columns from_id, to_id, type; an empty id means opened or closed.

    Returns:
        institution_id, lineage_id, lineage_label (with the names of the former members), municipality_id; in the order of
        `institutions`.
    """
    ids = institutions["institution_id"].tolist()
    number = {institution: index for index, institution in enumerate(ids)}
    edges = steps[(steps["from_id"] != "") & (steps["to_id"] != "")]
    rows, columns = edges["from_id"].map(number).tolist(), edges["to_id"].map(number).tolist()
    graph = coo_array(([1] * len(rows), (rows, columns)), shape=(len(ids), len(ids)))
    component: list[int] = connected_components(graph, directed=False)[1].tolist() if ids else []
    members = institutions.assign(component=component, is_former=institutions["institution_id"].isin(edges["from_id"]))
    result = []
    for _, group in members.groupby("component", sort=False):
        ordered = group.sort_values(["is_former", "institution_id"])
        head = ordered.iloc[0]
        present = ordered.loc[~ordered["is_former"], "label"].tolist() or [head["label"]]
        former = [label for label in ordered.loc[ordered["is_former"], "label"] if label not in present]
        label = " / ".join(present) + (f" (inkl. tidligere {' og '.join(former)})" if former else "")
        result.append(group.assign(lineage_id=head["institution_id"], lineage_label=label))
    columns_out = ["institution_id", "lineage_id", "lineage_label", "municipality_id"]
    if not result:
        return pd.DataFrame(columns=columns_out, dtype="str")
    return pd.concat(result).sort_index()[columns_out].reset_index(drop=True)
