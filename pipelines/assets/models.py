"""dbt's models as assets with their tests as asset checks, in two steps: `estimates`, then `marts`.

The specs are made from dbt's manifest by hand: the same keys and dependencies as dagster-dbt gives, without importing dbt
(two seconds) and without a subprocess.
"""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from pipelines.assets.context import RunContext, clear_errors
from pipelines.assets.verdict import keep_blocked
from pipelines.errors import BlockedError, KortlaegningError
from pipelines.inference import TABLES
from pipelines.validation import CheckResult, from_dbt, keys_shown, staging_samples, validate_sample
from pipelines.warehouse import NodeResult, model_keys

RAW_TABLES = ("respondents", "answers", "roster", "results", "deliveries", "set_aside")
SHOWN = 3
"""Failing rows named in an error."""


def build_models(run: RunContext, manifest: dict[str, Any]) -> list[dg.AssetsDefinition]:
    """The two dbt steps."""
    return [_step(run, manifest, "estimates"), _step(run, manifest, "marts")]


def _step(run: RunContext, manifest: dict[str, Any], tag: str) -> dg.AssetsDefinition:
    """All models with a tag, as one step."""
    models = {uid: node for uid, node in manifest["nodes"].items() if node["resource_type"] == "model"}
    chosen = {uid: node for uid, node in models.items() if tag in node["tags"]}
    checks = {
        uid: (_key(models[node["attached_node"]]), node["name"])
        for uid, node in manifest["nodes"].items()
        if node["resource_type"] == "test" and node.get("attached_node") in chosen
    }

    keys = model_keys(manifest)

    @dg.multi_asset(
        name=f"dbt_{tag}",
        specs=[
            dg.AssetSpec(
                _key(node),
                deps=_dependencies(run, manifest, node),
                group_name=tag,
                description=node["description"],
                kinds={"dbt", "duckdb"},
            )
            for node in chosen.values()
        ],
        check_specs=[dg.AssetCheckSpec(name, asset=key) for key, name in checks.values()],
        required_resource_keys={"home"},
    )
    def build(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        with clear_errors(run.settings):
            plan = run.plan(context.run_id)
            warehouse = run.warehouse(context.run_id)
            if tag == "estimates":
                warehouse.register_sources(plan.programme, run.raw_folders(context.run_id))
            else:
                warehouse.register_inference(TABLES)
            results = warehouse.build(f"tag:{tag}", plan.programme, run.progress)
            rows = warehouse.row_counts([r.name for r in results if r.kind == "model" and r.is_good])
            for result in results:
                if result.kind == "model" and result.is_good:
                    yield dg.MaterializeResult(
                        _key(chosen[result.unique_id]),
                        metadata={"dagster/row_count": rows[result.name], "seconds": round(result.seconds, 3)},
                    )
                elif result.unique_id in checks and result.status != "skipped":
                    yield _check(result, *checks[result.unique_id])
            evidence = run.evidence(context.run_id)
            found = from_dbt(results, lambda result: warehouse.failing_keys(result, keys.get(_table(result), ())))
            if tag == "estimates" and all(result.is_good for result in results):
                with warehouse.connect() as database:
                    for suite, sample in staging_samples(database):
                        evidence.keep(
                            "staging",
                            suite.table,
                            validate_sample,
                            plan.programme,
                            suite,
                            sample,
                        )
            evidence.note(f"dbt_{tag}", found)
            _stop_on_errors(run, context.run_id, results, found)
            missing = set(chosen) - {result.unique_id for result in results}
            if missing:
                raise KortlaegningError(f"dbt did not build {len(missing)} models of step {tag}; run with --debug")

    return build


def _key(node: dict[str, Any]) -> dg.AssetKey:
    """Asset key of a model; marts and inference results share names, so the path tells them apart."""
    return dg.AssetKey(["warehouse", node["name"]])


def _dependencies(run: RunContext, manifest: dict[str, Any], node: dict[str, Any]) -> list[dg.AssetKey]:
    """Assets that a model reads."""
    keys: dict[dg.AssetKey, None] = {}
    for uid in node["depends_on"]["nodes"]:
        if uid in manifest["sources"]:
            source = manifest["sources"][uid]
            if source["source_name"] == "inference":
                keys[dg.AssetKey(["inference", source["name"]])] = None
            elif source["name"] in RAW_TABLES:
                keys.update({dg.AssetKey(["raw", group.code]): None for group in run.programme.respondent_groups})
            else:
                keys[dg.AssetKey("programme")] = None
        else:
            keys[_key(manifest["nodes"][uid])] = None
    return list(keys)


def _check(result: NodeResult, asset: dg.AssetKey, name: str) -> dg.AssetCheckResult:
    """A dbt test as an asset check."""
    return dg.AssetCheckResult(
        asset_key=asset,
        check_name=name,
        passed=result.status == "pass",
        severity=dg.AssetCheckSeverity.WARN if result.status == "warn" else dg.AssetCheckSeverity.ERROR,
        description=result.message or result.status,
        metadata={"failures": result.failures or 0, "seconds": round(result.seconds, 3)},
    )


def _stop_on_errors(run: RunContext, run_id: str, results: list[NodeResult], found: list[CheckResult]) -> None:
    """A test that fails or a model that cannot be built stops the run; its evidence is kept.

    Raises:
        BlockedError: names the test and the first failing keys.
        KortlaegningError: with dbt's own message.
    """
    bad = [result for result in results if not result.is_good and result.status != "skipped"]
    if not bad:
        return
    kept = keep_blocked(run, run_id)
    # Two nodes run at a time: which of them ends first is chance, and is not what a person is told first.
    bad.sort(key=lambda result: result.unique_id)
    for check in sorted(found, key=lambda check: check.check_id):
        if check.verdict == "failed" and check.severity == "error":
            keys = "; ".join(keys_shown(check, SHOWN))
            name = check.check_id.removeprefix("dbt.")
            raise BlockedError(f"dbt test {name} failed for {check.n_failed} rows, the first: {keys}; see {kept}")
    raise KortlaegningError(f"{bad[0].kind} {bad[0].name} could not run: {bad[0].message}; see {kept}")


def _table(result: NodeResult) -> str:
    """The model that a test is about."""
    return next((node.split(".")[-1] for node in result.depends_on if node.startswith("model.")), result.name)
