"""What is true of the simulated data: expected levels and changes, exact up to numerical integration.

Belongs here: expectations under the model over schools, classes and respondents, given the municipalities and who was
invited, and the files in `truth/` that hold them. Does not belong here: anything drawn; no answer is looked at.

A respondent's trait is normal around the mean of a cell (municipality × gender × grade × background) with the variance
that schools, classes and respondents have. Given the trait the items are independent, so mean and variance of a theme's
score follow from their thresholds; they are integrated over the trait on a fine even grid, which for normal densities
is exact to far more digits than are written. Cells weigh by the number invited times the probability of answering,
because that is whom an unweighted mean is about. Scores count answers that are valid, each left blank or declined
independently, and need half of the items (method.md 1.3); what break-offs do to a theme is left out.
"""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from itertools import combinations
from math import ceil, comb, sqrt
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr

from pipelines.files import write_atomically
from pipelines.programme import Programme, RespondentGroup
from pipelines.simulate.model import AskedItem, Theme, centre, person_effect, response_probability
from pipelines.simulate.population import GRADES
from pipelines.simulate.results import gain_rows
from pipelines.simulate.schools import Floats, Ints
from pipelines.simulate.world import World

STEP = 0.1
TRAIT = np.arange(-90, 91) * STEP
"""The grid: nine standard deviations to both sides."""

FORMS = ("full", "trend")

Flags = NDArray[np.bool_]

README = """What is true of the simulated extracts beside this folder.

levels.csv       true mean on the 500 scale: one row per mapping, level, unit, respondent group, theme and form
changes.csv      true change on the trend form: one row per pair of mappings, level, unit, respondent group and theme
initiatives.csv  true difference in development of schools with an initiative and schools that never had one on the theme:
                 one row per initiative, respondent group, theme and phase
gains.csv        true gain within a school year of tests taken several times: one row per test, school year, level and unit
parameters.json  the model: seed, scale, variances, and per theme and item the loadings and thresholds of the answers

True means the expectation over schools, classes and respondents, given the municipalities and who was invited; the 500
scale stands on the true mean and SD of the first mapping that asked the theme. unit_id is the programme's slug or a
municipality. Only the trend form gives a change; a theme without one is not in changes.csv. trait_delta is the change
of the trait itself in its standard deviations; where it is 0, true_delta holds only what another composition of those
invited by gender, grade and background does.

The data are simulated: every row of every extract says so in the column that the programme names under `simulated`.
"""


@dataclass(frozen=True)
class Cells:
    """Kinds of respondents in one mapping and group, with the expected number of answers; columns of one length."""

    municipality: Ints
    gender: Ints
    grade: Ints
    background: Ints
    weight: Floats


@dataclass(frozen=True)
class FormTruth:
    """One form of a theme: mean per mapping (NaN where not asked) and municipality, and the scale it stands on.

    `share` is each municipality's share of the answers, mapping × municipality.
    """

    mean: Floats
    programme_mean: Floats
    share: Floats
    mu: float
    sigma: float
    alpha: float
    icc_school: float
    icc_municipality: float


def cells_of(world: World, group: RespondentGroup, mapping: int, schools: Flags | None = None) -> Cells | None:
    """Count the persons invited by municipality, gender, grade and background; None where nobody was.

    Args:
        world: everything that was drawn.
        group: whom to count.
        mapping: position of the mapping.
        schools: which institutions to count; left out: all.
    """
    persons = world.population.invited(mapping, group)
    if schools is not None:
        persons = persons.take(np.flatnonzero(schools[persons.school]))
    if not len(persons):
        return None
    levels = len(world.plan.sizes.background) + 1
    place = world.schools.municipality[persons.school]
    # One is added because -1 stands for "does not apply".
    code = ((place * 3 + persons.gender + 1) * (GRADES + 1) + persons.grade + 1) * levels + persons.background + 1
    found, inverse = np.unique(code, return_inverse=True)
    middle = centre(group, world.plan)
    answering = response_probability(world.model.plans[group.code], persons.gender, persons.grade, middle)
    weight = np.bincount(inverse, answering, minlength=len(found)).astype(np.float64)
    rest, background = np.divmod(found, levels)
    rest, grade = np.divmod(rest, GRADES + 1)
    municipality, gender = np.divmod(rest, 3)
    return Cells(municipality, gender - 1, grade - 1, background - 1, weight)


