"""Where a run's figures come from, in the form that each stage asks for: one place that knows the plan and the counts."""

from pipelines import __version__
from pipelines.assets.context import RunContext
from pipelines.assets.plan import RunPlan
from pipelines.extract import extract_group, forgotten_rows
from pipelines.files import sha256_file
from pipelines.release import About
from pipelines.reporting import Provenance
from pipelines.warehouse import manifest, model_versions


def about_run(run: RunContext, run_id: str) -> About:
    """For manifest and validation page: inputs with rows, hashes, settings. Gathered once a run, after its marts are built."""
    if run_id not in run.abouts:
        run.abouts[run_id] = _about(run, run_id)
    return run.abouts[run_id]


def _about(run: RunContext, run_id: str) -> About:
    """All extracts and models of a run, looked at."""
    plan = run.plan(run_id)
    parsed = manifest(run.programme)
    folder = plan.programme.folder
    files = sorted(path for path in folder.rglob("*") if path.suffix in (".yaml", ".csv") and path.is_file())
    inputs = [
        {
            "mapping": file.mapping,
            "respondent_group": file.respondent_group,
            "content": file.content,
            "file": file.file,
            "sha256": file.sha256,
            "size": sizes[file.mapping, file.file],
            "rows": file.rows_read,
            "rows_kept": file.rows_kept,
            "rows_set_aside": file.rows_set_aside,
        }
        for sizes in [{(d.mapping, d.name): d.size for landing in plan.landings for d in landing.deliveries}]
        for landing in plan.landings
        for group in plan.programme.respondent_groups
        for file in extract_group(plan.programme, run.settings, landing, group.code).files
    ]
    return About(
        release_id=plan.release_id,
        programme=plan.programme.slug,
        is_simulated=run.warehouse(run_id).is_simulated(),
        inputs=inputs,
        hashes=plan.hashes,
        settings={
            "mappings": list(plan.programme.mapping_keys),
            "thresholds": plan.programme.definition.thresholds.model_dump(),
            "disclosure": plan.programme.definition.disclosure.model_dump(),
            "rows_removed_on_request": forgotten_rows(plan.programme, run.settings),
        },
        models=model_versions(parsed),
        programme_files={path.relative_to(folder).as_posix(): sha256_file(path) for path in files},
    )


def report_provenance(run: RunContext, run_id: str) -> Provenance:
    """For the foot of every page."""
    plan = run.plan(run_id)
    return Provenance(
        release_id=plan.release_id,
        code_version=__version__,
        inputs=tuple((d.mapping, d.name, d.sha256) for landing in plan.landings for d in landing.deliveries),
        simulated=run.warehouse(run_id).is_simulated(),
    )


def release_facts(plan: RunPlan) -> dict[str, object]:
    """For the ledger line."""
    return {"programme": plan.programme.slug, "hashes": plan.hashes}
