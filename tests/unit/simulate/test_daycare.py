"""Day-care and administrations: everyone is where the group's kind of institution says, and nobody is two persons."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.errors import ConfigurationError
from pipelines.programme import load_programme
from pipelines.simulate.world import FEWEST_SCHOOLS, World, make_world
from tests.unit.simulate.conftest import MakeTiny


@pytest.fixture(scope="module")
def both() -> World:
    """Day-care and school, small."""
    return make_world(load_programme("svendborg"), 0.1, 5)


def test_persons_are_in_institutions_of_their_kind(both: World) -> None:
    for group in both.programme.respondent_groups:
        for mapping in range(len(both.programme.mappings)):
            persons = both.population.invited(mapping, group)
            assert len(persons) > 0
            assert set(both.schools.kind[persons.school]) == {group.institutions}, group.code


def test_children_have_no_grade_and_are_rated_and_go_on(both: World) -> None:
    first, second = both.population.children[:2]
    assert (first.grade == -1).all()
    assert (first.rater >= 0).all()
    stayed = np.intersect1d(first.number, second.number)
    assert 0 < len(stayed) < len(first) / 2, (
        "after two years only those of four years are still there, as six-year-olds"
    )


def test_no_number_is_used_twice(both: World) -> None:
    for mapping in range(len(both.programme.mappings)):
        numbers = [both.population.pupils[mapping].number, both.population.children[mapping].number]
        numbers += [persons[mapping].number for persons in both.population.staff.values()]
        everyone = np.concatenate(numbers)
        assert len(np.unique(everyone)) == len(everyone)
        raters = (both.population.pupils[mapping].rater, both.population.children[mapping].rater)
        assert not len(np.intersect1d(*raters))


def test_small_scale_keeps_institutions_of_each_kind(both: World) -> None:
    kept = both.programme.institutions.groupby(["municipality_id", "kind"]).size()
    assert (kept == FEWEST_SCHOOLS).all()
    assert len(kept) == 6


def test_a_stated_level_and_gap_are_the_models(both: World) -> None:
    theme = next(t for t in both.model.themes["laerer"] if t.code == "overgang_dagtilbud_skole")
    assert theme.municipality[both.programme.municipalities["municipality_id"].tolist().index("479")] == -0.60
    plf = make_world(load_programme("plf"), 0.1, 5)
    gap = next(t for t in plf.model.themes["elev_4_9"] if t.code == "faglig_mestring")
    assert gap.per_background == (0.32, 0.16)


def test_a_group_without_institutions_of_its_kind_is_told(make_tiny: MakeTiny, tiny_files: dict[str, str]) -> None:
    whole = tiny_files["programme.yaml"]
    programme = make_tiny(
        {**tiny_files, "programme.yaml": whole.replace("kind: staff,", "kind: staff, institutions: daycare,")}
    )
    with pytest.raises(ConfigurationError, match="institutions of kind 'daycare', and none is listed"):
        make_world(programme, 1, 1)


def test_a_level_of_an_unknown_municipality_is_told(make_tiny: MakeTiny, tiny_files: dict[str, str]) -> None:
    plan = "levels: [{respondent_group: child, theme: joy, municipality_id: C, level: 1}]\n"
    plan += "themes: [{respondent_group: child, theme: joy, per_background_by_mapping: {third: 0.1}}]\n"
    with pytest.raises(ConfigurationError) as caught:
        make_world(make_tiny({**tiny_files, "simulation.yaml": plan}), 1, 1)
    assert "levels[0]: municipality 'C' is not in municipalities.csv" in str(caught.value)
    assert "themes[0]: 'third' is not a mapping of the programme" in str(caught.value)
