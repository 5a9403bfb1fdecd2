"""What Dagster shows: the lineage from landing file to report, partitions, checks, job and schedule.

Belongs here: the definitions as a code location sees them. Does not belong here: what the steps do.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from pipelines.assets.context import RunContext
from pipelines.assets.models import RAW_TABLES
from pipelines.automation import new_release
from pipelines.definitions import build_defs
from pipelines.marts import AUDIENCES, MARTS
from pipelines.programme import load_programme
from pipelines.settings import CHECKOUT, load_settings
from pipelines.warehouse import manifest
from tests.conftest import SMALL, Built, copy_of

OPENED = """
import sys, dagster, duckdb, pandas, pyarrow.parquet, pydantic, scipy.stats, yaml, rich.progress, jinja2
opened = []
sys.addaudithook(lambda name, given: opened.append(str(given[0])) if name in ("open", "sqlite3.connect", "socket.connect") else None)
import pipelines.definitions
print([path for path in opened if not path.endswith((".py", ".pyc")) and "site-packages" not in path and not path.startswith("/proc")])
"""


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> dg.AssetGraph:
    """The asset graph of `pfl`."""
    definitions = build_defs(load_settings({}, home=tmp_path_factory.mktemp("home")), load_programme("pfl"))
    return definitions.resolve_asset_graph()


def test_importing_the_definitions_opens_nothing() -> None:
    done = subprocess.run([sys.executable, "-c", OPENED], capture_output=True, text=True, check=True, cwd=CHECKOUT)
    assert done.stdout.strip() == "[]"


def test_lineage_runs_from_landing_file_to_release(graph: dg.AssetGraph) -> None:
    reached = {dg.AssetKey(["landing", "elev_0_3"])}
    while True:
        more = {key for key in graph.get_all_asset_keys() if graph.get(key).parent_keys & reached} - reached
        if not more:
            break
        reached |= more
    for key in (
        ["raw", "elev_0_3"],
        ["warehouse", "theme_scores"],
        ["inference", "progression"],
        ["reports"],
        ["release"],
    ):
        assert dg.AssetKey(key) in reached
    assert {dg.AssetKey(["marts", audience, mart.name]) for audience in AUDIENCES for mart in MARTS} <= reached


def test_extracts_are_partitioned_by_mapping_and_marts_are_not(graph: dg.AssetGraph) -> None:
    partitions = graph.get(dg.AssetKey(["raw", "laerer"])).partitions_def
    assert partitions is not None
    assert list(partitions.get_partition_keys()) == ["2015", "2017", "2019"]
    assert graph.get(dg.AssetKey(["warehouse", "theme_scores"])).partitions_def is None


def test_every_dbt_test_and_every_suite_is_an_asset_check(graph: dg.AssetGraph) -> None:
    checks = {key.name for key in graph.asset_check_keys}
    tests = [node for node in manifest(load_programme("pfl"))["nodes"].values() if node["resource_type"] == "test"]
    assert len(tests) > 30
    assert {node["name"] for node in tests} <= checks
    guarded = {key.asset_key for key in graph.asset_check_keys if key.name == "expectations"}
    assert len(guarded) == 7 + 2 * len(MARTS)


def test_lineage_is_what_dagster_dbt_makes_of_the_manifest(graph: dg.AssetGraph) -> None:
    from dagster_dbt import DagsterDbtTranslator, build_dbt_asset_specs

    parsed = manifest(load_programme("pfl"))
    sources = {source["name"]: source["source_name"] for source in parsed["sources"].values()}
    for spec in build_dbt_asset_specs(manifest=parsed, dagster_dbt_translator=DagsterDbtTranslator()):
        theirs = {dep.asset_key.path[-1] for dep in spec.deps}
        ours = graph.get(dg.AssetKey(["warehouse", spec.key.path[-1]])).parent_keys
        models = {key.path[-1] for key in ours if key.path[0] == "warehouse"}
        assert models == {
            name for name in theirs if f"model.kortlaegning.{name}" in parsed["nodes"] and not is_source(spec, name)
        }
        reads_raw = any(is_source(spec, name) and sources[name] == "raw" and name in RAW_TABLES for name in theirs)
        assert reads_raw == any(key.path[0] == "raw" for key in ours)


def is_source(spec: dg.AssetSpec, name: str) -> bool:
    """Whether a dependency of a dbt spec is a source: its key then bears the source's name before its own."""
    return any(dep.asset_key.path[-1] == name and len(dep.asset_key.path) > 1 for dep in spec.deps)


def test_the_workspace_loads(tmp_path: Path) -> None:
    """`dagster definitions validate`, as a deployment would run it."""
    environment = os.environ | {"DAGSTER_HOME": str(tmp_path), "KORTLAEGNING_HOME": str(tmp_path / "home")}
    command = [str(Path(sys.executable).parent / "dagster"), "definitions", "validate", "-w", "workspace.yaml"]
    done = subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Validation successful" in done.stdout + done.stderr


def test_job_and_schedule(graph: dg.AssetGraph, tmp_path: Path) -> None:
    definitions = build_defs(load_settings({}, home=tmp_path), load_programme("pfl"))
    assert [job.name for job in definitions.jobs or []] == ["build_release"]
    [schedule] = definitions.schedules or []
    assert schedule.name == "nightly"
    context = dg.build_schedule_context()
    skipped = schedule.evaluate_tick(context)
    assert "no extract has arrived" in (skipped.skip_message or "")
    assert definitions.resolve_job_def("build_release").name == "build_release"


def test_an_unknown_file_is_told_also_when_nothing_else_is_new(small: Built, tmp_path: Path) -> None:
    built = copy_of(small, tmp_path)
    (built.landing / SMALL / "2006" / "notes.txt").write_text("unknown", encoding="utf-8")
    settings = load_settings(home=built.home, landing=built.landing)
    told: list[str] = []
    found = new_release(RunContext(load_programme(SMALL), settings), told.append)
    assert isinstance(found, dg.SkipReason)
    assert "nothing has changed" in str(found.skip_message)
    assert any("notes.txt" in line for line in told)
