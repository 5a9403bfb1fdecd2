"""Secondary suppression against an attacker of other code: planted cases, and random ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.disclosure import secondary
from pipelines.disclosure.attack import Knowledge
from pipelines.disclosure.attack import attack as own_attack
from pipelines.disclosure.relations import BLOCK, KEY, System, build
from pipelines.disclosure.secondary import Needs, greedy, lacking, loss, needs, protect
from tests.attacker import attack

LEAST = 10
LOW, HIGH = 1.0, 5.0

People = list[tuple[str, str, str, str, int]]
"""Mapping, municipality, institution, gender, how many."""


def table(people: People) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Cells of invented respondents, and where schools lie."""
    rows = [
        (mapping, municipality, school, gender, LOW + (7 * number + 3 * len(school) + number * number) % 5)
        for mapping, municipality, school, gender, count in people
        for number in range(count)
    ]
    data = pd.DataFrame(rows, columns=["mapping", "municipality", "institution", "gender", "score"])
    data["programme"] = "p"
    parts = []
    for level in ("programme", "municipality", "institution"):
        for breakdown in ("all", "gender"):
            by = [data["mapping"], data[level].rename("unit_id")]
            by.append(
                (data["gender"] if breakdown == "gender" else pd.Series("all", index=data.index)).rename(
                    "breakdown_value"
                )
            )
            part = data.groupby(by)["score"].agg(n="size", mean_raw="mean").reset_index()
            parts.append(part.assign(level=level, breakdown=breakdown))
    cells = pd.concat(parts, ignore_index=True)
    cells = cells[cells["breakdown_value"] != "unknown"].reset_index(drop=True)
    cells = cells.assign(domain="scores", respondent_group="pupils", theme="trivsel", form="full", is_told=True)
    parents = data[["mapping", "institution", "municipality"]].drop_duplicates()
    return cells, parents


def system_of(people: People) -> tuple[System, pd.DataFrame, np.ndarray, pd.DataFrame]:
    """System, parents, primary cells, and the truth."""
    cells, parents = table(people)
    system = build(cells[[*KEY, "n", "is_told"]], parents)
    primary = (system.cells["n"] < LEAST).to_numpy()
    return system, parents, primary, cells


def chosen(system: System, primary: np.ndarray) -> np.ndarray:
    n = system.cells["n"].to_numpy(dtype=float)
    return protect(system, primary, need_of(system, primary, n))


def need_of(system: System, primary: np.ndarray, n: np.ndarray) -> Needs:
    told = system.cells["is_told"].to_numpy(dtype=bool)
    return needs(n, np.full(len(n), float(LEAST)), np.where(primary, LEAST - 1.0, np.inf), np.where(told, 1.0, 0.001))


def released(cells: pd.DataFrame, hidden: np.ndarray) -> pd.DataFrame:
    """What readers get: no number where hidden."""
    shown = cells.copy()
    shown[["n", "mean_raw"]] = shown[["n", "mean_raw"]].astype(float)
    shown.loc[hidden[: len(cells)], ["n", "mean_raw"]] = np.nan
    return shown


CASES: dict[str, People] = {
    "two schools, one tiny": [
        ("1", "a", "s1", "female", 20),
        ("1", "a", "s1", "male", 20),
        ("1", "a", "s2", "female", 2),
        ("1", "a", "s2", "male", 2),
        ("1", "b", "s3", "female", 25),
        ("1", "b", "s3", "male", 30),
        ("1", "b", "s4", "female", 15),
        ("1", "b", "s4", "male", 14),
        ("1", "c", "s5", "female", 22),
        ("1", "c", "s5", "male", 21),
        ("1", "c", "s6", "female", 12),
        ("1", "c", "s6", "male", 16),
    ],
    "a school of boys": [
        ("1", "a", "s1", "male", 40),
        ("1", "a", "s2", "female", 20),
        ("1", "a", "s2", "male", 6),
        ("1", "a", "s3", "female", 20),
        ("1", "a", "s3", "male", 18),
        ("1", "b", "s4", "female", 30),
        ("1", "b", "s4", "male", 30),
    ],
    "a school that closed": [
        ("1", "a", "s1", "female", 20),
        ("1", "a", "s1", "male", 20),
        ("1", "a", "s2", "male", 5),
        ("1", "a", "s3", "male", 30),
        ("2", "a", "s1", "female", 22),
        ("2", "a", "s1", "male", 21),
        ("2", "a", "s3", "male", 30),
        ("1", "b", "s4", "female", 30),
        ("2", "b", "s4", "female", 30),
    ],
    "gender not known of a few": [
        ("1", "a", "s1", "female", 20),
        ("1", "a", "s1", "male", 20),
        ("1", "a", "s1", "unknown", 3),
        ("1", "a", "s2", "female", 20),
        ("1", "a", "s2", "male", 20),
        ("1", "a", "s3", "female", 16),
        ("1", "a", "s3", "male", 20),
    ],
}


