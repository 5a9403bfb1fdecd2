"""Where a programme stands in its timeline: `status`, the schedule `calendar` and the check `on_time` tell the same."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import dagster as dg
import pytest

from pipelines.assets.context import RunContext
from pipelines.assets.on_time import build_on_time
from pipelines.assets.plan import describe_status
from pipelines.assets.timeline import Milestone, due_today, late, milestones, upcoming
from pipelines.automation import JOB, build_automation
from pipelines.programme import Programme, load_programme
from pipelines.settings import Settings, load_settings
from pipelines.simulate import simulate


@pytest.fixture(scope="module")
def lejre() -> Programme:
    return load_programme("lejre")


@pytest.fixture(scope="module")
def settings(lejre: Programme, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The first measurement has arrived and half of the second; nothing is released."""
    home = tmp_path_factory.mktemp("home")
    simulate(lejre, home / "landing")
    (home / "landing" / "lejre" / "2016" / "skoleledelse.csv").unlink()
    return load_settings({}, home=home)


def states(found: list[Milestone]) -> list[str]:
    return [one.state for one in found]


def test_each_step_stands_as_the_day_and_the_files_say(lejre: Programme, settings: Settings) -> None:
    early = milestones(lejre, settings, date(2015, 9, 1))
    assert states(early) == ["done", "due", "due", "due", "due"]
    assert upcoming(early) is early[1]
    now = milestones(lejre, settings, date(2016, 9, 1))
    assert states(now) == ["done", "late", "late", "late", "due"]
    assert now[2].note == "1 of 3 files of mapping 2016 have not arrived"
    assert now[1].note == "no release that readers see holds mapping 2015"
    assert len(late(now)) == 3
    assert states(milestones(lejre, settings, date(2016, 11, 1)))[-1] == "passed"


def test_on_its_day_a_step_is_not_late(lejre: Programme, settings: Settings) -> None:
    assert states(milestones(lejre, settings, date(2016, 6, 24)))[2] == "due"
    assert states(milestones(lejre, settings, date(2016, 6, 25)))[2] == "late"


def test_a_release_that_readers_see_ends_the_step(lejre: Programme, settings: Settings, tmp_path: Path) -> None:
    release = tmp_path / "releases" / "lejre-1"
    release.mkdir(parents=True)
    inputs = [{"mapping": "2015", "file": "skoleledelse.csv"}]
    (release / "manifest.json").write_text(
        json.dumps({"programme": "lejre", "inputs": inputs, "files": {}}), encoding="utf-8"
    )
    (tmp_path / "current").symlink_to(Path("releases") / "lejre-1")
    released = settings.model_copy(update={"home": tmp_path, "landing": settings.landing_dir})
    assert states(milestones(lejre, released, date(2016, 9, 1))) == ["done", "done", "late", "late", "due"]
    (release / "manifest.json").write_text(
        json.dumps({"programme": "other", "inputs": inputs, "files": {}}), encoding="utf-8"
    )
    assert states(milestones(lejre, released, date(2016, 9, 1)))[1] == "late", "another programme's release"


def test_status_shows_it(lejre: Programme, settings: Settings) -> None:
    told = "\n".join(describe_status(lejre, settings, date(2016, 9, 1)))
    assert "timeline, as of 2016-09-01:" in told
    assert " After the course (2016)" in told
    assert "late by 69 days: 1 of 3 files of mapping 2016 have not arrived" in told
    assert "due in 60 days" in told
    assert "timeline" not in "\n".join(
        describe_status(load_programme("pisa_school_quality"), settings, date(2016, 9, 1))
    )


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.local_temp(str(tmp_path_factory.mktemp("dagster"))) as found:
        yield found


def tick(
    instance: dg.DagsterInstance, programme: Programme, settings: Settings, day: date
) -> tuple[dg.RunRequest | dg.SkipReason, bool]:
    """What the schedule does on a morning, and whether the check it reports has passed."""
    _, schedules, _ = build_automation(RunContext(programme, settings))
    [calendar] = [one for one in schedules if one.name == "calendar"]
    at = datetime(day.year, day.month, day.day, 5, tzinfo=UTC)
    found = calendar(dg.build_schedule_context(instance=instance, scheduled_execution_time=at))
    key = dg.AssetCheckKey(dg.AssetKey("release"), "on_time")
    [record] = instance.event_log_storage.get_asset_check_execution_history(key, limit=1)
    event = record.event.dagster_event if record.event else None
    assert event is not None
    return found, event.asset_check_evaluation_data.passed  # type: ignore[return-value]


def test_the_calendar_starts_a_run_when_a_collection_has_ended(
    instance: dg.DagsterInstance, lejre: Programme, settings: Settings
) -> None:
    found, passed = tick(instance, lejre, settings, date(2015, 9, 12))
    assert isinstance(found, dg.RunRequest)
    assert found.tags["kortlaegning/trigger"] == "calendar collection 2015"
    assert passed
    found, passed = tick(instance, lejre, settings, date(2015, 9, 14))
    assert isinstance(found, dg.SkipReason)
    assert "next is Where participants start from on 2015-10-01" in str(found.skip_message)
    found, passed = tick(instance, lejre, settings, date(2015, 10, 2))
    assert isinstance(found, dg.SkipReason)
    assert not passed, "the profiles were due the day before"


def test_runs_start_after_collections_and_on_the_day_of_profiles(lejre: Programme, settings: Settings) -> None:
    for day, step in (
        (date(2015, 10, 1), "profiles"),
        (date(2016, 6, 25), "collection"),
        (date(2016, 8, 31), "profiles"),
    ):
        assert [one.step for one in due_today(milestones(lejre, settings, day), day)] == [step]
    assert due_today(milestones(lejre, settings, date(2016, 10, 31)), date(2016, 10, 31)) == []


def test_the_check_is_no_part_of_a_run(lejre: Programme, settings: Settings) -> None:
    run = RunContext(lejre, settings)
    job, schedules, _ = build_automation(run)

    @dg.asset
    def release() -> None:
        """Stands for the whole flow."""

    definitions = dg.Definitions([release], asset_checks=[build_on_time(run)], jobs=[job], schedules=list(schedules))
    assert [node.name for node in definitions.resolve_job_def(JOB).nodes] == ["release"]
    _, schedules, _ = build_automation(RunContext(load_programme("pisa_school_quality"), settings))
    assert [one.name for one in schedules] == ["nightly"], "no timeline, no calendar"
