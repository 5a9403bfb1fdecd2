"""Everything that holds before answers are drawn, in one object.

Belongs here: putting plan, schools, population and model together. Does not belong here: any rule of theirs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from pipelines.programme import Programme
from pipelines.simulate.model import Model, build_model
from pipelines.simulate.plan import Plan, read_plan
from pipelines.simulate.population import Population, populate
from pipelines.simulate.schools import Schools, schools_of

FEWEST_SCHOOLS = 5
"""Schools of a municipality at any scale: fewer than five clusters would allow no claim at all."""
SCHOOLS_PER_SCALE = 3
"""Share of the schools by scale: at a tenth of the pupils three tenths of the schools."""


@dataclass(frozen=True)
class World:
    """A programme's simulated municipalities, schools, persons and traits; a function of programme, scale and seed."""

    programme: Programme
    scale: float
    seed: int
    plan: Plan
    schools: Schools
    population: Population
    model: Model


def make_world(programme: Programme, scale: float, seed: int) -> World:
    """Draw the world. Below a third of the full size there are fewer schools too: `at_scale`.

    Raises:
        ConfigurationError: `simulation.yaml` is wrong or the programme has no institutions.
    """
    plan = read_plan(programme)
    programme = at_scale(programme, scale)
    schools = schools_of(programme, plan.sizes, seed)
    return World(
        programme=programme,
        scale=scale,
        seed=seed,
        plan=plan,
        schools=schools,
        population=populate(programme, schools, plan.sizes, scale=scale, seed=seed),
        model=build_model(programme, plan, seed),
    )


def at_scale(programme: Programme, scale: float) -> Programme:
    """The programme with fewer schools where the scale is small, so that those there are have a school's size.

    Every school of a lineage step stays, and of each kind in each municipality at least `FEWEST_SCHOOLS`, or all it has.
    """
    institutions, steps = programme.institutions, programme.institution_lineage
    alike = institutions.groupby(["municipality_id", "kind"])
    rank, size = alike.cumcount(), alike["institution_id"].transform("size")
    kept = np.maximum(FEWEST_SCHOOLS, np.rint(size * min(1.0, SCHOOLS_PER_SCALE * scale)))
    has_step = institutions["institution_id"].isin([*steps["from_id"], *steps["to_id"]])
    return replace(programme, institutions=institutions[(rank < kept) | has_step].reset_index(drop=True))