@pytest.mark.parametrize("people", [case for name, case in CASES.items() if "not known" not in name])
def test_the_attacker_wins_without_secondary_suppression_and_loses_with_it(people: People) -> None:
    system, parents, primary, cells = system_of(people)
    assert len(attack(released(cells, primary), parents, LOW, HIGH)) > 0
    assert attack(released(cells, chosen(system, primary)), parents, LOW, HIGH).to_dict("records") == []


def test_those_of_unknown_gender_are_protected_though_no_mart_tells_of_them() -> None:
    system, _, primary, _ = system_of(CASES["gender not known of a few"])
    rest = system.cells.index[~system.cells["is_told"].astype(bool) & system.cells["unit_id"].eq("s1")]
    assert primary[rest].all()
    knowledge = truth(system)
    guarded = np.ones(len(primary), dtype=bool)
    assert own_attack(system, primary, guarded, knowledge).determined[rest].all()
    hidden = chosen(system, primary)
    assert hidden.sum() > primary.sum()
    assert not own_attack(system, hidden, guarded, knowledge).determined.any()


def truth(system: System) -> Knowledge:
    """Every n is known, no mean is looked at."""
    n = system.cells["n"].to_numpy(dtype=float)
    nothing = np.full(len(n), np.nan)
    return Knowledge(n, np.zeros(len(n)), np.full(len(n), np.inf), nothing, nothing, nothing)


def test_a_rest_of_too_few_is_seen() -> None:
    cells, parents = table([("1", "a", "s1", "female", 20), ("1", "a", "s1", "male", 20)])
    cells.loc[cells["breakdown"].eq("all"), "n"] -= 5
    with pytest.raises(Exception, match="more than their total"):
        build(cells[[*KEY, "n", "is_told"]], parents)


counts = st.integers(0, 30)
schools = st.lists(st.tuples(counts, counts), min_size=1, max_size=4)


@settings(max_examples=15)
@given(st.lists(schools, min_size=1, max_size=3))
def test_random_hierarchies(municipalities: list[list[tuple[int, int]]]) -> None:
    people: People = [
        ("1", f"m{m}", f"s{m}{s}", gender, count)
        for m, units in enumerate(municipalities)
        for s, both in enumerate(units)
        for gender, count in zip(("female", "male"), both, strict=True)
        if count
    ]
    if not people:
        return
    system, parents, primary, cells = system_of(people)
    n = system.cells["n"].to_numpy(dtype=float)
    need = need_of(system, primary, n)
    hidden = protect(system, primary, need)
    # Never exactly one, and every other condition.
    per_relation = np.add.reduceat(hidden[system.entry].astype(int), system.start[:-1])
    assert (per_relation != 1).all()
    assert not lacking(system, hidden, need).any()
    # Nothing in vain: each secondary cell shown again breaks a condition.
    for cell in np.flatnonzero(hidden & ~primary):
        without = hidden.copy()
        without[cell] = False
        assert lacking(system, without, need).any()
    # No worse than hiding the next smallest until nothing is lacking.
    plain = greedy(system, primary, need)
    assert loss(hidden, primary, need.cost) <= loss(plain, primary, need.cost) * 1.02 + 1
    # And what is left gives nothing away to other code than ours; what only repair finds is in `choice`.
    if not own_attack(system, hidden, np.ones(len(n), dtype=bool), truth(system)).failing.any():
        found = attack(released(cells, hidden), parents, LOW, HIGH, with_means=False)
        assert found.to_dict("records") == []


def test_blocks_do_not_touch_one_another() -> None:
    people = CASES["two schools, one tiny"]
    cells, parents = table(people)
    other = cells.assign(theme="andet")
    both = build(pd.concat([cells, other], ignore_index=True)[[*KEY, "n", "is_told"]], parents)
    primary = (both.cells["n"] < LEAST).to_numpy()
    hidden = chosen(both, primary)
    by_theme = both.cells.assign(hidden=hidden).groupby(BLOCK)["hidden"].sum()
    assert by_theme.nunique() == 1


def test_a_block_whose_programs_take_long_is_left_to_the_quick_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once its steps are used up no further program is begun; what is hidden then protects all the same."""
    sizes = ((20, 4), (3, 30), (12, 11), (25, 2), (30, 16), (18, 5))
    people = [
        ("1", f"m{number // 3}", f"s{number}", gender, 1 + (count + 7 * number) % 31)
        for number in range(9)
        for gender, count in zip(("female", "male"), sizes[number % len(sizes)], strict=True)
    ]
    system, _, primary, _ = system_of(people)
    need = need_of(system, primary, system.cells["n"].to_numpy(dtype=float))
    begun = []
    solve = secondary._solve

    def counted(*given: Any) -> tuple[np.ndarray | None, int]:
        begun.append(given)
        return solve(*given)

    monkeypatch.setattr(secondary, "_solve", counted)
    best = protect(system, primary, need)
    assert len(begun) > 1
    begun.clear()
    monkeypatch.setattr(secondary, "STEPS", -1)
    quick = protect(system, primary, need)
    assert begun == []
    assert not lacking(system, quick, need).any()
    assert loss(quick, primary, need.cost) >= loss(best, primary, need.cost)
