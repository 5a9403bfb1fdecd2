"""Who is invited: pupils who move up through the grades, and staff who stay or leave, in every mapping.

Belongs here: persons, their school, class, grade and number, and how they go on from one mapping to the next. Does not
belong here: whether and what they answer (`answers`).

A pupil keeps the number over the mappings. Between two mappings two years apart a pupil moves up two grades, leaves
after grade 9 or 10, may move to another school of the municipality or away; new ones come into the youngest grades and
into free seats. Children in day-care go on in the same way, with ages for grades; who leaves day-care is nobody's pupil.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from pipelines.errors import ConfigurationError
from pipelines.programme import Programme, RespondentGroup
from pipelines.simulate.plan import Sizes
from pipelines.simulate.randomness import stream
from pipelines.simulate.schools import DAYCARE_AGES, Floats, Ints, Schools

GRADES = 11
LAST_COMMON_GRADE = 9
# Numbers of pupils, children, those who rate them and each group of staff never meet: all are persons of one programme.
FIRST_PUPIL, FIRST_RATER, FIRST_STAFF, STAFF_RANGE = 5_000_001, 300_001, 1_000_001, 100_000
FIRST_CHILD, FIRST_CHILD_RATER = 8_000_001, 9_000_001
PLACES = 1 << 16  # where a pupil stands in the year group, which is cut into classes
MAX_CLASSES = 64  # of one year group; more than any school has
CROWDED = 1.08  # a year group may be this much larger than it has seats


@dataclass(frozen=True)
class Persons:
    """One row per person invited, in one mapping; columns of one length. -1 where a column does not apply.

    Only pupils and children have gender (0 girl, 1 boy), background (0 the lowest level), class and someone who rates them;
    only pupils have a grade.
    `school_class` numbers classes within the mapping, `letter` is the class's letter (0 is A). `factor` is what is
    lasting in a person, standard normal.
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
        return Persons(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})


@dataclass(frozen=True)
class Population:
    """Everyone, by mapping position; pupils once for all groups that are about pupils, children likewise."""

    pupils: tuple[Persons, ...]
    children: tuple[Persons, ...]
    staff: dict[str, tuple[Persons, ...]]

    def invited(self, mapping: int, group: RespondentGroup) -> Persons:
        """Persons of one group invited in one mapping, by school, grade, class and number."""
        if group.code in self.staff:
            return self.staff[group.code][mapping]
        if group.institutions == "daycare":
            return self.children[mapping]
        pupils = self.pupils[mapping]
        if group.grades is None:
            return pupils
        return pupils.take((pupils.grade >= group.grades[0]) & (pupils.grade <= group.grades[1]))


@dataclass(frozen=True)
class _Register:
    """Pupils or staff as they stand in the registers between two mappings; of staff only number, school and factor."""

    number: Ints
    school: Ints
    grade: Ints
    gender: Ints
    background: Ints
    place: Ints
    factor: Floats

    def take(self, rows: NDArray[np.bool_] | Ints) -> _Register:
        """Some of the rows."""
        return _Register(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})

    def joined(self, other: _Register) -> _Register:
        """Both, one after the other."""
        pairs = {field.name: (getattr(self, field.name), getattr(other, field.name)) for field in fields(self)}
        return _Register(**{name: np.concatenate(pair) for name, pair in pairs.items()})


@dataclass(frozen=True)
class _Ladder:
    """Year groups that the young climb: grades of a school, or ages in day-care.

    Attributes:
        stream: name of the random numbers.
        first, last: year groups that everybody goes through; a tenth grade follows where `has_tenth`.
        has_grade: whether the year groups are grades.
        number, rater: first numbers of the young and of those who rate them.
    """

    stream: str
    first: int
    last: int
    has_tenth: bool
    has_grade: bool
    number: int
    rater: int


PUPILS = _Ladder("pupils", 0, LAST_COMMON_GRADE, True, True, FIRST_PUPIL, FIRST_RATER)
CHILDREN = _Ladder("children", *DAYCARE_AGES, False, False, FIRST_CHILD, FIRST_CHILD_RATER)


