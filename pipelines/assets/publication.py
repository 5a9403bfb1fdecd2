"""Reports and the release: what readers get, switched in one step."""

import getpass
import json
import shutil
import time

import dagster as dg

from pipelines.assets.context import RunContext, clear_errors
from pipelines.assets.pictures import overview_chart
from pipelines.assets.provenance import about_run, release_facts, report_provenance
from pipelines.extract import raw_folder, remove_outdated
from pipelines.inference.base import FILE, freeze, frozen_path
from pipelines.marts import AUDIENCES
from pipelines.release import publish, write_manifest
from pipelines.reporting import Edition, write_reports
from pipelines.warehouse import DATABASE


def build_publication(run: RunContext) -> list[dg.AssetsDefinition]:
    """The last two steps."""

    @dg.asset(
        name="reports",
        deps=["validation"],
        group_name="release",
        description="Pages for the programme and each municipality, per audience, in Danish and English.",
        kinds={"matplotlib", "html"},
        required_resource_keys={"home"},
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
            pages = write_reports(plan.programme, editions, provenance, run.settings.threads, run.progress)
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
        deps=["reports"],
        group_name="release",
        description="The candidate behind the gate: manifest, one rename, ledger line, switch of `current`.",
        kinds={"file"},
        required_resource_keys={"home"},
    )
    def release(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        with clear_errors(run.settings):
            plan, candidate = run.plan(context.run_id), run.candidate(context.run_id)
            run.progress("manifest and switch")
            write_manifest(candidate / "release", about_run(run, context.run_id))
            published = publish(
                candidate / "release",
                run.settings.home,
                plan.release_id,
                {
                    "actor": getpass.getuser(),
                    "trigger": context.run.tags.get("kortlaegning/trigger", "dagster"),
                    "run": context.run_id,
                    **release_facts(plan),
                },
            )
            parameters = json.loads((candidate / "inference" / FILE).read_text(encoding="utf-8"))
            freeze(frozen_path(run.settings.home, run.programme.definition), parameters, run.programme.definition)
            (candidate / DATABASE).replace(run.settings.home / DATABASE)
            shutil.rmtree(candidate, ignore_errors=True)
            remove_outdated(
                [
                    raw_folder(run.settings, plan.programme, landing, group.code)
                    for landing in plan.landings
                    for group in plan.programme.respondent_groups
                ]
            )
            return dg.MaterializeResult(
                metadata={"release": plan.release_id, "folder": dg.MetadataValue.path(published.path)}
            )

    return [reports, release]
