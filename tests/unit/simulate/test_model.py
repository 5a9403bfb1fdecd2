"""The model: items, trend forms, true changes."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.simulate.answers import questionnaire
from pipelines.simulate.model import Theme, school_effects, trend_items
from pipelines.simulate.randomness import stream
from pipelines.simulate.world import World


def theme(world: World, group: str, code: str) -> Theme:
    return next(theme for theme in world.model.themes[group] if theme.code == code)


def test_streams_differ_by_name_and_seed_only() -> None:
    def draw(seed: int, *names: str) -> float:
        return float(stream(seed, *names).random())

    assert draw(1, "a", "b") == draw(1, "a", "b")
    assert len({draw(1, "a", "b"), draw(2, "a", "b"), draw(1, "ab"), draw(1, "b", "a")}) == 4


def test_all_seven_groups_have_all_their_themes(world: World) -> None:
    counts = {group: len(themes) for group, themes in world.model.themes.items()}
    assert counts == {
        "elev_0_3": 9,
        "elev_4_10": 16,
        "kontaktlaerer": 8,
        "laerer": 15,
        "paedagog": 8,
        "foraelder_skole": 7,
        "ledelse_skole": 7,
    }
    for themes in world.model.themes.values():
        for one in themes:
            assert all(4 <= len(items) <= 6 for items in one.items if items), one.code


def test_trend_forms_follow_the_codebook(world: World) -> None:
    trend = trend_items(world.programme)
    assert ("laerer", "maal_og_data") not in trend  # three of five reworded
    assert len(trend["elev_0_3", "trivsel"]) == 5
    assert trend["elev_0_3", "klasseledelse_ro"] == {f"klasseledelse_ro_{n}" for n in (1, 3, 4, 5)}
    assert "undervisningshaemmende_adfaerd_4" not in trend["elev_4_10", "undervisningshaemmende_adfaerd"]
    assert "fysisk_laeringsmiljoe_4" not in trend["elev_4_10", "fysisk_laeringsmiljoe"]
    assert "feedback_elev_elev_6" not in trend["elev_4_10", "feedback_elev_elev"]
    assert len(trend["paedagog", "rolle_i_undervisning"]) == 4  # first asked in 2017, the same since
    assert theme(world, "paedagog", "rolle_i_undervisning").base == 1
    assert len(trend) == 69


def test_minor_rewording_counts_where_the_programme_says_so(world: World) -> None:
    programme = world.programme
    thresholds = programme.definition.thresholds.model_copy(update={"trend_includes_minor": True})
    definition = programme.definition.model_copy(update={"thresholds": thresholds})
    lenient = type(programme)(**{**programme.__dict__, "definition": definition})
    assert "undervisningshaemmende_adfaerd_4" in trend_items(lenient)["elev_4_10", "undervisningshaemmende_adfaerd"]


def test_reworded_items_are_other_items_and_the_rest_stays(world: World) -> None:
    first, second, third = theme(world, "laerer", "maal_og_data").items
    by_id = [{item.item_id: (item.loading, item.thresholds) for item in asked} for asked in (first, second, third)]
    assert by_id[0]["maal_og_data_3"] != by_id[1]["maal_og_data_3"] == by_id[2]["maal_og_data_3"]
    assert by_id[0]["maal_og_data_1"] == by_id[1]["maal_og_data_1"] == by_id[2]["maal_og_data_1"]


def test_categories_run_from_worst_to_best_whatever_the_wording(world: World) -> None:
    items = {item.item_id: item for item in questionnaire(world.model, "laerer", 0)}
    reversed_later = {item.item_id: item for item in questionnaire(world.model, "laerer", 1)}
    assert items["egne_kompetencer_1"].codes == ("1", "2", "3", "4", "5")
    assert items["egne_kompetencer_6"].codes == ("5", "4", "3", "2", "1")
    assert reversed_later["egne_kompetencer_6"].codes == ("1", "2", "3", "4", "5")
    assert items["egne_kompetencer_6"].scores == (1, 2, 3, 4, 5)
    for group in world.model.themes:
        for mapping in range(3):
            for item in questionnaire(world.model, group, mapping):
                assert list(item.thresholds) == sorted(item.thresholds)
                assert 0 < item.loading < 1


def test_questionnaire_is_in_the_order_of_its_variables(world: World) -> None:
    names = [item.variable for item in questionnaire(world.model, "laerer", 0)]
    assert names.index("s_2_1") < names.index("s_10_1")
    assert len(names) == len(set(names)) == len(world.programme.asked("2015", "laerer"))


def test_stated_changes_hold_and_stated_stillness_is_exactly_zero(world: World) -> None:
    billund = world.programme.municipalities["municipality_id"].tolist().index("530")
    rise = theme(world, "laerer", "egne_kompetencer").change[:, billund]
    assert rise.tolist() == [0.0, 0.65, 0.70]
    kept = theme(world, "elev_0_3", "trivsel").change[:, billund]
    assert kept.tolist() == [0.0, 0.45, 0.45]
    for group, code in (
        ("elev_0_3", "elev_elev_relation"),
        ("elev_4_10", "trivsel"),
        ("kontaktlaerer", "faglige_praestationer"),
        ("laerer", "relation_til_elever"),
        ("foraelder_skole", "samlet_tilfredshed"),
    ):
        assert not theme(world, group, code).change.any(), code
    assert not theme(world, "laerer", "samarbejde_paedagog_laerer").change[:, billund].any()


def test_random_changes_leave_some_themes_alone_and_move_others(world: World) -> None:
    still = [not one.change.any() for themes in world.model.themes.values() for one in themes]
    assert 0.25 < np.mean(still) < 0.65
    assert not any(one.change[0].any() for themes in world.model.themes.values() for one in themes)


def test_schools_keep_most_of_their_character(world: World) -> None:
    first, second = (
        school_effects(world.schools, "elev_4_10", 16, mapping, stability=0.9, seed=1) for mapping in (0, 1)
    )
    both = world.schools.exists[0] & world.schools.exists[1]
    assert np.corrcoef(first[both].ravel(), second[both].ravel())[0, 1] == pytest.approx(0.9, abs=0.03)
    assert first[both].std() == pytest.approx(1, abs=0.1)
    assert not first[~world.schools.exists[0]].any()
