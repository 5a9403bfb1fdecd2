"""All evidence of a run in one place, and the verdict that the release gate reads."""

import dagster as dg

from pipelines.assets.context import RunContext, clear_errors
from pipelines.assets.provenance import about_run
from pipelines.errors import BlockedError
from pipelines.validation import CheckResult, write_evidence

STAGES = ("extracts", "dbt_estimates", "dbt_marts", "marts")
SHOWN = 3


def build_verdict(run: RunContext) -> dg.AssetsDefinition:
    """The validation asset: it fails when an error-level check failed or could not run."""

    @dg.asset(
        name="validation",
        deps=["reports"],
        group_name="release",
        description="Every check of the run with its failing keys, and the verdict bound to the candidate's marts.",
        kinds={"greatexpectations", "parquet"},
        required_resource_keys={"home"},
    )
    def validation(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        with clear_errors(run.settings):
            found = run.evidence.pop(context.run_id, {})
            absent = [stage for stage in STAGES if stage not in found]
            if absent:
                raise BlockedError(f"this run has no evidence of {', '.join(absent)}; run the whole job")
            run.progress("verdict")
            results = [result for stage in STAGES for result in found[stage]]
            release = run.candidate(context.run_id) / "release"
            verdict = write_evidence(results, release / "validation", release / "marts", about_run(run, context.run_id))
            if verdict.verdict != "passed":
                raise BlockedError(blocked_message(results))
            return dg.MaterializeResult(
                metadata={
                    "verdict": verdict.verdict,
                    "checks": verdict.checks,
                    "warnings": verdict.warnings,
                    "page": dg.MetadataValue.path(release / "validation" / "index.html"),
                }
            )

    return validation


def blocked_message(results: list[CheckResult]) -> str:
    """One line: how many checks block, and the first with its failing keys."""
    blocking = [r for r in results if r.verdict == "could_not_run" or (r.verdict == "failed" and r.severity == "error")]
    first = blocking[0]
    keys = "; ".join(
        ", ".join(f"{name}={value}" for name, value in key.items())
        for key in first.failing_keys.head(SHOWN).to_dict("records")
    )
    what = "could not run" if first.verdict == "could_not_run" else f"failed for {first.n_failed} rows"
    return (
        f"validation blocks the release: {len(blocking)} of {len(results)} checks; {first.check_id} ({first.context}) {what}"
        f"{': ' + keys if keys else ''}{'; ' + first.message if first.message and not keys else ''}"
    )
