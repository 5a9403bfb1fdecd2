"""Landing files to raw Parquet, one asset a respondent group, partitioned by mapping; expectations on each extract."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from threading import Thread

import dagster as dg

from pipelines.assets.checks import BEFORE_THE_VERDICT, check_result
from pipelines.assets.context import RunContext, clear_errors
from pipelines.extract import extract_group, open_session, raw_folder
from pipelines.inference import TABLES
from pipelines.validation import validate_extract, validate_results
from pipelines.warehouse import prepare

CHECK = "expectations"
LATE = [["inference", table] for table in TABLES]
"""What comes before the results are asked for: until then workers check while this process builds models."""


def build_extracts(run: RunContext) -> tuple[list[dg.AssetsDefinition | dg.AssetSpec], dg.AssetChecksDefinition]:
    """The landing folder as external assets, the step that makes raw Parquet of it, and the checks of the result.

    A worker checks an extract while this process goes on; the step that shows the results comes when it must have them.
    """
    partitions = dg.StaticPartitionsDefinition(list(run.programme.mapping_keys))
    groups = [group.code for group in run.programme.respondent_groups]
    landing = [
        dg.AssetSpec(
            ["landing", group.code],
            group_name="landing",
            partitions_def=partitions,
            description=f"Extracts of {group.label.en} as the survey tool delivered them; never changed.",
            kinds={"csv"},
        )
        for group in run.programme.respondent_groups
    ]

    @dg.multi_asset(
        name="extract",
        specs=[
            dg.AssetSpec(
                ["raw", group.code],
                deps=[["landing", group.code], "programme"],
                group_name="raw",
                partitions_def=partitions,
                description=f"Raw Parquet of {group.label.en}: respondents under pseudonyms, and their answers.",
                kinds={"parquet"},
            )
            for group in run.programme.respondent_groups
        ],
        backfill_policy=dg.BackfillPolicy.single_run(),
        required_resource_keys={"home", "workers"},
    )
    def extract(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
        with clear_errors(run.settings), ExitStack() as opened:
            plan = run.plan(context.run.run_id)
            Thread(target=prepare, args=(plan.programme,), daemon=True).start()
            session = opened.enter_context(open_session(plan.programme, run.settings))
            asked = set(context.partition_keys)
            evidence = run.evidence(context.run_id)
            for group in groups:
                for landing in plan.landings:
                    began = time.perf_counter()
                    extracted = extract_group(plan.programme, run.settings, landing, group, run.progress, session)
                    contents = {delivery.extract.content for delivery in landing.of_group(group)}
                    for check, needed in ((validate_extract, "answers"), (validate_results, "results")):
                        if needed in contents:
                            evidence.give(
                                context.resources.workers,
                                "extracts",
                                f"{group}/{landing.mapping}/{needed}",
                                check,
                                plan.programme,
                                raw_folder(run.settings, plan.programme, landing, group),
                                landing.mapping,
                                group,
                            )
                    if landing.mapping in asked:
                        context.add_asset_metadata(
                            {
                                "dagster/row_count": extracted.rows,
                                "answers": extracted.answers,
                                "set aside": sum(file.rows_set_aside for file in extracted.files),
                                "files": dg.MetadataValue.json([f.file for f in extracted.files]),
                                "was up to date": extracted.was_current,
                                "seconds": round(time.perf_counter() - began, 3),
                            },
                            asset_key=["raw", group],
                            partition_key=landing.mapping,
                        )
                yield dg.MaterializeResult(["raw", group])

    @dg.multi_asset_check(
        name="extract_expectations",
        specs=[dg.AssetCheckSpec(CHECK, asset=["raw", group], additional_deps=LATE) for group in groups],
        op_tags=BEFORE_THE_VERDICT,
        required_resource_keys={"home", "workers"},
    )
    def expectations(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        with clear_errors(run.settings):
            for group in groups:
                run.progress(f"expectations on extracts of {group}")
                found = run.evidence(context.run.run_id).of("extracts", f"{group}/")
                yield check_result(["raw", group], CHECK, found)

    programme = dg.AssetSpec(
        "programme",
        group_name="landing",
        description="The programme's plain files: codebook, themes, items, municipalities, institutions.",
        kinds={"csv"},
    )
    return [programme, *landing, extract], expectations
