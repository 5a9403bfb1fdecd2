"""All evidence of a run in one place, and the verdict that the release gate reads."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pyarrow.parquet as pq

from pipelines.assets.context import RunContext, clear_errors
from pipelines.assets.provenance import about_run
from pipelines.errors import BlockedError
from pipelines.files import private_folder
from pipelines.release import note_validation
from pipelines.validation import CheckResult, Verdict, keys_shown, write_evidence

SHOWN = 3


def build_verdict(run: RunContext) -> dg.AssetsDefinition:
    """The validation asset: it fails when an error-level check failed or could not run."""

    @dg.asset(
        name="validation",
        deps=["deliveries"],
        group_name="release",
        description="Every check of the run with its failing keys, and the verdict bound to the candidate's marts.",
        kinds={"greatexpectations", "parquet"},
        required_resource_keys={"home"},
    )
    def validation(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        with clear_errors(run.settings):
            run.progress("verdict")
            results = run.evidence(context.run_id).complete()
            release = run.candidate(context.run_id) / "release"
            verdict = write_evidence(results, release / "validation", release / "marts", about_run(run, context.run_id))
            _note(run, context.run_id, verdict)
            if verdict.verdict != "passed":
                raise BlockedError(f"{blocked_message(results)}; see {_keep(run, context.run_id)}")
            return dg.MaterializeResult(
                metadata={
                    "verdict": verdict.verdict,
                    "checks": verdict.checks,
                    "warnings": verdict.warnings,
                    "page": dg.MetadataValue.path(release / "validation" / "index.html"),
                }
            )

    return validation


def keep_blocked(run: RunContext, run_id: str) -> Path:
    """The evidence of a run that ends before its verdict: what was found so far, written down and kept.

    Returns:
        The page.
    """
    results = run.evidence(run_id).so_far()
    release = run.candidate(run_id) / "release"
    _note(run, run_id, write_evidence(results, release / "validation", release / "marts", about_run(run, run_id)))
    return _keep(run, run_id)


def _note(run: RunContext, run_id: str, verdict: Verdict) -> None:
    """Add the run to the history of all runs."""
    results = pq.read_table(run.candidate(run_id) / "release" / "validation" / "results.parquet")
    at = datetime.now(UTC).isoformat(timespec="seconds")
    release_id = run.plan(run_id).release_id
    about = {"run": run_id, "at": at, "release_id": release_id, "outcome": verdict.verdict}
    note_validation(run.settings.home, results, about)


def _keep(run: RunContext, run_id: str) -> Path:
    """Keep the evidence of a blocked run where the next run does not clear it away."""
    kept = private_folder(run.settings.home / "history" / "blocked") / run_id
    shutil.copytree(run.candidate(run_id) / "release" / "validation", kept, dirs_exist_ok=True)
    return kept / "index.html"


def blocked_message(results: list[CheckResult]) -> str:
    """One line: how many checks block, and the first with its failing keys."""
    blocking = [r for r in results if r.verdict == "could_not_run" or (r.verdict == "failed" and r.severity == "error")]
    first = blocking[0]
    keys = "; ".join(keys_shown(first, SHOWN))
    what = "could not run" if first.verdict == "could_not_run" else f"failed for {first.n_failed} rows"
    return (
        f"validation blocks the release: {len(blocking)} of {len(results)} checks; {first.check_id} ({first.context}) {what}"
        f"{': ' + keys if keys else ''}{'; ' + first.message if first.message and not keys else ''}"
    )