def item_moments(item: AskedItem) -> tuple[Floats, Floats]:
    """Mean and mean square of an item's score at every point of the grid."""
    scores = np.array(item.scores, dtype=np.float64)
    above = ndtr((item.loading * TRAIT - np.array(item.thresholds)[:, None]) / sqrt(1 - item.loading**2))
    mean = scores[0] + (np.diff(scores)[:, None] * above).sum(axis=0)
    square = scores[0] ** 2 + (np.diff(scores**2)[:, None] * above).sum(axis=0)
    return mean, square


def score_moments(items: list[AskedItem], blank: float) -> tuple[Floats, Floats]:
    """Mean and mean square of a theme's score at every point of the grid, when each answer is blank with a probability.

    With K of k items valid, K binomial and at least half of k, the score is the mean over a random subset of the items.
    """
    k = len(items)
    moments = [item_moments(item) for item in items]
    means = np.array([mean for mean, _ in moments])
    mean = means.mean(axis=0)
    within = np.mean([square - average**2 for average, square in moments], axis=0)
    between = means.var(axis=0, ddof=1) if k > 1 else np.zeros_like(mean)
    counts = range(ceil(k / 2), k + 1)
    probability = np.array([comb(k, n) * (1 - blank) ** n * blank ** (k - n) for n in counts])
    inverse = float((probability / np.array(counts)).sum() / probability.sum())
    return mean, mean**2 + within * inverse + between * (inverse - 1 / k)


def density(cells: Cells, means: Floats, variance: float, n_municipalities: int) -> Floats:
    """Distribution of the trait, municipality × grid; a row sums to the municipality's share of the answers."""
    by_cell = np.exp(-((TRAIT - means[:, None]) ** 2) / (2 * variance)) * (STEP / sqrt(2 * np.pi * variance))
    result = np.zeros((n_municipalities, len(TRAIT)))
    order = np.argsort(cells.municipality, kind="stable")
    present, starts = np.unique(cells.municipality[order], return_index=True)
    shares = by_cell[order] * (cells.weight[order] / cells.weight.sum())[:, None]
    result[present] = np.add.reduceat(shares, starts, axis=0)
    return result


def expected(
    world: World, group: RespondentGroup, theme: Theme, form: str, mapping: int, invited: Cells
) -> tuple[Floats, Floats, Floats]:
    """Distribution of the trait (`density`), and mean and mean square of the score at every point of the grid."""
    plan, items, place = world.model.plans[group.code], theme.form(mapping, form), invited.municipality
    effect = person_effect(theme, mapping, invited.gender, invited.grade, invited.background, centre(group, world.plan))
    centre_of_cell = theme.municipality[place] + theme.change[mapping][place] + effect
    trait = density(invited, centre_of_cell, 1 - plan.icc_municipality, len(theme.municipality))
    blank = plan.item_missing + (theme.declined if items[0].declined is not None else 0.0)
    return trait, *score_moments(items, blank)


def form_truth(world: World, group: RespondentGroup, theme: Theme, form: str, cells: list[Cells | None]) -> FormTruth:
    """Expectations of one form of a theme over all mappings (`cells` is None where nobody was invited)."""
    group_plan = world.model.plans[group.code]
    n_places = len(theme.municipality)
    mean = np.full((len(cells), n_places), np.nan)
    programme_mean = np.full(len(cells), np.nan)
    shares = np.zeros_like(mean)
    scale = dict.fromkeys(("mu", "sigma", "alpha", "icc_school", "icc_municipality"), float("nan"))
    for mapping, invited in enumerate(cells):
        items = theme.form(mapping, form)
        if invited is None or not items:
            continue
        trait, score, square = expected(world, group, theme, form, mapping, invited)
        share = shares[mapping] = trait.sum(axis=1)
        present = share > 0
        mean[mapping, present] = trait[present] @ score / share[present]
        programme_mean[mapping] = trait.sum(axis=0) @ score
        if mapping == theme.base:
            total = trait.sum(axis=0)
            variance = float(total @ square - programme_mean[mapping] ** 2)
            slope = trait @ np.gradient(score, STEP) / np.where(present, share, 1)
            spread = mean[mapping, present] - programme_mean[mapping]
            scale = {
                "mu": float(programme_mean[mapping]),
                "sigma": sqrt(variance),
                "alpha": _alpha(items, total),
                "icc_school": float((share * slope**2).sum() * group_plan.icc_school / variance),
                "icc_municipality": float((share[present] * spread**2).sum() / variance),
            }
    return FormTruth(mean, programme_mean, shares, **scale)


