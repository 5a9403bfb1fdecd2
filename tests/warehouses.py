"""A warehouse built from landing files without Dagster: extract, dbt, inference, dbt.

Belongs here: the shortest way from files to marts, for tests and benchmarks that look at numbers. Does not belong here:
releases (`conftest.small`) and assertions.
"""

from __future__ import annotations

from pathlib import Path

from pipelines.extract import extract_group, look_at_landing, raw_folder
from pipelines.inference import TABLES, infer
from pipelines.programme import Programme
from pipelines.settings import Settings
from pipelines.warehouse import NodeResult, Warehouse
from pipelines.workers import Workers


def built_warehouse(
    programme: Programme, landing: Path, home: Path, select: str = "tag:marts", estimates: str = "tag:estimates"
) -> Warehouse:
    """Bring `landing/<slug>/<mapping>/…` through extract, dbt and inference; every dbt test must pass.

    `estimates` and `select` name the models of the two dbt steps.
    """
    settings = Settings(home=home, landing=landing, pseudonym_key="not a secret, only a test")
    folders = []
    for mapping in programme.mapping_keys:
        found = look_at_landing(programme, landing, mapping)
        for group in programme.respondent_groups:
            extract_group(programme, settings, found, group.code)
            folders.append(raw_folder(settings, programme, found, group.code))
    warehouse = Warehouse(home, settings)
    warehouse.register_sources(programme, folders)
    all_good(warehouse.build(estimates, programme))
    with warehouse.connect() as database:
        infer(database, home / "inference", programme.definition.thresholds, Workers(0))
    warehouse.register_inference(TABLES)
    all_good(warehouse.build(select, programme))
    return warehouse


def all_good(results: list[NodeResult]) -> None:
    """Every model built and every test passed."""
    bad = [f"{result.name}: {result.status} {result.message}" for result in results if not result.is_good]
    assert not bad, "\n".join(bad)
