"""Schools and persons over the mappings."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pipelines.errors import ConfigurationError
from pipelines.programme import Programme
from pipelines.simulate.model import lasting_school_effects
from pipelines.simulate.plan import Sizes
from pipelines.simulate.population import Persons
from pipelines.simulate.schools import Schools, schools_of
from pipelines.simulate.world import World, make_world

MakeTiny = Callable[[dict[str, str]], Programme]
REGISTER = (
    Path(__file__).resolve().parents[4] / "shared/data/danish_register/institutionsregister_folkeskoler_latin1.csv"
)


def number(schools: Schools, institution: str) -> int:
    return schools.ids.index(institution)


def existing(schools: Schools, mapping: int) -> set[str]:
    return {schools.ids[school] for school in np.flatnonzero(schools.exists[mapping])}


def test_schools_exist_when_the_lineage_says_so(pfl: Programme, world: World) -> None:
    steps = pfl.institution_lineage
    for position, key in enumerate(pfl.mapping_keys):
        now = existing(world.schools, position)
        for step in steps.itertuples():
            begun = pfl.mapping_keys.index(str(step.mapping)) <= position
            absorbed = step.type == "merged" and (steps["to_id"] == step.to_id).sum() == 1
            if step.from_id:
                assert (step.from_id in now) is not begun, (key, step)
            if step.to_id and not absorbed:
                assert (step.to_id in now) is begun, (key, step)
    assert set(steps["type"]) == {"merged", "split", "closed", "renumbered", "opened"}


def test_persons_are_only_in_schools_that_exist(world: World) -> None:
    for group in world.programme.respondent_groups:
        for mapping in range(3):
            persons = world.population.invited(mapping, group)
            assert world.schools.exists[mapping][persons.school].all(), group.code
            if group.grades:
                grades = world.schools.grades[mapping][persons.school]
                assert (persons.grade >= grades[:, 0]).all()
                assert (persons.grade <= grades[:, 1]).all()


def test_every_kind_of_step_in_a_small_programme(tiny: Programme) -> None:
    schools = schools_of(tiny, Sizes(), seed=1)
    assert existing(schools, 0) == {"A-1", "A-2", "A-3", "B-1", "B-3"}
    assert existing(schools, 1) == {"A-1", "A-3", "A-4", "A-5", "B-2", "B-4"}
    one, two, three, four = (number(schools, f"A-{n}") for n in range(1, 5))
    assert schools.weight[1, one] == pytest.approx(schools.weight[0, one] + schools.weight[0, two])
    assert schools.weight[1, three] == schools.weight[1, four] == pytest.approx(schools.weight[0, three] / 2)
    assert schools.successors[1][two] == [one]
    assert sorted(schools.successors[1][three]) == [three, four]
    assert schools.successors[1][number(schools, "B-3")] == []


def test_character_goes_on_through_the_lineage(tiny: Programme) -> None:
    schools = schools_of(tiny, Sizes(), seed=1)
    before, after = (lasting_school_effects(schools, "child", 3, mapping, seed=1) for mapping in (0, 1))
    at = {name: number(schools, name) for name in schools.ids}
    np.testing.assert_allclose(after[at["A-1"]], (before[at["A-1"]] + before[at["A-2"]]) / 2)  # merged: the average
    np.testing.assert_array_equal(after[at["B-2"]], before[at["B-1"]])  # renumbered: its own
    np.testing.assert_array_equal(after[at["A-4"]], before[at["A-3"]])  # split: inherited
    np.testing.assert_array_equal(after[at["A-3"]], before[at["A-3"]])
    assert not (after[at["A-5"]] == after[at["B-4"]]).any()  # opened: of its own
    assert (after[at["A-5"]] != 0).all()


def test_a_step_from_a_school_that_is_gone_is_an_error(make_tiny: MakeTiny, tiny_files: dict[str, str]) -> None:
    tiny_files["institution_lineage.csv"] += "B-3,B-4,second,merged,\n"
    tiny_files["institution_lineage.csv"] += "B-3,A-1,second,renumbered,\n"
    programme = make_tiny(tiny_files)
    with pytest.raises(ConfigurationError, match="starts from B-3, which does not exist then"):
        schools_of(programme, Sizes(), seed=1)


def test_without_a_register_nothing_can_be_simulated(make_tiny: MakeTiny, tiny_files: dict[str, str]) -> None:
    del tiny_files["institutions.csv"], tiny_files["institution_lineage.csv"]
    programme = make_tiny(tiny_files)
    with pytest.raises(ConfigurationError, match=r"no institutions\.csv"):
        schools_of(programme, Sizes(), seed=1)


def test_a_mapping_left_out_is_an_error(pfl: Programme) -> None:
    with pytest.raises(ConfigurationError, match="2017 cannot be followed"):
        schools_of(pfl.limited_to(("2015", "2019")), Sizes(), seed=1)


@pytest.fixture(scope="module")
def half(pfl: Programme) -> World:
    return make_world(pfl, 0.5, 5)


def same_pupils(a: Persons, b: Persons) -> tuple[Persons, Persons]:
    common, in_a, in_b = np.intersect1d(a.number, b.number, return_indices=True)
    assert len(common) > 1000
    return a.take(in_a), b.take(in_b)


def test_pupils_keep_their_number_and_move_up_two_grades(half: World) -> None:
    for first, second in ((0, 1), (1, 2)):
        before, after = same_pupils(half.population.pupils[first], half.population.pupils[second])
        assert set((after.grade - before.grade).tolist()) == {2}
        np.testing.assert_array_equal(before.gender, after.gender)
        np.testing.assert_array_equal(before.background, after.background)
        town = half.schools.municipality
        np.testing.assert_array_equal(town[before.school], town[after.school])
        moved_on = (half.population.pupils[first].grade <= 7).sum()
        assert 0.9 < (before.grade <= 7).sum() / moved_on < 0.98
        ordinary = (before.grade <= 4) & ~np.isin(before.school, list(half.schools.successors[second]))
        assert 0.94 < (before.school == after.school)[ordinary].mean() < 0.99
        same_school = before.school == after.school
        assert (before.letter == after.letter)[same_school].mean() > 0.8


def test_pupils_of_a_merged_school_are_in_the_new_one(half: World) -> None:
    before, after = same_pupils(half.population.pupils[0], half.population.pupils[1])
    for old in ("951004", "951011"):
        theirs = after.school[(before.school == number(half.schools, old)) & (after.grade <= 6)]
        assert (theirs == number(half.schools, "951018")).mean() > 0.85


def test_a_year_group_is_as_large_as_planned(half: World) -> None:
    for pupils in half.population.pupils:
        grades = np.bincount(pupils.grade, minlength=11)
        assert (np.abs(grades[:10] / 4000 - 1) < 0.05).all()
        assert 100 < grades[10] < 350
        size = np.bincount(pupils.school_class)
        assert size.max() <= 26
        assert 0.48 < pupils.gender.mean() < 0.52


def test_staff_mostly_stay_and_leaders_are_one_to_four(half: World) -> None:
    teachers = half.population.staff["laerer"]
    assert 0.75 < np.isin(teachers[0].number, teachers[1].number).mean() < 0.85
    for leaders in half.population.staff["ledelse_skole"]:
        per_school = np.bincount(leaders.school, minlength=len(half.schools.ids))
        assert set(per_school.tolist()) <= {0, 1, 2, 3, 4}


@pytest.mark.real_data
def test_no_invented_school_number_is_in_the_register(pfl: Programme) -> None:
    if not REGISTER.is_file():
        pytest.skip("the register of institutions is not here")
    with REGISTER.open(encoding="cp1252", newline="") as stream:
        real = {row["INST_NR"] for row in csv.DictReader(stream, delimiter=";")}
    assert len(real) > 1000
    assert not real & set(pfl.institutions["institution_id"])
