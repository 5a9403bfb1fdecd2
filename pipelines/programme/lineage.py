"""Institutions over time: the connected components of the lineage graph (domain.md 5, School structure).

Belongs here: who is one with whom. Does not belong here: figures; and programmes whose ids are not stable have none.
"""

from __future__ import annotations

from collections import defaultdict

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
    left = set(edges["from_id"])
    members: dict[int, list[tuple[bool, str, str]]] = defaultdict(list)
    for part, institution, label in zip(component, ids, institutions["label"], strict=True):
        members[part].append((institution in left, institution, label))
    lineages = {part: _named(sorted(group)) for part, group in members.items()}
    found = [lineages[part] for part in component]
    return pd.DataFrame(
        {
            "institution_id": ids,
            "lineage_id": [lineage for lineage, _ in found],
            "lineage_label": [label for _, label in found],
            "municipality_id": institutions["municipality_id"].tolist(),
        },
        dtype="str",
    )


def _named(members: list[tuple[bool, str, str]]) -> tuple[str, str]:
    """Id and label of a lineage: of its members whether each is former, its id and its label, in that order."""
    head = members[0]
    present = [label for is_former, _, label in members if not is_former] or [head[2]]
    former = [label for is_former, _, label in members if is_former and label not in present]
    return head[1], " / ".join(present) + (f" (inkl. tidligere {' og '.join(former)})" if former else "")