def _alpha(items: list[AskedItem], trait: Floats) -> float:
    """Cronbach's alpha of complete answers, for one distribution of the trait."""
    k = len(items)
    if k == 1:
        return float("nan")
    moments = [item_moments(item) for item in items]
    items_variance = sum(float(trait @ square - (trait @ mean) ** 2) for mean, square in moments)
    score, square = score_moments(items, 0.0)
    sum_variance = k**2 * float(trait @ square - (trait @ score) ** 2)
    return k / (k - 1) * (1 - items_variance / sum_variance)


def write_truth(folder: Path, world: World) -> None:
    """Write levels.csv, changes.csv, parameters.json and README.md."""
    programme = world.programme
    levels: list[list[str]] = []
    changes: list[list[str]] = []
    initiatives: list[list[str]] = []
    groups: dict[str, object] = {}
    for group in programme.respondent_groups:
        cells = [cells_of(world, group, mapping) for mapping in range(len(programme.mappings))]
        themes: dict[str, object] = {}
        for theme in world.model.themes[group.code]:
            forms = [form for form in FORMS if form == "full" or theme.trend_items]
            found = {form: form_truth(world, group, theme, form, cells) for form in forms}
            for form, truth in found.items():
                levels += _level_rows(programme, theme, form, truth)
                if form == "trend":
                    changes += _change_rows(programme, theme, truth)
                    initiatives += initiative_rows(world, group, theme, truth)
            themes[theme.code] = _theme_parameters(programme, theme, found)
        groups[group.code] = {**world.model.plans[group.code].model_dump(), "themes": themes}
    folder.mkdir(parents=True, exist_ok=True)
    keys = ["level", "unit_id", "respondent_group", "theme", "form"]
    write_atomically(folder / "levels.csv", _csv(["programme", "mapping", *keys, "true_mean"], levels))
    pair = ["programme", "mapping_from", "mapping_to"]
    write_atomically(folder / "changes.csv", _csv([*pair, *keys, "true_delta", "trait_delta"], changes))
    arms = [f"true_{figure}" for figure in ("delta_with", "delta_without", "difference")]
    head = ["programme", "initiative", "respondent_group", "theme", "phase", "mapping_from", "mapping_to", *arms]
    write_atomically(folder / "initiatives.csv", _csv(head, initiatives))
    parameters = {
        "programme": programme.slug,
        "seed": world.seed,
        "scale": world.scale,
        "sizes": world.plan.sizes.model_dump(),
        "random_changes": world.plan.random_changes.model_dump(),
        "groups": groups,
    }
    if world.plan.results:
        parameters["results"] = {
            path: {test: plan.model_dump() for test, plan in tests.items()}
            for path, tests in world.plan.results.items()
        }
        header = ["programme", "school_year", "level", "unit_id", "test", "true_gain", "true_sem"]
        write_atomically(folder / "gains.csv", _csv(header, gain_rows(world)))
    text = json.dumps(parameters, ensure_ascii=False, indent=1)
    write_atomically(folder / "parameters.json", (text + "\n").encode())
    write_atomically(folder / "README.md", README.encode())


def initiative_rows(world: World, group: RespondentGroup, theme: Theme, truth: FormTruth) -> list[list[str]]:
    """Rows of initiatives.csv: change of schools with and of schools that never had an initiative on the theme (method.md 7)."""
    programme, rows = world.programme, []
    table = programme.initiatives
    table = table[table["theme"].eq(theme.code) & table["respondent_group"].isin(["", group.code])]
    keys = programme.mapping_keys
    for initiative, own in table.groupby("initiative", sort=True):
        arms = takes_part(world, own), ~takes_part(world, table)
        start, end = (keys.index(own[name].iloc[0]) for name in ("mapping_from", "mapping_to"))
        for phase, first, last in (("before", start - 1, start), ("during", start, end), ("after", end, end + 1)):
            if first < 0 or last >= len(keys):
                continue
            deltas = [
                _arm_mean(world, group, theme, truth, last, arm) - _arm_mean(world, group, theme, truth, first, arm)
                for arm in arms
            ]
            if not np.isnan(deltas).any():
                figures = [_written(value) for value in (*deltas, deltas[0] - deltas[1])]
                key = [programme.slug, str(initiative), group.code, theme.code, phase, keys[first], keys[last]]
                rows.append([*key, *figures])
    return rows


