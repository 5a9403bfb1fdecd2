"""Marts to one suppressed set per audience, with the expectations that guard what goes out."""

from collections.abc import Iterator

import dagster as dg

from pipelines.assets.checks import BEFORE_THE_VERDICT, check_result
from pipelines.assets.context import RunContext, clear_errors
from pipelines.disclosure import disclose
from pipelines.marts import AUDIENCES, MARTS
from pipelines.validation import CheckResult, mart_suites, validate_mart
from pipelines.workers import Job, Workers

CHECK = "expectations"


def build_released_marts(run: RunContext) -> tuple[dg.AssetsDefinition, dg.AssetChecksDefinition]:
    """Disclosure control and the checks on its result."""
    checks = _Checks(run)
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
                suppressed = disclose(database, plan.programme.definition, folder, simulated)
            rows = warehouse.row_counts([mart.name for mart in MARTS])
            for (audience, name), key in keys.items():
                yield dg.MaterializeResult(
                    key, metadata={"dagster/row_count": rows[name], "suppressed": suppressed[audience][name]}
                )
            checks.give(context)

    @dg.multi_asset_check(
        name="mart_expectations",
        specs=[dg.AssetCheckSpec(CHECK, asset=key, additional_deps=["reports"]) for key in keys.values()],
        op_tags=BEFORE_THE_VERDICT,
        required_resource_keys={"home", "workers"},
    )
    def expectations(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        with clear_errors(run.settings):
            run.progress("expectations on marts")
            results = [result for job in checks.give(context) for result in job.result()]
            run.note_evidence(context.run.run_id, "marts", results)
            for (audience, name), key in keys.items():
                own = [r for r in results if r.table == name and r.context.startswith(audience)]
                yield check_result(key, CHECK, own)

    return disclosure, expectations


class _Checks:
    """The checks of a run's marts, given out once: workers do them while this process draws reports."""

    def __init__(self, run: RunContext) -> None:
        self._run = run
        self._given: dict[str, list[Job[list[CheckResult]]]] = {}

    def give(self, context: dg.AssetExecutionContext | dg.AssetCheckExecutionContext) -> list[Job[list[CheckResult]]]:
        """One job per mart and audience."""
        run_id = context.run.run_id
        if run_id not in self._given:
            folder = self._run.candidate(run_id) / "release" / "marts"
            workers: Workers = context.resources.workers
            self._given[run_id] = [
                workers.give(validate_mart, self._run.plan(run_id).programme, folder, suite, audience)
                for suite, audience in mart_suites()
            ]
        return self._given[run_id]
