"""Reports and the release: what readers get, switched in one step."""

import shutil
import time

import dagster as dg

from pipelines.assets.context import RunContext, clear_errors
from pipelines.assets.pictures import overview_chart
from pipelines.assets.provenance import about_run, release_facts, report_provenance
from pipelines.extract import remove_outdated
from pipelines.files import sync_ahead
from pipelines.inference.base import freeze, frozen_path, read_parameters
from pipelines.marts import AUDIENCES, MARTS
from pipelines.release import actor, catch_up, causes_of_next, load_signer, publish, retire, write_manifest
from pipelines.reporting import Edition, write_reports
from pipelines.warehouse import DATABASE


def build_publication(run: RunContext) -> list[dg.AssetsDefinition]:
    """The last two steps."""

    @dg.asset(
        name="reports",
        deps=[["marts", audience, mart.name] for audience in AUDIENCES for mart in MARTS],
        group_name="release",
        description="Documents of the programme, its themes, municipalities and schools as HTML and PDF, per audience, in"
        " Danish and English; a workbook per municipality.",
        kinds={"matplotlib", "html", "typst"},
        required_resource_keys={"home", "workers"},
    )
    def reports(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        with clear_errors(run.settings):
            began = time.perf_counter()
            plan, release = run.plan(context.run_id), run.candidate(context.run_id) / "release"
            editions = [
                Edition(audience, release / "marts" / audience, release / "reports" / audience)
                for audience in AUDIENCES
            ]
            provenance = report_provenance(run, context.run_id)
            pages = write_reports(
                plan.programme,
                editions,
                provenance,
                context.resources.workers,
                run.progress,
                run.settings.documents,
                run.settings.pdf,
            )
            return dg.MaterializeResult(
                metadata={
                    "pages": len(pages),
                    "seconds": round(time.perf_counter() - began, 3),
                    "change by theme": dg.MetadataValue.md(
                        overview_chart(plan.programme, release / "marts" / "internal")
                    ),
                }
            )

    @dg.asset(
        name="release",
        deps=["validation"],
        group_name="release",
        description="The candidate behind the gate: manifest, one rename, ledger line, switch of `current`.",
        kinds={"file"},
        required_resource_keys={"home"},
    )
    def release(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        with clear_errors(run.settings):
            plan, candidate = run.plan(context.run_id), run.candidate(context.run_id)
            run.progress("manifest and switch")
            sync_ahead()
            write_manifest(candidate / "release", about_run(run, context.run_id))
            home, signer = run.settings.home, load_signer(run.settings.signing_key)
            who = {
                "actor": actor(),
                "trigger": context.run.tags.get("kortlaegning/trigger", "dagster"),
                "run": context.run_id,
            }
            published = publish(
                candidate / "release",
                home,
                plan.release_id,
                {**who, **release_facts(plan), **causes_of_next(home, candidate / "release")},
                signer=signer,
                group_may_read=run.settings.confidential == "group",
            )
            parameters = read_parameters(candidate / "inference")
            freeze(frozen_path(home, run.programme.definition), parameters, run.programme.definition)
            run.progress("difference from the release before")
            catch_up(home)
            retire(home, run.settings.keep_releases, who, signer=signer)
            run.warehouse(context.run_id).mark(plan.release_id)
            (candidate / DATABASE).chmod(0o600)
            (candidate / DATABASE).replace(home / DATABASE)
            # The home folder is held by this run: whatever else lies there was left by runs that were blocked or killed.
            for left in run.settings.work_dir.iterdir():
                shutil.rmtree(left, ignore_errors=True)
            remove_outdated(run.raw_folders(context.run_id))
            run.forget(context.run_id)
            return dg.MaterializeResult(
                metadata={"release": plan.release_id, "folder": dg.MetadataValue.path(published.path)}
            )

    return [reports, release]
