"""When the job runs: on a schedule, and by hand.

Belongs here: jobs, schedules, sensors. Does not belong here: what the job does.
"""

import time
from collections.abc import Callable

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from pipelines.assets.context import RunContext
from pipelines.assets.plan import RunPlan, plan_run
from pipelines.extract import Landing

JOB = "build_release"
COMPLETE = ".complete"
"""Marker file in a mapping's folder: everything has been delivered."""
QUIET_SECONDS = 60
"""A file that has not changed for so long is taken for whole."""
PARTITION_RANGE = ("dagster/asset_partition_range_start", "dagster/asset_partition_range_end")
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
"""Run configuration that keeps Dagster's own log off the console; events still reach its storage."""


def run_tags(mappings: tuple[str, ...], trigger: str) -> dict[str, str]:
    """Tags of a run that covers these mappings in one go."""
    return {
        PARTITION_RANGE[0]: mappings[0],
        PARTITION_RANGE[1]: mappings[-1],
        "kortlaegning/mappings": ",".join(mappings),
        "kortlaegning/trigger": trigger,
    }


def build_automation(
    run: RunContext,
) -> tuple[UnresolvedAssetJobDefinition, dg.ScheduleDefinition, dg.SensorDefinition]:
    """The one job, its schedule and the sensor of deliveries (both off until someone turns them on)."""
    job = dg.define_asset_job(
        JOB,
        selection=dg.AssetSelection.all(),
        description="From landing files to a release, all mappings in one run.",
        executor_def=dg.in_process_executor,
    )

    @dg.schedule(
        job=job,
        cron_schedule="30 4 * * *",
        execution_timezone="Europe/Copenhagen",
        name="nightly",
        description="Every night: a release if anything in the landing folder, the programme or the code has changed.",
    )
    def nightly(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        plan = plan_or_skip(run)
        if isinstance(plan, dg.SkipReason):
            return plan
        return dg.RunRequest(
            run_key=None, run_config=QUIET, tags=run_tags(plan.programme.mapping_keys, "schedule nightly")
        )

    @dg.sensor(
        job=job,
        name="deliveries",
        minimum_interval_seconds=60,
        description="A run when what lies in the landing folder is new and has stopped arriving.",
    )
    def deliveries(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        plan = plan_or_skip(run, context.log.warning)
        if isinstance(plan, dg.SkipReason):
            return plan
        arriving = [name for landing in plan.landings for name in still_arriving(landing, time.time())]
        if arriving:
            return dg.SkipReason(
                f"{arriving[0]} may still be arriving; a file {COMPLETE} in its folder says that all is there"
            )
        # The same delivery never starts two runs, also when the first one was blocked.
        return dg.RunRequest(
            run_key=plan.release_id, run_config=QUIET, tags=run_tags(plan.programme.mapping_keys, "sensor deliveries")
        )

    return job, nightly, deliveries


def plan_or_skip(run: RunContext, note: Callable[[str], None] = lambda _: None) -> RunPlan | dg.SkipReason:
    """What a run would do now, or why there is nothing to do; `note` gets what the plan remarks on the landing folder."""
    from pipelines.errors import KortlaegningError
    from pipelines.release import is_current, withdrawn

    try:
        plan = plan_run(run.programme, run.settings, run.mappings)
    except KortlaegningError as error:
        return dg.SkipReason(str(error))
    for line in plan.notes:
        note(line)
    if is_current(run.settings.home, plan.release_id):
        return dg.SkipReason(f"nothing has changed since release {plan.release_id}")
    if withdrawn(run.settings.home, plan.release_id):
        return dg.SkipReason(f"release {plan.release_id} was rolled back from, and nothing has changed since")
    return plan


def still_arriving(landing: Landing, now: float) -> list[str]:
    """Files of a mapping that were written a moment ago, unless the marker says that the delivery is complete.

    A file from the future was written before the clock was set back: it is no more arriving than an old one.
    """
    if any((delivery.path.parent / COMPLETE).exists() for delivery in landing.deliveries):
        return []
    return [f"{d.mapping}/{d.name}" for d in landing.deliveries if abs(now - d.path.stat().st_mtime) < QUIET_SECONDS]
