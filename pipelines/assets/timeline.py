"""Where a programme stands in its timeline: what is done, what is due, what is late.

Belongs here: the state of each step, from what has arrived, what readers see, and the day. Does not belong here: the timeline
itself (`programme.yaml`), Dagster, and whether politicians have met: of what people do only the day is known.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, cast

from pipelines.extract import look_at_landing
from pipelines.programme import Label, Programme
from pipelines.release import current_release, read_manifest
from pipelines.settings import Settings

State = Literal["done", "late", "due", "passed"]
"""`late` and `due`: not done, after and before the day; `passed`: the day of what people do is over."""

OURS = ("collection", "profiles")
"""Steps whose end the pipeline sees by itself: all extracts have arrived, the release that readers see holds the mapping."""


@dataclass(frozen=True)
class Milestone:
    """One step of one phase, and how it stands on a day. `note` says what is missing."""

    phase: Label
    mapping: str | None
    step: str
    label: Label
    due_on: date
    state: State
    note: str

    def line(self, today: date) -> str:
        """One line for people."""
        days = abs((self.due_on - today).days)
        told = {
            "done": "done",
            "late": f"late by {days} days: {self.note}",
            "due": f"due in {days} days{': ' + self.note if self.note else ''}",
            "passed": "passed",
        }
        return f"  {self.due_on}  {self.label.en:<56} {told[self.state]}"


def milestones(programme: Programme, settings: Settings, today: date) -> list[Milestone]:
    """Every step of the timeline in order, and how it stands; empty where the programme has no timeline."""
    phases = programme.definition.timeline
    if not phases:
        return []
    arrived = {phase.mapping: _missing_files(programme, settings, phase.mapping) for phase in phases if phase.mapping}
    released = released_mappings(programme, settings)
    found = []
    for phase in phases:
        for step in phase.steps:
            note = ""
            if step.step == "collection" and phase.mapping is not None:
                note = arrived[phase.mapping]
            elif step.step == "profiles" and phase.mapping not in released:
                note = f"no release that readers see holds mapping {phase.mapping}"
            is_over = today > step.due_on
            state: State = "late" if is_over else "due"
            if step.step in OURS and not note:
                state = "done"
            elif step.step not in OURS and is_over:
                state = "passed"
            found.append(Milestone(phase.label, phase.mapping, step.step, step.label, step.due_on, state, note))
    return found


def _missing_files(programme: Programme, settings: Settings, mapping: str) -> str:
    """What has not arrived of a mapping; empty where all has."""
    landing = look_at_landing(programme, settings.landing_dir, mapping)
    wanted = [extract for extract in programme.extracts(mapping) if not extract.optional]
    absent = [e for e in wanted if not any(d.extract is e for d in landing.deliveries)]
    return f"{len(absent)} of {len(wanted)} files of mapping {mapping} have not arrived" if absent else ""


def released_mappings(programme: Programme, settings: Settings) -> set[str]:
    """Mappings that the current release holds, where it is the programme's."""
    release = current_release(settings.home)
    if release is None:
        return set()
    about = read_manifest(settings.home / "releases" / release)
    inputs = cast("list[dict[str, str]]", about["inputs"])
    return {entry["mapping"] for entry in inputs} if about["programme"] == programme.slug else set()


def late(found: Sequence[Milestone]) -> list[Milestone]:
    """Steps of ours that are not done and whose day is over."""
    return [one for one in found if one.state == "late"]


def due_today(found: Sequence[Milestone], today: date) -> list[Milestone]:
    """Steps of ours that start a run on this day: what was collected until yesterday, profiles that are due today."""
    return [
        one
        for one in found
        if (one.step == "collection" and (today - one.due_on).days == 1)
        or (one.step == "profiles" and one.due_on == today)
    ]


def upcoming(found: Sequence[Milestone]) -> Milestone | None:
    """The next step that is not done and not over."""
    return next((one for one in sorted(found, key=lambda one: one.due_on) if one.state == "due"), None)


def timeline_lines(programme: Programme, settings: Settings, today: date) -> Iterator[str]:
    """Lines of `status`: phase by phase, each step with its day and state."""
    found = milestones(programme, settings, today)
    if found:
        yield f"timeline, as of {today}:"
    phase = None
    for one in found:
        if one.phase != phase:
            phase = one.phase
            yield f" {phase.en}{f' ({one.mapping})' if one.mapping else ''}"
        yield one.line(today)
