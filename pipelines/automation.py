"""When the job runs: on a schedule, and by hand.

Belongs here: jobs, schedules, sensors. Does not belong here: what the job does.
"""

import time
from collections.abc import Callable
from zoneinfo import ZoneInfo

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from pipelines.assets.context import RunContext
from pipelines.assets.on_time import CHECK, RELEASE, TIMEZONE, evaluation
from pipelines.assets.plan import RunPlan, plan_run
from pipelines.assets.timeline import due_today, milestones, upcoming
from pipelines.errors import KortlaegningError
from pipelines.extract import Landing
from pipelines.release import is_current, withdrawn

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
) -> tuple[UnresolvedAssetJobDefinition, tuple[dg.ScheduleDefinition, ...], dg.SensorDefinition]:
    """The one job, its schedules and the sensor of deliveries (all off until someone turns them on)."""
    job = dg.define_asset_job(
        JOB,
        selection=dg.AssetSelection.all() - dg.AssetSelection.checks(dg.AssetCheckKey(RELEASE, CHECK))
        if run.programme.definition.timeline
        else dg.AssetSelection.all(),
        description="From landing files to a release, all mappings in one run.",
        executor_def=dg.in_process_executor,
    )

    @dg.schedule(
        job=job,
        cron_schedule="30 4 * * *",
        execution_timezone=TIMEZONE,
        name="nightly",
        description="Every night: a release if anything in the landing folder, the programme or the code has changed.",
    )
    def nightly(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        plan = new_release(run)
        return plan if isinstance(plan, dg.SkipReason) else _request(plan, "schedule nightly")

    @dg.schedule(
        job=job,
        cron_schedule="0 6 * * *",
        execution_timezone=TIMEZONE,
        name="calendar",
        description="Every morning: tells what is late in the programme's timeline; starts a run on the day after a collection"
        " and on the day when profiles are due.",
    )
    def calendar(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        day = context.scheduled_execution_time.astimezone(ZoneInfo(TIMEZONE)).date()
        found = milestones(run.programme, run.settings, day)
        context.instance.report_runless_asset_event(evaluation(found))
        due = due_today(found, day)
        if not due:
            following = upcoming(found)
            return dg.SkipReason(
                f"next is {following.label.en} on {following.due_on}"
                if following
                else "every day of the timeline is over"
            )
        plan = new_release(run)
        if isinstance(plan, dg.SkipReason):
            return plan
        return _request(plan, f"calendar {due[0].step} {due[0].mapping}")

    @dg.sensor(
        job=job,
        name="deliveries",
        minimum_interval_seconds=60,
        description="A run when what lies in the landing folder is new and has stopped arriving.",
    )
    def deliveries(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        plan = new_release(run, context.log.warning)
        if isinstance(plan, dg.SkipReason):
            return plan
        arriving = [name for landing in plan.landings for name in still_arriving(landing, time.time())]
        if arriving:
            return dg.SkipReason(
                f"{arriving[0]} may still be arriving; a file {COMPLETE} in its folder says that all is there"
            )
        # The same delivery never starts two runs, also when the first one was blocked.
        return _request(plan, "sensor deliveries", plan.release_id)

    schedules = (nightly, calendar) if run.programme.definition.timeline else (nightly,)
    return job, schedules, deliveries


def new_release(run: RunContext, note: Callable[[str], None] = lambda _: None) -> RunPlan | dg.SkipReason:
    """What a run would do now, or why there is none to start; `note` is told what the plan remarks, in either case."""
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


def _request(plan: RunPlan, trigger: str, key: str | None = None) -> dg.RunRequest:
    """A run of the job over all mappings that have arrived; `key`: at most one run ever."""
    return dg.RunRequest(run_key=key, run_config=QUIET, tags=run_tags(plan.programme.mapping_keys, trigger))


def still_arriving(landing: Landing, now: float) -> list[str]:
    """Files of a mapping that were written a moment ago, unless the marker says that the delivery is complete.

    A file from the future was written before the clock was set back: it is no more arriving than an old one.
    """
    if any((delivery.path.parent / COMPLETE).exists() for delivery in landing.deliveries):
        return []
    return [f"{d.mapping}/{d.name}" for d in landing.deliveries if abs(now - d.path.stat().st_mtime) < QUIET_SECONDS]
