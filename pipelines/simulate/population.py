"""Who is invited: pupils who move up through the grades, and staff who stay or leave, in every mapping.

Belongs here: persons, their school, class, grade and number, and how they go on from one mapping to the next. Does not
belong here: whether and what they answer (`answers`).

A pupil keeps the number over the mappings. Between two mappings two years apart a pupil moves up two grades, leaves after
grade 9 or 10, may move to another school of the municipality or away; new ones come into the youngest grades and into
free seats.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.programme import Programme, RespondentGroup
from pipelines.simulate.plan import Sizes
from pipelines.simulate.randomness import stream
from pipelines.simulate.schools import Floats, Ints, Schools

GRADES = 11
LAST_COMMON_GRADE = 9
# Numbers of pupils, contact teachers and each group of staff never meet: all are persons of one programme.
FIRST_PUPIL, FIRST_RATER, FIRST_STAFF, STAFF_RANGE = 5_000_001, 300_001, 1_000_001, 100_000
LETTERS = 16  # a class is a slice of [0, 2**LETTERS), on which every pupil has a place


@dataclass(frozen=True)
class Persons:
    """One row per person invited, in one mapping; columns of one length. -1 where a column does not apply.

    `kind` of the staff's traits: only pupils have grade, gender (0 girl, 1 boy), background (0 the lowest level), class
    and a contact teacher. `school_class` numbers classes within the mapping, `letter` is the class's letter (0 is A).
    `factor` is what is lasting in a person, standard normal.
    """

    number: Ints
    school: Ints
    grade: Ints
    gender: Ints
    background: Ints
    letter: Ints
    school_class: Ints
    rater: Ints
    factor: Floats

    def __len__(self) -> int:
        """Number of persons."""
        return len(self.number)

    def take(self, rows: NDArray[np.bool_] | Ints) -> Persons:
        """Some of the rows."""
        return Persons(**{name: getattr(self, name)[rows] for name in self.__dataclass_fields__})


@dataclass(frozen=True)
class Population:
    """Everyone, by mapping position; pupils once for all groups that are about pupils."""

    pupils: tuple[Persons, ...]
    staff: dict[str, tuple[Persons, ...]]

    def invited(self, mapping: int, group: RespondentGroup) -> Persons:
        """Persons of one group invited in one mapping, by school, grade, class and number."""
        if group.code in self.staff:
            return self.staff[group.code][mapping]
        pupils = self.pupils[mapping]
        if group.grades is None:
            return pupils
        return pupils.take((pupils.grade >= group.grades[0]) & (pupils.grade <= group.grades[1]))


def populate(programme: Programme, schools: Schools, sizes: Sizes, scale: float, seed: int) -> Population:
    """Draw everyone who is invited in any mapping."""
    about_pupils = [g for g in programme.respondent_groups if g.kind in ("pupil", "rated_pupil", "parent")]
    others = [g for g in programme.respondent_groups if g not in about_pupils]
    years = mapping_years(programme)
    bands = [g.grades for g in about_pupils if g.kind == "pupil" and g.grades] or [(0, GRADES - 1)]
    places = _municipality_share(programme, schools, sizes)
    return Population(
        pupils=tuple(_pupils(schools, sizes, scale, seed, years, bands, places)) if about_pupils else (),
        staff={
            g.code: tuple(
                _staff(g.code, FIRST_STAFF + i * STAFF_RANGE, len(years), schools, sizes, scale, seed, places)
            )
            for i, g in enumerate(others)
        },
    )


def mapping_years(programme: Programme) -> list[int]:
    """The year of each mapping: of its opening date, else the digits its key begins with, else two years a mapping."""
    years: list[int] = []
    for mapping in programme.mappings:
        if mapping.opens_on:
            years.append(mapping.opens_on.year)
        elif mapping.key[:4].isdecimal():
            years.append(int(mapping.key[:4]))
        else:
            years.append(years[-1] + 2 if years else 2015)
    return years


def _municipality_share(programme: Programme, schools: Schools, sizes: Sizes) -> Floats:
    """Share of all pupils that each municipality has; those without schools have none."""
    counts = np.bincount(schools.municipality, minlength=len(programme.municipalities)).astype(float)
    usual = float(np.mean(list(sizes.municipalities.values()))) if sizes.municipalities else 1.0
    for number, name in enumerate(programme.municipalities["municipality_id"]):
        if sizes.municipalities:
            counts[number] = sizes.municipalities.get(name, usual) * (counts[number] > 0)
    return np.asarray(counts / counts.sum(), dtype=np.float64)


def _seats(
    schools: Schools, mapping: int, sizes: Sizes, scale: float, bands: list[tuple[int, int]], places: Floats
) -> Ints:
    """Pupils that a school has room for, school × grade; at least the smallest group in every band of grades it offers."""
    grade = np.arange(GRADES)
    first, last = schools.grades[mapping, :, 0, None], schools.grades[mapping, :, 1, None]
    offered = (grade >= first) & (grade <= last) & schools.exists[mapping][:, None]
    weight = np.where(offered, schools.weight[mapping][:, None], 0.0)
    cohort = np.where(grade <= LAST_COMMON_GRADE, sizes.pupils * scale / (LAST_COMMON_GRADE + 1), 0.0)
    cohort[LAST_COMMON_GRADE + 1] = cohort[LAST_COMMON_GRADE] * sizes.tenth_grade
    seats = np.zeros_like(weight)
    for place, share in enumerate(places):
        mine = schools.municipality == place
        total = weight[mine].sum(axis=0)
        seats[mine] = weight[mine] / np.where(total > 0, total, 1.0) * cohort * share
    for low, high in bands:
        band = seats[:, low : high + 1]
        sums = band.sum(axis=1)
        lift = np.where((sums > 0) & (sums < sizes.smallest_group), sizes.smallest_group / np.where(sums > 0, sums, 1), 1.0)
        band *= lift[:, None]
    # Rounded along the grades, so that the sums over neighbouring grades stay right however small the figures.
    return np.diff(np.floor(np.cumsum(seats, axis=1) + 0.5), axis=1, prepend=0).astype(np.int64)


def _pupils(
    schools: Schools,
    sizes: Sizes,
    scale: float,
    seed: int,
    years: list[int],
    bands: list[tuple[int, int]],
    places: Floats,
) -> Iterator[Persons]:
    """The pupils of each mapping in turn."""
    n_schools = len(schools.ids)
    state = _no_pupils()
    next_number = FIRST_PUPIL
    for mapping, year in enumerate(years):
        random = stream(seed, "pupils", str(year), str(mapping))
        seats = _seats(schools, mapping, sizes, scale, bands, places)
        if mapping:
            state = _move_up(state, year - years[mapping - 1], schools, mapping, sizes, random)
            state = _fit(state, state["school"] * GRADES + state["grade"], np.floor(seats * 1.08 + 1).ravel(), random)
        taken = np.bincount(state["school"] * GRADES + state["grade"], minlength=n_schools * GRADES)
        wanted = np.maximum(seats.ravel() - taken, 0)
        cell = np.repeat(np.arange(n_schools * GRADES), wanted)
        new = {
            "number": next_number + random.permutation(len(cell)),
            "school": cell // GRADES,
            "grade": cell % GRADES,
            "gender": random.integers(0, 2, len(cell)),
            "background": np.searchsorted(
                np.cumsum(sizes.background) / sum(sizes.background), random.random(len(cell)), side="right"
            ),
            "place": random.integers(0, 1 << LETTERS, len(cell)),
            "factor": random.standard_normal(len(cell)),
        }
        next_number += len(cell)
        state = {name: np.concatenate([state[name], new[name]]) for name in state}
        yield _in_classes(state, sizes, mapping)


def _no_pupils() -> dict[str, NDArray[np.generic]]:
    """An empty state."""
    names = ("number", "school", "grade", "gender", "background", "place")
    return {**{name: np.zeros(0, dtype=np.int64) for name in names}, "factor": np.zeros(0)}


def _fit(state: dict[str, Ints], cell: Ints, room: Floats, random: np.random.Generator) -> dict[str, Ints]:
    """Keep at most `room[cell]` of each cell, chosen at random."""
    shuffled = random.permutation(len(cell))
    order = shuffled[np.argsort(cell[shuffled], kind="stable")]
    sorted_cell = cell[order]
    first = np.searchsorted(sorted_cell, sorted_cell, side="left")
    kept = np.sort(order[np.arange(len(order)) - first < room[sorted_cell]])
    return {name: column[kept] for name, column in state.items()}


def _move_up(
    state: dict[str, Ints], years: int, schools: Schools, mapping: int, sizes: Sizes, random: np.random.Generator
) -> dict[str, Ints]:
    """Pupils some years later: one grade up a year, in the school that followed theirs or in another."""
    grade = state["grade"] + years
    stays = (grade <= LAST_COMMON_GRADE) & (random.random(len(grade)) >= sizes.leaving)
    tenth = (grade == LAST_COMMON_GRADE + 1) & (random.random(len(grade)) < sizes.tenth_grade)
    state = {name: column[stays | tenth] for name, column in {**state, "grade": grade}.items()}
    place = schools.municipality[state["school"]]
    school = follow(state["school"], schools.successors[mapping], random)
    grades = schools.grades[mapping]
    without = (school < 0) | (random.random(len(school)) < sizes.moving)
    without |= (grades[school, 0] > state["grade"]) | (grades[school, 1] < state["grade"])
    for grade_now in np.unique(state["grade"][without]):
        offered = schools.exists[mapping] & (grades[:, 0] <= grade_now) & (grades[:, 1] >= grade_now)
        for municipality in np.unique(place[without & (state["grade"] == grade_now)]):
            rows = np.flatnonzero(without & (state["grade"] == grade_now) & (place == municipality))
            weight = np.where(offered & (schools.municipality == municipality), schools.weight[mapping], 0.0)
            school[rows] = random.choice(len(weight), size=len(rows), p=weight / weight.sum()) if weight.any() else -1
    kept = school >= 0
    return {name: column[kept] for name, column in {**state, "school": school}.items()}


def follow(school: Ints, successors: dict[int, list[int]], random: np.random.Generator) -> Ints:
    """The school that each person is in after this mapping's steps; -1 where it closed."""
    moved = school.copy()
    for old, new in sorted(successors.items()):
        rows = np.flatnonzero(school == old)
        moved[rows] = random.choice(new, size=len(rows)) if new else -1
    return moved