def takes_part(world: World, units: pd.DataFrame) -> Flags:
    """Which institutions take part: those of a municipality that does as a whole, and those that are or become one that does."""
    programme, schools = world.programme, world.schools
    lineage = dict(zip(programme.lineage["institution_id"], programme.lineage["lineage_id"], strict=True))
    whole = units["institution_id"].eq("")
    places = programme.municipalities["municipality_id"].isin(units.loc[whole, "municipality_id"]).to_numpy(dtype=bool)
    named = {lineage.get(school, school) for school in units.loc[~whole, "institution_id"]}
    of_named = np.array([lineage.get(school, school) in named for school in schools.ids], dtype=bool)
    return np.asarray(places[schools.municipality] | of_named, dtype=bool)


def _arm_mean(
    world: World, group: RespondentGroup, theme: Theme, truth: FormTruth, mapping: int, schools: Flags
) -> float:
    """True mean of some schools on the 500 scale, trend form; NaN where nobody was asked."""
    invited = cells_of(world, group, mapping, schools)
    if invited is None or not theme.form(mapping, "trend"):
        return float("nan")
    trait, score, _ = expected(world, group, theme, "trend", mapping, invited)
    return float(500 + 100 * (trait.sum(axis=0) @ score - truth.mu) / truth.sigma)


def _units(programme: Programme) -> list[tuple[str, str, int | None]]:
    """Level, unit and position of the municipality."""
    places = programme.municipalities["municipality_id"]
    return [
        ("programme", programme.slug, None),
        *(("municipality", name, number) for number, name in enumerate(places)),
    ]


def _mean(truth: FormTruth, mapping: int, place: int | None) -> float:
    """True mean on the 500 scale; NaN where nobody was asked."""
    mean = truth.programme_mean[mapping] if place is None else truth.mean[mapping, place]
    return float(500 + 100 * (mean - truth.mu) / truth.sigma)


def _level_rows(programme: Programme, theme: Theme, form: str, truth: FormTruth) -> list[list[str]]:
    """Rows of levels.csv."""
    return [
        [programme.slug, key, level, unit, theme.group, theme.code, form, _written(value)]
        for number, key in enumerate(programme.mapping_keys)
        for level, unit, place in _units(programme)
        if not np.isnan(value := _mean(truth, number, place))
    ]


def _change_rows(programme: Programme, theme: Theme, truth: FormTruth) -> list[list[str]]:
    """Rows of changes.csv."""
    rows = []
    for (a, key_a), (b, key_b) in combinations(enumerate(programme.mapping_keys), 2):
        trait = theme.change[b] - theme.change[a]
        for level, unit, place in _units(programme):
            value = _mean(truth, b, place) - _mean(truth, a, place)
            if not np.isnan(value):
                of_unit = float(truth.share[b] @ trait) if place is None else float(trait[place])
                key = [programme.slug, key_a, key_b, level, unit, theme.group, theme.code]
                rows.append([*key, "trend", _written(value), _written(of_unit)])
    return rows


def _written(value: float) -> str:
    """Four decimals, and no minus before a zero."""
    return f"{round(value, 4) + 0.0:.4f}"


def _theme_parameters(programme: Programme, theme: Theme, found: dict[str, FormTruth]) -> dict[str, object]:
    """What parameters.json says of a theme; a change is in SD of the trait since the base mapping."""
    places = programme.municipalities["municipality_id"].tolist()
    forms = {
        form: {
            "mean": round(truth.mu, 6),
            "sd": round(truth.sigma, 6),
            "alpha": None if np.isnan(truth.alpha) else round(truth.alpha, 4),
            "icc_school_of_scores": round(truth.icc_school, 5),
            "icc_municipality_of_scores": round(truth.icc_municipality, 5),
        }
        for form, truth in found.items()
    }
    return {
        "base_mapping": programme.mapping_keys[theme.base],
        "trend_items": sorted(theme.trend_items),
        "forms": forms,
        "declined": theme.declined,
        "boys": theme.boys,
        "per_grade": theme.per_grade,
        "per_background": dict(zip(programme.mapping_keys, theme.per_background, strict=True)),
        "municipalities": dict(zip(places, theme.municipality.tolist(), strict=True)),
        "changes": {
            key: dict(zip(places, theme.change[number].tolist(), strict=True))
            for number, key in enumerate(programme.mapping_keys)
        },
        "items": {
            key: {
                item.item_id: {"loading": item.loading, "thresholds": item.thresholds} for item in theme.items[number]
            }
            for number, key in enumerate(programme.mapping_keys)
        },
    }


def _csv(header: list[str], rows: list[list[str]]) -> bytes:
    """A UTF-8 CSV file."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([header, *rows])
    return text.getvalue().encode()
