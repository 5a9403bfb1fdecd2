"""The stated truth against draws and against what it must satisfy by itself."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipelines.programme import Programme
from pipelines.simulate import SimulationSummary, simulate
from pipelines.simulate.answers import Answers, draw_answers
from pipelines.simulate.model import AskedItem, Theme
from pipelines.simulate.truth import FormTruth, cells_of, form_truth, score_moments
from pipelines.simulate.world import World, make_world

MakeTiny = Callable[[dict[str, str]], Programme]
Simulated = tuple[Path, SimulationSummary]


def rows(out: Path, name: str) -> list[dict[str, str]]:
    with (out / "truth" / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_base_is_500_and_changes_add_up(simulated: Simulated) -> None:
    out, _ = simulated
    levels, changes = rows(out, "levels.csv"), rows(out, "changes.csv")
    base = [row for row in levels if row["level"] == "programme" and row["mapping"] == "2015"]
    assert len(base) == 69 + 68  # one theme was first asked in 2017, one has no trend form
    assert {row["true_mean"] for row in base} == {"500.0000"}
    later = [row for row in levels if row["theme"] == "rolle_i_undervisning" and row["level"] == "programme"]
    assert [row["mapping"] for row in later] == ["2017", "2019"] * 2
    assert later[0]["true_mean"] == "500.0000"
    delta = {
        (r["unit_id"], r["respondent_group"], r["theme"], r["mapping_from"], r["mapping_to"]): float(r["true_delta"])
        for r in changes
    }
    assert len(delta) == len(changes) == (68 * 3 + 1) * 14
    for (unit, group, theme, first, last), value in delta.items():
        if (first, last) == ("2015", "2019"):
            parts = delta[unit, group, theme, "2015", "2017"] + delta[unit, group, theme, "2017", "2019"]
            assert value == pytest.approx(parts, abs=2e-4)
    assert not [row for row in changes if row["theme"] == "maal_og_data"]


def test_billund_rises_as_the_founding_documents_tell(simulated: Simulated) -> None:
    out, _ = simulated
    found = {
        (row["respondent_group"], row["theme"]): float(row["true_delta"])
        for row in rows(out, "changes.csv")
        if (row["unit_id"], row["mapping_from"], row["mapping_to"]) == ("530", "2015", "2017")
    }
    for key in (
        ("laerer", "egne_kompetencer"),
        ("laerer", "samarbejde_om_undervisning"),
        ("laerer", "samarbejde_om_elever"),
        ("elev_0_3", "trivsel"),
        ("elev_0_3", "laerer_elev_relation"),
    ):
        assert found[key] > 25, key
    assert abs(found["kontaktlaerer", "faglige_praestationer"]) < 5


def test_where_nothing_changes_only_composition_is_left(simulated: Simulated) -> None:
    out, _ = simulated
    still = [row for row in rows(out, "changes.csv") if row["trait_delta"] == "0.0000"]
    staff = [row for row in still if row["respondent_group"] in ("laerer", "paedagog", "ledelse_skole")]
    assert len(staff) > 100
    assert {row["true_delta"] for row in staff if row["level"] == "municipality"} == {"0.0000"}
    assert max(abs(float(row["true_delta"])) for row in still) < 8
    pupils = [row for row in still if row["level"] == "programme" and row["respondent_group"].startswith("elev")]
    assert max(abs(float(row["true_delta"])) for row in pupils) < 2


def test_parameters_say_what_was_used(simulated: Simulated) -> None:
    out, _ = simulated
    parameters = json.loads((out / "truth" / "parameters.json").read_text(encoding="utf-8"))
    assert (parameters["programme"], parameters["seed"], parameters["scale"]) == ("pfl", 11, 0.05)
    theme = parameters["groups"]["elev_0_3"]["themes"]["trivsel"]
    assert theme["changes"]["2017"]["530"] == 0.45
    assert len(theme["items"]["2019"]["trivsel_5"]["thresholds"]) == 2
    assert 0.03 < theme["forms"]["full"]["icc_school_of_scores"] < 0.05
    weak = parameters["groups"]["elev_4_10"]["themes"]["fysisk_laeringsmiljoe"]
    assert weak["forms"]["full"]["alpha"] < 0.6
    assert "levels.csv" in (out / "truth" / "README.md").read_text(encoding="utf-8")


def test_score_moments_against_draws() -> None:
    items = [
        AskedItem("a", "a", 0.7, (-1.0, -0.2, 0.5), ("1", "2", "3", "4"), (1, 2, 3, 4), None),
        AskedItem("b", "b", 0.5, (-0.8, 0.1, 0.9), ("4", "3", "2", "1"), (1, 2, 3, 4), None),
        AskedItem("c", "c", 0.8, (-1.5, -0.5, 0.2), ("1", "2", "3", "4"), (1, 2, 3, 4), None),
    ]
    mean, square = score_moments(items, blank=0.2)
    random, n = np.random.default_rng(1), 400_000
    trait = 0.5
    scores = np.full((n, 3), np.nan)
    for column, item in enumerate(items):
        latent = item.loading * trait + np.sqrt(1 - item.loading**2) * random.standard_normal(n)
        scores[:, column] = 1 + (latent[:, None] > np.array(item.thresholds)).sum(axis=1)
    scores[random.random((n, 3)) < 0.2] = np.nan
    enough = (~np.isnan(scores)).sum(axis=1) >= 2
    drawn = np.nanmean(scores[enough], axis=1)
    at = 95  # the grid begins at -9 in steps of 0.1
    assert mean[at] == pytest.approx(drawn.mean(), abs=0.004)
    assert square[at] - mean[at] ** 2 == pytest.approx(drawn.var(), rel=0.01)


GROUPS = ("elev_0_3", "laerer", "foraelder_skole")


def scored(answers: Answers, items: list[AskedItem]) -> np.ndarray:
    """Theme scores of the rows; NaN where fewer than half of the items are valid."""
    columns = [answers.items.index(item) for item in items]
    values = np.array([item.scores for item in items])
    category = answers.category[:, columns].astype(int)
    score = np.where(category >= 0, values[np.arange(len(items)), np.maximum(category, 0)], np.nan)
    enough = (category >= 0).sum(axis=1) >= np.ceil(len(items) / 2)
    result = np.full(len(category), np.nan)
    result[enough] = np.nanmean(score[enough], axis=1)
    return result


@pytest.fixture(scope="module")
def fifth(pfl: Programme) -> World:
    return make_world(pfl, 0.34, 21)


@pytest.fixture(scope="module")
def drawn(fifth: World) -> list[tuple[Theme, FormTruth, list[tuple[Answers, np.ndarray]]]]:
    """Per theme with a trend form: the truth, and rows and scores of each mapping."""

    def found() -> Iterator[tuple[Theme, FormTruth, list[tuple[Answers, np.ndarray]]]]:
        for code in GROUPS:
            group = fifth.programme.group(code)
            answers = [draw_answers(fifth, group, mapping, 30) for mapping in range(3)]
            cells = [cells_of(fifth, group, mapping) for mapping in range(3)]
            for theme in fifth.model.themes[code]:
                if theme.trend_items:
                    truth = form_truth(fifth, group, theme, "trend", cells)
                    yield theme, truth, [(a, scored(a, theme.form(m, "trend"))) for m, a in enumerate(answers)]

    return list(found())


def test_levels_and_spread_come_out_as_stated(
    drawn: list[tuple[Theme, FormTruth, list[tuple[Answers, np.ndarray]]]],
) -> None:
    for theme, truth, rounds in drawn:
        base = rounds[theme.base][1]
        assert np.nanstd(base) == pytest.approx(truth.sigma, rel=0.06), theme.code
        for mapping, (_, score) in enumerate(rounds):
            # Schools weigh most in the error: 209 of them with a standard deviation of 22 points.
            assert np.nanmean(score) == pytest.approx(truth.programme_mean[mapping], abs=0.09 * truth.sigma), theme.code


def test_changes_come_out_as_stated(
    fifth: World, drawn: list[tuple[Theme, FormTruth, list[tuple[Answers, np.ndarray]]]]
) -> None:
    """Estimated change less the true one, over its standard error by school, is about standard normal."""
    town, z = fifth.schools.municipality, []
    lineage = fifth.programme.lineage.set_index("institution_id").loc[list(fifth.schools.ids), "lineage_id"]
    cluster_of = np.unique(lineage, return_inverse=True)[1]
    for _, truth, rounds in drawn:
        for place in range(13):
            parts, clusters = [], np.zeros(len(fifth.schools.ids))
            for sign, mapping in ((-1, 0), (1, 1)):
                answers, score = rounds[mapping]
                mine = ~np.isnan(score) & (town[answers.persons.school] == place)
                parts.append(score[mine].mean())
                residual = sign * (score[mine] - parts[-1]) / mine.sum()
                clusters += np.bincount(cluster_of[answers.persons.school[mine]], residual, minlength=len(clusters))
            n = np.count_nonzero(clusters)
            error = parts[1] - parts[0] - (truth.mean[1, place] - truth.mean[0, place])
            z.append(error / np.sqrt(n / (n - 1) * (clusters**2).sum()))
    assert abs(np.mean(z)) < 0.15
    assert 0.9 < np.std(z) < 1.35  # few schools in some municipalities: wider than normal


def test_a_large_change_everywhere_comes_out(fifth: World) -> None:
    """Half a standard deviation of the trait in all themes: estimated over the programme and stated, they agree."""
    group = fifth.programme.group("elev_4_10")
    moved = np.zeros((3, 13))
    moved[1] = 0.5
    themes = tuple(replace(theme, change=moved) for theme in fifth.model.themes[group.code])
    world = replace(fifth, model=replace(fifth.model, themes={**fifth.model.themes, group.code: themes}))
    answers = [draw_answers(world, group, mapping, 30) for mapping in range(2)]
    cells = [cells_of(world, group, mapping) for mapping in range(3)]
    for theme in themes:
        truth = form_truth(world, group, theme, "trend", cells)
        stated = (truth.programme_mean[1] - truth.programme_mean[0]) / truth.sigma
        means = [np.nanmean(scored(answer, theme.form(m, "trend"))) for m, answer in enumerate(answers)]
        assert (means[1] - means[0]) / truth.sigma == pytest.approx(stated, abs=0.07), theme.code
        assert 0.25 < stated < 0.5, theme.code  # answers are coarser than the trait, and some end at the top


def test_schools_differ_as_much_as_stated(
    fifth: World, drawn: list[tuple[Theme, FormTruth, list[tuple[Answers, np.ndarray]]]]
) -> None:
    """Intra-class correlation by school (one-way analysis of variance), on average over the themes."""
    found, stated = [], []
    for theme, truth, rounds in drawn:
        if theme.group != "laerer":  # staff are in no class, whose effect would add to the school's
            continue
        answers, score = rounds[0]
        valid = ~np.isnan(score)
        score, school = score[valid], np.unique(answers.persons.school[valid], return_inverse=True)[1]
        n = np.bincount(school)
        mean = np.bincount(school, score) / n
        between = (n * (mean - score.mean()) ** 2).sum() / (len(n) - 1)
        within = ((score - mean[school]) ** 2).sum() / (len(score) - len(n))
        usual = (len(score) - (n**2).sum() / len(score)) / (len(n) - 1)
        found.append((between - within) / (between + (usual - 1) * within))
        stated.append(truth.icc_school + truth.icc_municipality)
    assert np.mean(found) == pytest.approx(np.mean(stated), abs=0.015)
    assert 0.03 < np.mean(stated) < 0.06


def test_a_programme_without_a_plan_has_defaults(tiny: Programme, tmp_path: Path) -> None:
    simulate(tiny, tmp_path / "out", scale=0.02, seed=2)
    changes = rows(tmp_path / "out", "changes.csv")
    assert {(row["level"], row["unit_id"]) for row in changes} == {
        ("programme", "tiny"),
        ("municipality", "A"),
        ("municipality", "B"),
    }


def test_no_change_at_all_can_be_asked_for(make_tiny: MakeTiny, tiny_files: dict[str, str], tmp_path: Path) -> None:
    tiny_files["simulation.yaml"] = "random_changes: {share_without: 1}\n"
    simulate(make_tiny(tiny_files), tmp_path / "out", scale=0.02)
    changes = rows(tmp_path / "out", "changes.csv")
    assert {row["trait_delta"] for row in changes} == {"0.0000"}


Key = tuple[str, str, str, str]


def of_initiatives(out: Path) -> dict[Key, dict[str, str]]:
    """By initiative, group, theme and phase."""
    names = ("initiative", "respondent_group", "theme", "phase")
    return {tuple(row[name] for name in names): row for row in rows(out, "initiatives.csv")}  # type: ignore[misc]


def test_a_municipality_with_an_initiative_changes_as_it_does_anyway(simulated: Simulated) -> None:
    out, _ = simulated
    found = of_initiatives(out)
    changes = {
        (r["unit_id"], r["respondent_group"], r["theme"], r["mapping_from"], r["mapping_to"]): r["true_delta"]
        for r in rows(out, "changes.csv")
    }
    towns = {"billund_klasseledelse_feedback": "530", "roskilde_elevfeedback": "265", "kolding_relationer": "621"}
    for (initiative, group, theme, phase), row in found.items():
        delta = changes[towns[initiative], group, theme, row["mapping_from"], row["mapping_to"]]
        # Six of a town's schools are like all of them: the model has no change of single schools, nor do teachers differ by age.
        assert float(row["true_delta_with"]) == pytest.approx(float(delta), abs=2e-4), (initiative, phase)
        difference = float(row["true_delta_with"]) - float(row["true_delta_without"])
        assert float(row["true_difference"]) == pytest.approx(difference, abs=2e-4)
    phases = {(initiative, phase) for initiative, _, _, phase in found}
    assert ("roskilde_elevfeedback", "before") in phases
    assert ("billund_klasseledelse_feedback", "after") in phases
    assert ("billund_klasseledelse_feedback", "before") not in phases
    assert float(found["kolding_relationer", "laerer", "relation_til_elever", "during"]["true_difference"]) != 0


def test_without_are_those_who_never_had_an_initiative_on_the_theme(simulated: Simulated, world: World) -> None:
    out, _ = simulated
    row = of_initiatives(out)["roskilde_elevfeedback", "elev_4_10", "feedback_elev_elev", "during"]
    assert (row["mapping_from"], row["mapping_to"]) == ("2017", "2019")
    group = world.programme.group("elev_4_10")
    [theme] = [theme for theme in world.model.themes["elev_4_10"] if theme.code == "feedback_elev_elev"]
    truth = form_truth(world, group, theme, "trend", [cells_of(world, group, mapping) for mapping in range(3)])
    # Billund had one on the theme, two years before.
    never = ~world.programme.municipalities["municipality_id"].isin(["265", "530"]).to_numpy()
    means = [np.average(truth.mean[mapping, never], weights=truth.share[mapping, never]) for mapping in (1, 2)]
    assert float(row["true_delta_without"]) == pytest.approx(100 * (means[1] - means[0]) / truth.sigma, abs=1e-4)
