"""Landing files to raw Parquet, one asset a respondent group, partitioned by mapping; expectations on each extract."""

import time
from collections.abc import Iterator
from contextlib import ExitStack

import dagster as dg

from pipelines.assets.checks import check_result
from pipelines.assets.context import RunContext, clear_errors
from pipelines.extract import extract_group, open_session, raw_folder
from pipelines.validation import CheckResult, validate_extract

CHECK = "expectations"


def build_extracts(run: RunContext) -> list[dg.AssetsDefinition | dg.AssetSpec]:
    """The landing folder as external assets, and the step that makes raw Parquet of it."""
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
        check_specs=[dg.AssetCheckSpec(CHECK, asset=["raw", group]) for group in groups],
        backfill_policy=dg.BackfillPolicy.single_run(),
        required_resource_keys={"home"},
    )
    def extract(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        with clear_errors(run.settings), ExitStack() as opened:
            plan = run.plan(context.run_id)
            session = opened.enter_context(open_session(plan.programme, run.settings))
            asked = set(context.partition_keys)
            evidence: list[CheckResult] = []
            for group in groups:
                results: list[CheckResult] = []
                for landing in plan.landings:
                    began = time.perf_counter()
                    extracted = extract_group(plan.programme, run.settings, landing, group, run.progress, session)
                    run.progress(f"expectations on {landing.mapping}/{group}")
                    folder = raw_folder(run.settings, plan.programme, landing, group)
                    results += validate_extract(plan.programme, folder, landing.mapping, group)
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
                yield check_result(["raw", group], CHECK, results)
                evidence += results
            run.note_evidence(context.run_id, "extracts", evidence)

    programme = dg.AssetSpec(
        "programme",
        group_name="landing",
        description="The programme's plain files: codebook, themes, items, municipalities, institutions.",
        kinds={"csv"},
    )
    return [programme, *landing, extract]
