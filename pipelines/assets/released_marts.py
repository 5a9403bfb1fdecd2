"""Marts to one suppressed set per audience, with the expectations that guard what goes out."""

from collections.abc import Iterator

import dagster as dg

from pipelines.assets.checks import check_result
from pipelines.assets.context import RunContext, clear_errors
from pipelines.disclosure import disclose
from pipelines.marts import AUDIENCES, MARTS
from pipelines.validation import validate_marts

CHECK = "expectations"


def build_released_marts(run: RunContext) -> dg.AssetsDefinition:
    """Disclosure control and the checks on its result."""
    keys = {(audience, mart.name): ["marts", audience, mart.name] for audience in AUDIENCES for mart in MARTS}

    @dg.multi_asset(
        name="disclose",
        specs=[
            dg.AssetSpec(
                key,
                deps=[["warehouse", name]],
                group_name=f"marts_{audience}",
                description=f"`{name}` for the {audience} audience: what may not be shown is taken out.",
                kinds={"parquet"},
            )
            for (audience, name), key in keys.items()
        ],
        check_specs=[dg.AssetCheckSpec(CHECK, asset=key) for key in keys.values()],
        required_resource_keys={"home"},
    )
    def disclosure(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        with clear_errors(run.settings):
            plan, folder = run.plan(context.run_id), run.candidate(context.run_id) / "release" / "marts"
            warehouse = run.warehouse(context.run_id)
            run.progress("disclosure control")
            simulated = warehouse.is_simulated()
            with warehouse.connect() as database:
                suppressed = disclose(database, plan.programme.definition, folder, simulated)
            rows = warehouse.row_counts([mart.name for mart in MARTS])
            for (audience, name), key in keys.items():
                yield dg.MaterializeResult(
                    key, metadata={"dagster/row_count": rows[name], "suppressed": suppressed[audience][name]}
                )
            run.progress("expectations on marts")
            results = validate_marts(plan.programme, folder)
            run.note_evidence(context.run_id, "marts", results)
            for (audience, name), key in keys.items():
                own = [r for r in results if r.table == name and r.context.startswith(audience)]
                yield check_result(key, CHECK, own)

    return disclosure
