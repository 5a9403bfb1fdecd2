"""Who answers, and what: one draw per mapping and respondent group.

Belongs here: from invited persons and the model to answers. Does not belong here: the model itself (`model`), codes and
files (`writing`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from pipelines.programme import RespondentGroup
from pipelines.simulate.model import AskedItem, Model, centre, person_effect, response_probability, school_effects
from pipelines.simulate.population import Persons
from pipelines.simulate.randomness import stream
from pipelines.simulate.schools import Ints
from pipelines.simulate.world import World

MISSING, DECLINED = -1, -2
STATUS = ("completed", "started", "refused", "not_contacted", "other")
COMPLETED, STARTED, REFUSED, NOT_CONTACTED, OTHER = range(5)
LASTING = 0.5  # share of a person's common factor that is the same in every mapping

Bytes = NDArray[np.int8]
Singles = NDArray[np.float32]


@dataclass(frozen=True)
class Answers:
    """What an extract of one mapping and group holds; one row per person in it.

    Attributes:
        persons: those in the extract: everyone invited, or those who opened the questionnaire or declined.
        status: position in `STATUS`.
        items: the items in the order of the questionnaire.
        category: row × item; 0 is the worst answer, `MISSING` and `DECLINED` are negative.
        day: working days from the opening to the answer; -1 where there is none.
        background: the parents' education as answered; -1 where left blank or not asked.
    """

    persons: Persons
    status: Ints
    items: tuple[AskedItem, ...]
    category: Bytes
    day: Ints
    background: Ints


def draw_answers(world: World, group: RespondentGroup, mapping: int, days: int) -> Answers:
    """Draw one mapping of one group; `days` is the length of the field period in working days."""
    plan, key = world.model.plans[group.code], world.programme.mapping_keys[mapping]
    random = stream(world.seed, "response", group.code, key)
    invited = world.population.invited(mapping, group)
    status = _statuses(world, group, invited, random)
    rows = np.full(len(status), True) if group.roster == "extract" else status != NOT_CONTACTED
    persons, status = invited.take(rows), status[rows]
    items = questionnaire(world.model, group.code, mapping)
    category = np.full((len(persons), len(items)), MISSING, dtype=np.int8, order="F")
    answering = np.flatnonzero(status <= STARTED)
    _answer_items(world, group, mapping, persons.take(answering), category=category, rows=answering)
    started = np.flatnonzero(status == STARTED)
    last = random.integers(0, max(len(items), 1), len(started))
    for column in range(len(items)):
        category[started[last <= column], column] = MISSING
    unknown = random.random(len(persons)) < plan.background_unknown
    # A class answers on one day, others when they get round to it.
    by_class = random.integers(0, days, int(persons.school_class.max(initial=0)) + 1)
    by_person = np.floor(days * random.random(len(persons)) ** 1.5).astype(np.int64)
    day = by_class[np.maximum(persons.school_class, 0)] if group.kind == "pupil" else by_person
    return Answers(
        persons=persons,
        status=status,
        items=items,
        category=category,
        day=np.where(status <= STARTED, day, -1),
        background=np.where(unknown | (status > STARTED), -1, persons.background),
    )


def questionnaire(model: Model, group: str, mapping: int) -> tuple[AskedItem, ...]:
    """The items of a group in a mapping, in the order of their variables (s_2_1 before s_10_1)."""

    def natural(item: AskedItem) -> list[tuple[int, str]]:
        parts = [part for part in re.split(r"(\d+)", item.variable) if part]
        return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]

    return tuple(sorted((item for theme in model.themes[group] for item in theme.items[mapping]), key=natural))


def _statuses(world: World, group: RespondentGroup, invited: Persons, random: np.random.Generator) -> Ints:
    """Disposition of everyone invited."""
    plan, n = world.model.plans[group.code], len(invited)
    probability = response_probability(plan, invited.gender, invited.grade, centre(group, world.plan))
    school = random.normal(0, plan.response_spread, len(world.schools.ids))[invited.school]
    probability = expit(logit(probability) + school)
    answers = np.full(n, True)
    if plan.response_by_rater and n and invited.rater.min() >= 0:
        silent = (1 - plan.response) * plan.response_by_rater
        rater = np.unique(invited.rater, return_inverse=True)[1]
        answers = (random.random(int(rater.max()) + 1) >= silent)[rater]
        probability = np.minimum(probability / (1 - silent), 1.0)
    answers &= random.random(n) < probability
    status = np.where(random.random(n) < plan.break_off, STARTED, COMPLETED)
    silence = random.random(n)
    why = np.where(silence < plan.refused, REFUSED, np.where(silence > 1 - plan.other, OTHER, NOT_CONTACTED))
    return np.where(answers, status, why)


def _traits(world: World, group: RespondentGroup, mapping: int, persons: Persons) -> dict[str, Singles]:
    """The trait of every person, by item asked in this mapping (the items of a theme share one array)."""
    plan, themes = world.model.plans[group.code], world.model.themes[group.code]
    schools, n = world.schools, len(persons)
    random = stream(world.seed, "traits", group.code, world.programme.mapping_keys[mapping])
    in_class = n > 0 and persons.school_class.min() >= 0
    between_classes = plan.icc_class if in_class else 0.0
    rest = 1 - plan.icc_municipality - plan.icc_school - between_classes
    common = np.sqrt(LASTING) * persons.factor + np.sqrt(1 - LASTING) * random.standard_normal(n)
    school = np.sqrt(plan.icc_school) * school_effects(
        schools, group.code, len(themes), mapping, stability=plan.school_stability, seed=world.seed
    )
    middle, place = centre(group, world.plan), schools.municipality[persons.school]
    traits: dict[str, Singles] = {}
    for number, theme in enumerate(themes):
        own = random.standard_normal(n)
        classes = random.standard_normal(int(persons.school_class.max(initial=0)) + 1) * np.sqrt(between_classes)
        trait = (theme.municipality + theme.change[mapping])[place] + school[persons.school, number]
        trait += person_effect(theme, mapping, persons.gender, persons.grade, persons.background, middle)
        if in_class:
            trait += classes[persons.school_class]
        trait += np.sqrt(rest * plan.common_factor) * common + np.sqrt(rest * (1 - plan.common_factor)) * own
        single = trait.astype(np.float32)
        traits.update({item.item_id: single for item in theme.items[mapping]})
    return traits


def _answer_items(
    world: World, group: RespondentGroup, mapping: int, persons: Persons, *, category: Bytes, rows: Ints
) -> None:
    """Fill `category[rows]` with the answers of `persons`."""
    traits = _traits(world, group, mapping, persons)
    themes, plan = world.model.themes[group.code], world.model.plans[group.code]
    declined = {item.item_id: theme.declined for theme in themes for item in theme.items[mapping]}
    random = stream(world.seed, "answers", group.code, world.programme.mapping_keys[mapping])
    for column, item in enumerate(questionnaire(world.model, group.code, mapping)):
        latent = random.standard_normal(len(rows), dtype=np.float32)
        latent *= np.float32(np.sqrt(1 - item.loading**2))
        latent += np.float32(item.loading) * traits[item.item_id]
        answer = np.zeros(len(rows), dtype=np.int8)
        for threshold in item.thresholds:
            answer += latent > np.float32(threshold)
        unanswered = random.random(len(rows), dtype=np.float32)
        if item.declined is not None:
            answer[unanswered > 1 - declined[item.item_id]] = DECLINED
        answer[unanswered < plan.item_missing] = MISSING
        category[rows, column] = answer
