"""What a run in this process asks of Dagster's storage."""

import sqlite3
from pathlib import Path

import dagster as dg
from dagster._core.instance.ref import InstanceRef
from dagster._core.storage.event_log.sqlite import sqlite_event_log

from pipelines.execution import NO_COMPUTE_LOGS, _kept_connections, prepare_instance
from pipelines.settings import Settings


@dg.asset
def something() -> None:
    """An asset."""


def run_once(settings: Settings) -> str:
    """Run a job of one asset in the home's instance; gives the run's id."""
    folder = prepare_instance(settings)
    reference = InstanceRef.from_dir(str(folder), overrides=NO_COMPUTE_LOGS)
    job = dg.Definitions(assets=[something], jobs=[dg.define_asset_job("all")]).resolve_job_def("all")
    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    with _kept_connections(), dg.DagsterInstance.from_ref(reference) as instance:
        return job.execute_in_process(instance=instance, run_config=quiet).run_id


def test_events_of_a_run_on_kept_connections_are_in_its_files(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    for _ in range(2):
        run = run_once(settings)
        with sqlite3.connect(settings.dagster_dir / "history" / "runs" / f"{run}.db") as events:
            kinds = {kind for (kind,) in events.execute("select dagster_event_type from event_logs")}
        assert {"ASSET_MATERIALIZATION", "STEP_SUCCESS", "PIPELINE_SUCCESS"} <= kinds


def test_afterwards_no_connection_is_kept(tmp_path: Path) -> None:
    create = sqlite_event_log.create_engine
    run = run_once(Settings(home=tmp_path))
    assert sqlite_event_log.create_engine is create
    beside = tmp_path / "dagster" / "history" / "runs" / f"{run}.db-wal"
    assert not beside.exists(), "SQLite removes its write-ahead log when the last connection is closed"