def _in_classes(state: dict[str, Ints], sizes: Sizes, mapping: int) -> Persons:
    """Pupils with class and contact teacher, by school, grade, class and number.

    A pupil's place in the year group is lasting: as long as the number of classes stays, so does the letter.
    """
    cell = state["school"] * GRADES + state["grade"]
    n_classes = np.maximum(np.rint(np.bincount(cell) / sizes.class_size), 1).astype(np.int64)
    letter = (state["place"] * n_classes[cell]) >> LETTERS
    order = np.lexsort((state["number"], letter, cell))
    classes = cell[order] * 64 + letter[order]
    school_class = np.unique(classes, return_inverse=True)[1].astype(np.int64)
    # Every third class shares its pupils between two contact teachers.
    half = (state["place"][order] & 1) * (school_class % 3 == 0)
    rater = FIRST_RATER + mapping * 100_000 + school_class * 2 + half
    return Persons(
        number=state["number"][order],
        school=state["school"][order],
        grade=state["grade"][order],
        gender=state["gender"][order],
        background=state["background"][order],
        letter=letter[order],
        school_class=school_class,
        rater=rater,
        factor=state["factor"][order].astype(np.float64),
    )


def _staff(
    group: str,
    next_number: int,
    n_mappings: int,
    schools: Schools,
    sizes: Sizes,
    scale: float,
    seed: int,
    places: Floats,
) -> Iterator[Persons]:
    """One group of staff in each mapping in turn; who stays keeps the number."""
    total = sizes.staff.get(group, sizes.staff_default) * scale
    smallest, largest = sizes.smallest_staff.get(group, 1), sizes.largest_staff.get(group, 1 << 30)
    number, school, factor = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros(0)
    for mapping in range(n_mappings):
        random = stream(seed, "staff", group, str(mapping))
        weight = schools.weight[mapping]
        sums = np.bincount(schools.municipality, weight, minlength=len(places))
        expected = weight / np.where(sums > 0, sums, 1)[schools.municipality] * places[schools.municipality] * total
        posts = np.clip(np.floor(expected + random.random(len(expected))), smallest, largest).astype(np.int64)
        posts = np.where(schools.exists[mapping], posts, 0)
        if mapping:
            stays = random.random(len(number)) >= sizes.staff_leaving
            number, school, factor = number[stays], school[stays], factor[stays]
            school = follow(school, schools.successors[mapping], random)
            state = {"number": number, "school": school, "factor": factor}
            state = {name: column[school >= 0] for name, column in state.items()}
            state = _fit(state, state["school"], posts.astype(float), random)
            number, school, factor = state["number"], state["school"], state["factor"].astype(np.float64)
        wanted = np.maximum(posts - np.bincount(school, minlength=len(posts)), 0)
        new = np.repeat(np.arange(len(posts)), wanted)
        number = np.concatenate([number, next_number + random.permutation(len(new))])
        school = np.concatenate([school, new])
        factor = np.concatenate([factor, random.standard_normal(len(new))])
        next_number += len(new)
        order = np.lexsort((number, school))
        nothing = np.full(len(order), -1, dtype=np.int64)
        yield Persons(
            number=number[order],
            school=school[order],
            grade=nothing,
            gender=nothing,
            background=nothing,
            letter=nothing,
            school_class=nothing,
            rater=nothing,
            factor=factor[order],
        )
