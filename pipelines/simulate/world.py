"""Everything that holds before answers are drawn, in one object.

Belongs here: putting plan, schools, population and model together. Does not belong here: any rule of theirs.
"""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.programme import Programme
from pipelines.simulate.model import Model, build_model
from pipelines.simulate.plan import Plan, read_plan
from pipelines.simulate.population import Population, populate
from pipelines.simulate.schools import Schools, schools_of


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
    """Draw the world.

    Raises:
        ConfigurationError: `simulation.yaml` is wrong or the programme has no institutions.
    """
    plan = read_plan(programme)
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
