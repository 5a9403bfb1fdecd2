"""Academic results: who takes a test, with what score, and the files that carry it.

Belongs here: drawing results of pupils who are in the population, or of schools, and what is true of their gains. Does not
belong here: reading or estimating anything, and how a file is written (`writing`).

A pupil's true score at the first measurement is normal in the grade; the error of measurement follows from the reliability that
tests.csv declares. The true gain within the year is the school year's, the school's own and the pupil's own; measurements lie
evenly on the way. Steps and percentiles of national tests are cut from one normal trait.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
from scipy.special import ndtr, ndtri

from pipelines.errors import ConfigurationError
from pipelines.programme import Extract, Mapping
from pipelines.programme.definition import STEPS
from pipelines.simulate.plan import ResultPlan, cumulative
from pipelines.simulate.population import Persons
from pipelines.simulate.randomness import stream
from pipelines.simulate.schools import Floats, Ints
from pipelines.simulate.world import World
from pipelines.simulate.writing import WrittenFile, role_columns, write_file

FIRST_DAY, LAST_DAY = (9, 7), (5, 9)
"""Month and day of a school year's first and last measurement, about; every school has its own days."""
SPREAD_OF_DAYS = 12
SIGNIFICANT = 1.96


@dataclass(frozen=True)
class Drawn:
    """Results of one test in one school year, one row per result; -1 and not a number where a column does not apply."""

    persons: Persons
    test: str
    school_year: str
    measurement: Ints
    day: list[date]
    score: Floats
    trait: Floats
    expected: Floats
    pupils: Ints


def write_results(world: World, extract: Extract, position: int, folder: Path) -> WrittenFile:
    """Draw and write one extract of results.

    Raises:
        ConfigurationError: `simulation.yaml` does not say what the file holds, or the file cannot be written so.
        StorageError: the folder cannot be written.
    """
    plans = world.plan.results.get(extract.path)
    if not plans:
        raise ConfigurationError(
            f"simulation.yaml: results: says nothing of {extract.path!r}; name the tests in it, each with its grades"
        )
    mapping = world.programme.mappings[position]
    drawn = [
        _draw(world, extract, position, test, plan, year)
        for test, plan in plans.items()
        for year in (_year(mapping, offset) for offset in plan.years)
    ]
    tables = [pa.table(_columns(world, extract, position, one, plans[one.test])) for one in drawn]
    return write_file(pa.concat_tables(tables, promote_options="permissive"), extract, mapping.key, folder)


def gain_of(plan: ResultPlan, school_year: str) -> float:
    """True mean gain in a school year: the latest that is said."""
    return _latest(plan.gain, school_year)


def way_taken(plan: ResultPlan) -> float:
    """Share of the way through the school year that lies between a pupil's first and last measurement, on average.

    Of pupils with two or more of them: whoever misses the first or the last is told of a part of the gain.
    """
    steps, p = plan.measurements - 1, plan.taken
    span = {k: (steps + 1 - k) * p * p * (1 - p) ** (steps - k) for k in range(1, steps + 1)}
    total = sum(span.values())
    return sum(share * k / steps for k, share in span.items()) / total if total else 0.0


def school_gains(world: World, test: str, plan: ResultPlan) -> Floats:
    """What each school adds to the true gain, the same in all school years."""
    return stream(world.seed, "results", test, "school gains").normal(0, plan.gain_school_sd, len(world.schools.ids))


def gain_rows(world: World) -> list[list[str]]:
    """What is true of gains: programme, school year, level, unit, test, gain, standard error of measurement.

    A unit's gain is that of its pupils in the test's grades, over the part of the year that their measurements span; one score's
    error is the same in all units.
    """
    rows: list[list[str]] = []
    for extract in world.programme.definition.extracts:
        plans = world.plan.results.get(extract.path, {}) if extract.content == "results" else {}
        for test, plan in plans.items():
            for position, mapping in enumerate(world.programme.mappings):
                if plan.measurements > 1 and extract in world.programme.extracts(mapping.key):
                    rows += [
                        row
                        for offset in plan.years
                        for row in _gain_rows(world, extract, position, test, plan, _year(mapping, offset))
                    ]
    return rows


