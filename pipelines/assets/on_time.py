"""Freshness as the programme's timeline has it: an asset check on the release.

Belongs here: the check, and the same result for a schedule to report without a run. Does not belong here: the state of the
steps (`timeline`).

A freshness policy of Dagster knows intervals and recurring deadlines; a programme has dates. The check is no part of a run: a run
takes its time whatever the day, and what is late shows without one.
"""

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

import dagster as dg

from pipelines.assets.context import RunContext
from pipelines.assets.timeline import Milestone, late, milestones, upcoming

RELEASE, CHECK = dg.AssetKey("release"), "on_time"
TIMEZONE = "Europe/Copenhagen"


def today() -> date:
    """The day in Denmark."""
    return datetime.now(ZoneInfo(TIMEZONE)).date()


def build_on_time(run: RunContext) -> dg.AssetChecksDefinition:
    """The check of a programme that has a timeline."""

    @dg.asset_check(
        asset=RELEASE,
        name=CHECK,
        description="No step of the programme's timeline is late: extracts have arrived and reports are out by their day.",
    )
    def on_time() -> dg.AssetCheckResult:
        found = evaluation(milestones(run.programme, run.settings, today()))
        return dg.AssetCheckResult(
            passed=found.passed, severity=found.severity, description=found.description, metadata=found.metadata
        )

    return on_time


def evaluation(found: Sequence[Milestone]) -> dg.AssetCheckEvaluation:
    """What a timeline says of freshness, as an event that may be reported without a run."""
    facts = {"late": len(late(found)), "done": sum(one.state == "done" for one in found)}
    return dg.AssetCheckEvaluation(
        asset_key=RELEASE,
        check_name=CHECK,
        passed=not late(found),
        severity=dg.AssetCheckSeverity.WARN,
        description=_told(found),
        metadata={name: dg.MetadataValue.int(value) for name, value in facts.items()},
    )


def _told(found: Sequence[Milestone]) -> str:
    """What is late, or what comes next."""
    overdue, following = late(found), upcoming(found)
    if overdue:
        return "; ".join(f"{one.label.en} was due on {one.due_on}: {one.note}" for one in overdue)
    return f"next: {following.label.en} on {following.due_on}" if following else "every day of the timeline is over"
