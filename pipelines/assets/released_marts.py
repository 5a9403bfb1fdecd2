"""Marts to one suppressed set per audience, with the expectations that guard what goes out."""

from collections.abc import Iterator

import dagster as dg

from pipelines.assets.checks import BEFORE_THE_VERDICT, check_result
from pipelines.assets.context import RunContext, clear_errors
from pipelines.disclosure import Helper, disclose
from pipelines.marts import AUDIENCES, MARTS
from pipelines.validation import attack_marts, mart_suites, validate_mart

CHECK = "expectations"


def build_released_marts(run: RunContext) -> tuple[dg.AssetsDefinition, dg.AssetChecksDefinition]:
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
        required_resource_keys={"home", "workers"},
    )
    def disclosure(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
        with clear_errors(run.settings):
            plan, folder = run.plan(context.run_id), run.candidate(context.run_id) / "release" / "marts"
            warehouse = run.warehouse(context.run_id)
            run.progress("disclosure control")
            simulated = warehouse.is_simulated()
            with warehouse.connect() as database:
                helper = Helper(context.resources.workers.give, warehouse.connect)
                disclosed = disclose(database, plan.programme.definition, folder, simulated, helper)
            rows = warehouse.row_counts([mart.name for mart in MARTS])
            for (audience, name), key in keys.items():
                suppressed = {code: n for code, n in disclosed.counts[audience][name].items() if code}
                yield dg.MaterializeResult(
                    key,
                    metadata={
                        "dagster/row_count": rows[name],
                        "suppressed": sum(suppressed.values()),
                        "suppressed by reason": suppressed,
                    },
                )
            for audience in AUDIENCES:
                run.evidence(context.run_id).give(
                    context.resources.workers, "marts", f"attack/{audience}", attack_marts, disclosed, folder, audience
                )
            for suite, audience in mart_suites():
                name = f"{audience}/{suite.table}"
                run.evidence(context.run_id).give(
                    context.resources.workers, "marts", name, validate_mart, plan.programme, folder, suite, audience
                )

    @dg.multi_asset_check(
        name="mart_expectations",
        specs=[dg.AssetCheckSpec(CHECK, asset=key, additional_deps=["reports"]) for key in keys.values()],
        op_tags=BEFORE_THE_VERDICT,
        required_resource_keys={"home", "workers"},
    )
    def expectations(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        with clear_errors(run.settings):
            run.progress("expectations on marts")
            for (audience, name), key in keys.items():
                found = run.evidence(context.run.run_id).of("marts", f"{audience}/{name}")
                yield check_result(key, CHECK, [result for result in found if result.table == name])

    return disclosure, expectations
