"""The sensor: a delivery starts one run when it has stopped arriving, and never a second."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import dagster as dg
import pytest

from pipelines.assets.context import RunContext
from pipelines.automation import COMPLETE, build_automation
from pipelines.programme import load_programme
from pipelines.settings import load_settings
from tests.conftest import DATA, SMALL


@pytest.fixture
def landing(tmp_path: Path) -> Path:
    return Path(shutil.copytree(DATA / SMALL, tmp_path / "landing" / SMALL))


def ask(landing: Path) -> dg.RunRequest | dg.SkipReason:
    settings = load_settings({}, home=landing.parent.parent)
    _, _, sensor = build_automation(RunContext(load_programme(SMALL), settings))
    with dg.DagsterInstance.ephemeral() as instance:
        return sensor(dg.build_sensor_context(instance=instance))  # type: ignore[return-value]


def age(landing: Path) -> None:
    for path in landing.rglob("*"):
        os.utime(path, (1_500_000_000, 1_500_000_000))


def test_one_run_per_delivery_when_it_is_complete(landing: Path) -> None:
    (landing / "2006" / "parents.csv").touch()
    waits = ask(landing)
    assert isinstance(waits, dg.SkipReason)
    assert "may still be arriving" in str(waits.skip_message)
    age(landing)
    first, second = ask(landing), ask(landing)
    assert isinstance(first, dg.RunRequest)
    assert isinstance(second, dg.RunRequest)
    assert first.run_key == second.run_key
    (landing / "2006" / "notes.txt").write_text("unknown", encoding="utf-8")
    assert isinstance(ask(landing), dg.RunRequest)
    (landing / "2006" / "parents.csv").touch()
    for mapping in ("2006", "2009", "2012"):
        (landing / mapping / COMPLETE).touch()
    assert isinstance(ask(landing), dg.RunRequest)


def test_a_delivery_that_is_not_whole_is_a_reason_and_no_crash(landing: Path) -> None:
    shutil.rmtree(landing / "2006")
    assert isinstance(ask(landing), dg.SkipReason)