def _gain_rows(
    world: World, extract: Extract, position: int, test: str, plan: ResultPlan, year: str
) -> Iterator[list[str]]:
    """Rows of one test and school year."""
    programme, way = world.programme, way_taken(plan)
    school = _takers(world, extract, position, plan, year).school
    own, sem = school_gains(world, test, plan), plan.sd * np.sqrt(1 - _reliability(world, test))
    places = world.schools.municipality[school]
    units = [("programme", programme.slug, np.ones(len(school), dtype=bool))]
    units += [("municipality", str(k), places == n) for n, k in enumerate(programme.municipalities["municipality_id"])]
    units += [("institution", name, school == number) for number, name in enumerate(world.schools.ids)]
    for level, unit, who in units:
        if who.any():
            gain = way * (gain_of(plan, year) + own[school[who]].mean())
            yield [programme.slug, year, level, unit, test, f"{gain:.6f}", f"{sem:.6f}"]


def _reliability(world: World, test: str) -> float:
    """As tests.csv declares it; a test without one has no error of measurement."""
    declared = world.programme.tests.loc[world.programme.tests["test"].eq(test), "reliability"]
    return float(declared.iloc[0]) if declared.notna().iloc[0] else 1.0


def _takers(world: World, extract: Extract, position: int, plan: ResultPlan, school_year: str) -> Persons:
    """Pupils as they sat in the test's grades in a school year.

    They are those of the mapping nearest to it, the delivering one before others: of pupils who have left since, an earlier
    mapping still knows. Who is at a school that the delivering mapping does not have any more is in no delivery.
    """
    group = world.programme.group(extract.respondent_group)
    years = [int(mapping.school_year[:4]) for mapping in world.programme.mappings[: position + 1]]
    year = int(school_year[:4])
    nearest = min(range(position + 1), key=lambda one: (abs(year - years[one]), -one))
    everyone = world.population.invited(nearest, group.model_copy(update={"grades": None}))
    persons = replace(everyone, grade=np.where(everyone.grade < 0, -1, everyone.grade + year - years[nearest]))
    return persons.take(np.isin(persons.grade, plan.grades) & world.schools.exists[position][persons.school])


def _latest(said: dict[str, float], school_year: str) -> float:
    known = [year for year in sorted(said) if year <= school_year]
    return said[known[-1]] if known else 0.0


def _year(mapping: Mapping, offset: int) -> str:
    """A school year counted from the mapping's own."""
    first = int(mapping.school_year[:4]) + offset
    return f"{first}/{(first + 1) % 100:02d}"


def _draw(world: World, extract: Extract, position: int, test: str, plan: ResultPlan, school_year: str) -> Drawn:
    """One test in one school year."""
    persons = _takers(world, extract, position, plan, school_year)
    random = stream(world.seed, "results", test, school_year)
    level = stream(world.seed, "results", test, "schools").normal(0, plan.school_sd, len(world.schools.ids))
    own = np.sqrt(max(1 - plan.school_sd**2, 0.0)) * random.standard_normal(len(persons))
    middle = (len(world.plan.sizes.background) - 1) / 2
    trait = _latest(plan.by_school_year, school_year) + level[persons.school] + own
    trait += plan.per_background * np.where(persons.background < 0, 0.0, persons.background - middle)
    if extract.columns.pupils is not None:
        return _figures(world, plan, test, school_year, persons, trait, random)
    rows = world.programme.tests.loc[world.programme.tests["test"].eq(test)]
    reliability = _reliability(world, test)
    grade = persons.grade - min(plan.grades)
    true = plan.mean + plan.per_grade * grade + plan.sd * np.sqrt(reliability) * trait
    gain = gain_of(plan, school_year) + school_gains(world, test, plan)[persons.school]
    gain = gain + random.normal(0, plan.gain_sd, len(persons))
    low, high = (float(rows[name].astype("float64").iloc[0]) for name in ("score_min", "score_max"))
    low, high = (-np.inf if np.isnan(low) else low), (np.inf if np.isnan(high) else high)
    parts = []
    for number in range(plan.measurements):
        way = number / max(plan.measurements - 1, 1)
        error = random.normal(0, plan.sd * np.sqrt(1 - reliability), len(persons))
        score = np.round(np.clip(true + way * gain + error, low, high), plan.decimals)
        took = random.random(len(persons)) < plan.taken
        days = _days(school_year, way, random.integers(0, SPREAD_OF_DAYS, len(world.schools.ids)))
        parts.append((np.flatnonzero(took), np.full(took.sum(), number + 1), score[took], days))
    place = np.concatenate([rows for rows, *_ in parts])
    order = np.lexsort((np.concatenate([numbers for _, numbers, *_ in parts]), place))
    chosen = persons.take(place[order])
    measurement = np.concatenate([numbers for _, numbers, *_ in parts])[order]
    days_of = [days for *_, days in parts]
    nothing = np.full(len(order), np.nan)
    return Drawn(
        persons=chosen,
        test=test,
        school_year=school_year,
        measurement=measurement,
        day=[days_of[m - 1][s] for m, s in zip(measurement.tolist(), chosen.school.tolist(), strict=True)],
        score=np.concatenate([scores for _, _, scores, _ in parts])[order],
        trait=trait[place[order]],
        expected=nothing,
        pupils=np.full(len(order), -1),
    )


