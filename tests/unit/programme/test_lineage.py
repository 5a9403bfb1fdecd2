"""Lineages are the connected components of the steps between institutions."""

from __future__ import annotations

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from pipelines.programme.lineage import institution_lineages


def lineages(ids: list[str], steps: list[tuple[str, str, str]]) -> dict[str, str]:
    """Institution to lineage."""
    institutions = pd.DataFrame({"institution_id": ids, "label": [f"School {i}" for i in ids], "municipality_id": "1"})
    frame = pd.DataFrame(steps, columns=["from_id", "to_id", "type"])
    found = institution_lineages(institutions, frame)
    return dict(zip(found["institution_id"], found["lineage_id"], strict=True))


def test_merged_split_renumbered_closed_and_opened() -> None:
    steps = [
        ("1", "3", "merged"),
        ("2", "3", "merged"),
        ("4", "5", "split"),
        ("4", "6", "split"),
        ("7", "8", "renumbered"),
        ("9", "", "closed"),
        ("", "10", "opened"),
    ]
    found = lineages([str(i) for i in range(1, 12)], steps)
    assert found == {
        "1": "3",
        "2": "3",
        "3": "3",
        "4": "5",
        "5": "5",
        "6": "5",
        "7": "8",
        "8": "8",
        "9": "9",
        "10": "10",
        "11": "11",
    }


def test_a_school_that_grows_by_a_merger_keeps_its_number() -> None:
    assert lineages(["1", "2"], [("2", "1", "merged")]) == {"1": "1", "2": "1"}


def test_label_names_the_former_schools() -> None:
    institutions = pd.DataFrame(
        {"institution_id": ["1", "2", "3"], "label": ["Nord", "Syd", "Midt"], "municipality_id": "1"}
    )
    steps = pd.DataFrame([("1", "3", "merged"), ("2", "3", "merged")], columns=["from_id", "to_id", "type"])
    assert set(institution_lineages(institutions, steps)["lineage_label"]) == {"Midt (inkl. tidligere Nord og Syd)"}


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=12), st.randoms())
def test_order_of_steps_changes_nothing_and_joined_schools_share_a_lineage(
    pairs: list[tuple[int, int]], random: object
) -> None:
    ids = [f"{i}" for i in range(9)]
    steps = [(f"{a}", f"{b}", "merged") for a, b in pairs]
    found = lineages(ids, steps)
    assert lineages(ids, list(reversed(steps))) == found
    assert all(found[a] == found[b] for a, b, _ in steps)
    assert all(found[lineage] == lineage for lineage in found.values())
