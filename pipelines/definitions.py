"""Assembly only: settings and programme to Dagster definitions.

Importing this module opens no file, database or network: `defs` is called when Dagster loads the code location.
"""

from collections.abc import Callable

import dagster as dg

from pipelines.assets.context import Home, RunContext, workers_of
from pipelines.assets.deliveries import build_deliveries
from pipelines.assets.extracts import build_extracts
from pipelines.assets.models import build_models
from pipelines.assets.on_time import build_on_time
from pipelines.assets.publication import build_publication
from pipelines.assets.released_marts import build_released_marts
from pipelines.assets.statements import build_statements
from pipelines.assets.verdict import build_verdict
from pipelines.automation import build_automation
from pipelines.extract import Begun
from pipelines.programme import Programme, load_programme
from pipelines.settings import Settings, load_settings
from pipelines.warehouse import manifest
from pipelines.workers import Workers


def build_defs(
    settings: Settings | None = None,
    programme: Programme | None = None,
    mappings: tuple[str, ...] = (),
    progress: Callable[[str], None] = lambda _: None,
    held: Workers | None = None,
    begun: Begun | None = None,
) -> dg.Definitions:
    """Definitions of one programme in one home.

    Args:
        settings: default: from the environment.
        programme: default: the one that the settings name.
        mappings: limit to these; left out: all.
        progress: told what a step is at.
        held: worker processes of a caller who runs the job in its own process, and holds the home folder's lock for it.
        begun: what these read already.
    """
    settings = settings or load_settings()
    programme = programme or load_programme(settings.programme)
    if mappings:
        programme = programme.limited_to(mappings)
    run = RunContext(programme, settings, mappings, progress, begun)
    job, schedules, sensor = build_automation(run)
    extracts, extract_checks = build_extracts(run)
    released_marts, mart_checks = build_released_marts(run)
    return dg.Definitions(
        assets=[
            *extracts,
            *build_models(run, manifest(programme)),
            build_statements(run),
            released_marts,
            build_verdict(run),
            *build_publication(run),
            *build_deliveries(run),
        ],
        asset_checks=[extract_checks, mart_checks, *([build_on_time(run)] if programme.definition.timeline else [])],
        jobs=[job],
        schedules=list(schedules),
        sensors=[sensor],
        resources={
            "home": Home(path=str(settings.home), is_held=held is not None),
            "workers": workers_of(settings, held),
        },
        executor=dg.in_process_executor,
    )


@dg.definitions
def defs() -> dg.Definitions:
    """What `workspace.yaml` loads."""
    return build_defs()