def _figures(
    world: World,
    plan: ResultPlan,
    test: str,
    school_year: str,
    persons: Persons,
    trait: Floats,
    random: np.random.Generator,
) -> Drawn:
    """A school's mean grade, and the grade expected of its pupils' background: the socio-economic reference."""
    schools, first, counts = np.unique(persons.school, return_index=True, return_counts=True)
    sums = np.bincount(persons.school, trait, minlength=len(world.schools.ids))[schools]
    middle = (len(world.plan.sizes.background) - 1) / 2
    known = np.where(persons.background < 0, 0.0, persons.background - middle)
    background = np.bincount(persons.school, known, minlength=len(world.schools.ids))[schools] / counts
    # The register's model knows the background; what it does not know is spread a little.
    reference = plan.per_background * background + random.normal(0, 0.03, len(schools))
    return Drawn(
        persons=persons.take(first),
        test=test,
        school_year=school_year,
        measurement=np.ones(len(schools), dtype=np.int64),
        day=[date(int(school_year[:4]) + 1, 6, 20)] * len(schools),
        score=np.round(plan.mean + plan.sd * sums / counts, plan.decimals),
        trait=sums / counts,
        expected=np.round(plan.mean + plan.sd * reference, plan.decimals),
        pupils=counts,
    )


def _days(school_year: str, way: float, offsets: Ints) -> list[date]:
    """Each school's day of a measurement, `way` (0 to 1) through the school year; no weekends."""
    year = int(school_year[:4])
    first, last = date(year, *FIRST_DAY), date(year + 1, *LAST_DAY)
    about = first + timedelta(days=round(way * (last - first).days))
    days = np.busday_offset(np.datetime64(about), offsets, roll="forward")
    return list(days.astype(object))


def _columns(world: World, extract: Extract, position: int, drawn: Drawn, plan: ResultPlan) -> dict[str, pa.Array]:
    """The file's columns."""
    codes = {role: {value: code for code, value in reversed(recode.items())} for role, recode in extract.values.items()}
    n = len(drawn.persons)
    cuts = ndtri(np.array(cumulative(plan.shares)))
    steps = np.searchsorted(cuts, drawn.trait)
    percentile = np.clip(np.ceil(100 * ndtr(drawn.trait)), 1, 100).astype(np.int64)
    is_far = np.abs(drawn.score - drawn.expected) > SIGNIFICANT * plan.sd / np.sqrt(np.maximum(drawn.pupils, 1))

    def number(values: Floats) -> pa.Array:
        mark = extract.dialect.decimal
        return pa.array([f"{value:.{plan.decimals}f}".replace(".", mark) for value in values.tolist()])

    test = codes.get("test", {}).get(drawn.test, drawn.test)
    more = {
        "test": pa.array([test] * n),
        "school_year": pa.array([drawn.school_year] * n),
        "measurement": pa.array(drawn.measurement),
        "submitted_at": pa.array([day.strftime(extract.dialect.date_format) for day in drawn.day]),
        "score": number(drawn.score),
        "expected": number(drawn.expected),
        "pupils": pa.array(drawn.pupils),
        "percentile": pa.array(percentile),
    }
    if extract.columns.step is not None:
        names = [codes["step"][name] for name in STEPS]
        more["step"] = pa.array([names[step] for step in steps.tolist()])
    if extract.columns.significant is not None:
        more["significant"] = pa.array([codes["significant"]["true" if far else "false"] for far in is_far.tolist()])
    columns = role_columns(world, extract, position, drawn.persons, None, more)
    return columns | {name: pa.nulls(n, pa.string()) for name in extract.ignored}