def populate(programme: Programme, schools: Schools, sizes: Sizes, *, scale: float, seed: int) -> Population:
    """Draw everyone who is invited in any mapping."""
    about_pupils = [g for g in programme.respondent_groups if g.kind in ("pupil", "rated_pupil", "parent")]
    others = [g for g in programme.respondent_groups if g not in about_pupils]
    in_daycare = [g for g in about_pupils if g.institutions == "daycare"]
    in_school = [g for g in about_pupils if g not in in_daycare]
    bands = [g.grades for g in in_school if g.kind == "pupil" and g.grades] or [(0, GRADES - 1)]
    years = mapping_years(programme)

    def registrar(kind: str | None) -> _Registrar:
        """Of the institutions of one kind, or of all."""
        return _Registrar(schools, sizes, scale, seed, _municipality_share(programme, schools, sizes, kind), kind)

    return Population(
        pupils=tuple(registrar("school").pupils(years, bands, PUPILS)) if in_school else (),
        children=tuple(registrar("daycare").pupils(years, [DAYCARE_AGES], CHILDREN)) if in_daycare else (),
        staff={
            group.code: tuple(
                registrar(group.institutions).staff(group.code, FIRST_STAFF + position * STAFF_RANGE, len(years))
            )
            for position, group in enumerate(others)
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


def follow(school: Ints, successors: dict[int, list[int]], random: np.random.Generator) -> Ints:
    """The school that each person is in after this mapping's steps; -1 where it closed."""
    moved = school.copy()
    for old, new in sorted(successors.items()):
        rows = np.flatnonzero(school == old)
        moved[rows] = random.choice(new, size=len(rows)) if new else -1
    return moved


def _municipality_share(programme: Programme, schools: Schools, sizes: Sizes, kind: str | None) -> Floats:
    """Share of everyone in institutions of a kind that each municipality has; those without such institutions have none.

    Raises:
        ConfigurationError: there is no institution of the kind.
    """
    of_kind = schools.of_kind(kind)
    if not of_kind.any():
        raise ConfigurationError(
            f"institutions.csv: programme {programme.slug} has groups in institutions of kind {kind!r}, and none is listed; "
            "add them to simulate the programme"
        )
    weight = np.bincount(schools.municipality, of_kind, minlength=len(programme.municipalities)).astype(np.float64)
    if sizes.municipalities:
        usual = float(np.mean(list(sizes.municipalities.values())))
        for number, name in enumerate(programme.municipalities["municipality_id"]):
            weight[number] = sizes.municipalities.get(name, usual) * (weight[number] > 0)
    return np.asarray(weight / weight.sum(), dtype=np.float64)


def _fitting(cell: Ints, room: Ints, random: np.random.Generator) -> Ints:
    """Rows to keep so that no cell has more than `room[cell]`, chosen at random, in their order."""
    shuffled = random.permutation(len(cell))
    order = shuffled[np.argsort(cell[shuffled], kind="stable")]
    in_order = cell[order]
    before = np.arange(len(order)) - np.searchsorted(in_order, in_order, side="left")
    return np.sort(order[before < room[in_order]])


class _Registrar:
    """Keeps the registers of pupils and staff from mapping to mapping."""

    def __init__(
        self, schools: Schools, sizes: Sizes, scale: float, seed: int, places: Floats, kind: str | None
    ) -> None:
        """Remember the institutions, those of the kind, the sizes and each municipality's share of everyone."""
        self.schools, self.sizes, self.scale, self.seed, self.places = schools, sizes, scale, seed, places
        self.mine = schools.of_kind(kind)

    def pupils(self, years: list[int], bands: list[tuple[int, int]], ladder: _Ladder) -> Iterator[Persons]:
        """The pupils or children of each mapping in turn; `bands` are the grades that have an instrument of their own."""
        n_cells = len(self.schools.ids) * GRADES
        register = _nobody()
        next_number = ladder.number
        for mapping, year in enumerate(years):
            random = stream(self.seed, ladder.stream, str(year), str(mapping))
            seats = self._seats(mapping, bands, ladder).ravel()
            if mapping:
                register = self._move_up(register, year - years[mapping - 1], mapping, ladder, random)
                room = np.floor(seats * CROWDED + 0.5).astype(np.int64)
                register = register.take(_fitting(register.school * GRADES + register.grade, room, random))
            taken = np.bincount(register.school * GRADES + register.grade, minlength=n_cells)
            cell = np.repeat(np.arange(n_cells), np.maximum(seats - taken, 0))
            n = len(cell)
            levels = np.cumsum(self.sizes.background) / sum(self.sizes.background)
            new = _Register(
                number=next_number + random.permutation(n),
                school=cell // GRADES,
                grade=cell % GRADES,
                gender=random.integers(0, 2, n),
                background=np.searchsorted(levels[:-1], random.random(n), side="right").astype(np.int64),
                place=random.integers(0, PLACES, n),
                factor=random.standard_normal(n),
            )
            next_number += n
            register = register.joined(new)
            yield self._in_classes(register, mapping, ladder)

    def _seats(self, mapping: int, bands: list[tuple[int, int]], ladder: _Ladder) -> Ints:
        """Pupils for whom a school has room, school × grade; in every band it offers, at least the smallest group."""
        schools, sizes = self.schools, self.sizes
        grade = np.arange(GRADES)
        first, last = schools.grades[mapping, :, 0, None], schools.grades[mapping, :, 1, None]
        offered = (grade >= first) & (grade <= last) & (schools.exists[mapping] & self.mine)[:, None]
        weight = np.where(offered, schools.weight[mapping][:, None], 0.0)
        everyone = sizes.pupils if ladder.has_grade else sizes.children
        common = (grade >= ladder.first) & (grade <= ladder.last)
        cohort = np.where(common, everyone * self.scale / (ladder.last + 1 - ladder.first), 0.0)
        if ladder.has_tenth:
            cohort[ladder.last + 1] = cohort[ladder.last] * sizes.tenth_grade
        seats = np.zeros_like(weight)
        for place, share in enumerate(self.places):
            mine = schools.municipality == place
            total = weight[mine].sum(axis=0)
            seats[mine] = weight[mine] / np.where(total > 0, total, 1.0) * cohort * share
        for low, high in bands:
            band = seats[:, low : high + 1]
            sums = band.sum(axis=1)
            short = (sums > 0) & (sums < sizes.smallest_group)
            band *= np.where(short, sizes.smallest_group / np.where(short, sums, 1.0), 1.0)[:, None]
        # Rounded along the grades, so that sums over neighbouring grades stay right however small the figures.
        return np.diff(np.floor(np.cumsum(seats, axis=1) + 0.5), axis=1, prepend=0).astype(np.int64)

    def _move_up(
        self, register: _Register, years: int, mapping: int, ladder: _Ladder, random: np.random.Generator
    ) -> _Register:
        """Pupils some years later: one grade up a year, in the school that followed theirs or in another."""
        schools, sizes = self.schools, self.sizes
        grade = register.grade + years
        stays = (grade <= ladder.last) & (random.random(len(grade)) >= sizes.leaving)
        tenth = (grade == ladder.last + 1) & (random.random(len(grade)) < sizes.tenth_grade) & ladder.has_tenth
        register = replace(register, grade=grade).take(stays | tenth)
        grade, place = register.grade, schools.municipality[register.school]
        school = follow(register.school, schools.successors[mapping], random)
        first, last = schools.grades[mapping, :, 0], schools.grades[mapping, :, 1]
        seeking = (school < 0) | (first[school] > grade) | (last[school] < grade)
        seeking |= random.random(len(school)) < sizes.moving
        for wanted in np.unique(grade[seeking]):
            offered = schools.exists[mapping] & self.mine & (first <= wanted) & (last >= wanted)
            for municipality in np.unique(place[seeking & (grade == wanted)]):
                rows = np.flatnonzero(seeking & (grade == wanted) & (place == municipality))
                weight = np.where(offered & (schools.municipality == municipality), schools.weight[mapping], 0.0)
                total = weight.sum()
                school[rows] = random.choice(len(weight), size=len(rows), p=weight / total) if total > 0 else -1
        return replace(register, school=school).take(school >= 0)

    def _in_classes(self, register: _Register, mapping: int, ladder: _Ladder) -> Persons:
        """Pupils with class and contact teacher, by school, grade, class and number.

        A pupil's place in the year group is lasting, so that most keep the letter of their class; classes are even.
        """
        cell = register.school * GRADES + register.grade
        by_place = np.lexsort((register.number, register.place, cell))
        rank = np.empty(len(cell), dtype=np.int64)
        rank[by_place] = np.arange(len(cell)) - np.searchsorted(cell[by_place], cell[by_place], side="left")
        size = np.bincount(cell)
        n_classes = -(-size // self.sizes.class_size)
        letter = rank * n_classes[cell] // np.maximum(size[cell], 1)
        order = np.lexsort((register.number, letter, cell))
        pupils = register.take(order)
        classes = cell[order] * MAX_CLASSES + letter[order]
        school_class = np.unique(classes, return_inverse=True)[1].astype(np.int64)
        # Every third class shares its pupils between two contact teachers.
        half = (pupils.place & 1) * (school_class % 3 == 0)
        return Persons(
            number=pupils.number,
            school=pupils.school,
            grade=pupils.grade if ladder.has_grade else np.full_like(pupils.grade, -1),
            gender=pupils.gender,
            background=pupils.background,
            letter=letter[order],
            school_class=school_class,
            rater=ladder.rater + mapping * STAFF_RANGE + school_class * 2 + half,
            factor=pupils.factor,
        )

    def staff(self, group: str, next_number: int, n_mappings: int) -> Iterator[Persons]:
        """One group of staff in each mapping in turn; who stays keeps the number."""
        register = _nobody()
        for mapping in range(n_mappings):
            random = stream(self.seed, "staff", group, str(mapping))
            posts = self._posts(group, mapping, random)
            if mapping:
                register = register.take(random.random(len(register.number)) >= self.sizes.staff_leaving)
                school = follow(register.school, self.schools.successors[mapping], random)
                register = replace(register, school=school).take(school >= 0)
                register = register.take(_fitting(register.school, posts, random))
            wanted = np.maximum(posts - np.bincount(register.school, minlength=len(posts)), 0)
            new = np.repeat(np.arange(len(posts)), wanted)
            nothing = np.full(len(new), -1, dtype=np.int64)
            register = register.joined(
                _Register(
                    number=next_number + random.permutation(len(new)),
                    school=new,
                    grade=nothing,
                    gender=nothing,
                    background=nothing,
                    place=nothing,
                    factor=random.standard_normal(len(new)),
                )
            )
            next_number += len(new)
            ordered = register.take(np.lexsort((register.number, register.school)))
            nothing = np.full(len(ordered.number), -1, dtype=np.int64)
            yield Persons(
                number=ordered.number,
                school=ordered.school,
                grade=nothing,
                gender=nothing,
                background=nothing,
                letter=nothing,
                school_class=nothing,
                rater=nothing,
                factor=ordered.factor,
            )

    def _posts(self, group: str, mapping: int, random: np.random.Generator) -> Ints:
        """Persons of a group of staff at each school."""
        schools, sizes = self.schools, self.sizes
        total = sizes.staff.get(group, sizes.staff_default) * self.scale
        weight = np.where(self.mine, schools.weight[mapping], 0.0)
        sums = np.bincount(schools.municipality, weight, minlength=len(self.places))
        share = weight / np.where(sums > 0, sums, 1.0)[schools.municipality] * self.places[schools.municipality]
        posts = np.floor(share * total + random.random(len(share)))
        posts = np.clip(posts, sizes.smallest_staff.get(group, 1), sizes.largest_staff.get(group, len(posts) * 1000))
        return np.where(schools.exists[mapping] & self.mine, posts, 0).astype(np.int64)


def _nobody() -> _Register:
    """An empty register."""
    empty = np.zeros(0, dtype=np.int64)
    return _Register(empty, empty, empty, empty, empty, empty, np.zeros(0))
