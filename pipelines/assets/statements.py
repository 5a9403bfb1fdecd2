"""Estimates to statements: intervals, q-values, status, reliability."""

from collections.abc import Iterator

import dagster as dg

from pipelines.assets.context import RunContext, clear_errors
from pipelines.inference import SOURCES, TABLES, infer
from pipelines.inference.base import check_frozen, current_parameters, frozen_path, write_parameters

NEW_BASE = ("forget", "demo")
"""Triggers of runs that may change the frozen base: a person was removed from it, which the ledger tells, or simulated anew."""


def build_statements(run: RunContext) -> dg.AssetsDefinition:
    """The step between the two dbt steps."""

    @dg.multi_asset(
        name="infer",
        specs=[
            dg.AssetSpec(
                ["inference", table],
                deps=[["warehouse", source] for source in SOURCES[table]],
                group_name="inference",
                description="Small tables in Python: t quantiles, p and q, factor models.",
                kinds={"python", "parquet"},
            )
            for table in TABLES
        ],
        required_resource_keys={"home", "workers"},
    )
    def inference(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
        with clear_errors(run.settings):
            warehouse = run.warehouse(context.run_id)
            run.progress("intervals, q-values, reliability")
            with warehouse.connect() as database:
                parameters = current_parameters(database)
                if context.run.tags.get("kortlaegning/trigger") not in NEW_BASE:
                    definition = run.programme.definition
                    check_frozen(frozen_path(run.settings.home, definition), parameters, definition)
                rows = infer(
                    database,
                    warehouse.folder / "inference",
                    run.programme.definition.thresholds,
                    context.resources.workers,
                )
            # The next steps are this process's own: workers check extracts and staging meanwhile.
            run.evidence(context.run_id).give_kept(context.resources.workers)
            write_parameters(warehouse.folder / "inference", parameters)
            for table in TABLES:
                yield dg.MaterializeResult(["inference", table], metadata={"dagster/row_count": rows[table]})

    return inference
