"""Landing files to raw Parquet, one asset a respondent group, partitioned by mapping; expectations on each extract."""

from collections.abc import Iterator
from itertools import chain, product

import dagster as dg

from pipelines.assets.checks import BEFORE_THE_VERDICT, check_result
from pipelines.assets.context import RunContext, clear_errors
from pipelines.errors import InputError
from pipelines.extract import begin, raw_folder, settle, stop_on
from pipelines.validation import validate_extract, validate_results
from pipelines.warehouse import prepare
from pipelines.workers import IMPORTS, import_beside

CHECK = "expectations"


def build_extracts(run: RunContext) -> tuple[list[dg.AssetsDefinition | dg.AssetSpec], dg.AssetChecksDefinition]:
    """The landing folder as external assets, the step that makes raw Parquet of it, and the checks of the result.

    Workers read extracts beside this process, and check them when they have time (`statements`); the step that shows the
    results comes when it must have them. A file that is refused does not keep the others from being read: all that are
    refused are told at once.
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
        with clear_errors(run.settings):
            plan, workers = run.plan(context.run.run_id), context.resources.workers
            prepare(plan.programme)
            for landing in plan.landings:
                stop_on(landing.findings)
            begun = run.begun or begin(plan.programme, run.settings, plan.landings, workers)
            # Workers have begun with the largest, this process takes the smallest until they meet.
            attempts = {}
            for number, (mapping, group) in enumerate(reversed(begun), 1):
                run.progress(f"{mapping}/{group} ({number} of {len(begun)})")
                attempts[mapping, group] = begun[mapping, group].result()
            import_beside(*IMPORTS)
            asked, evidence = set(context.partition_keys), run.evidence(context.run_id)
            refused: dict[str, list[str]] = {}
            for group, landing in product(groups, plan.landings):
                attempt = attempts[landing.mapping, group]
                try:
                    extracted = settle(plan.programme, run.settings, landing, group, attempt)
                except InputError as error:
                    refused.setdefault(group, []).append(str(error))
                    continue
                contents = {delivery.extract.content for delivery in landing.of_group(group)}
                for check, needed in ((validate_extract, "answers"), (validate_results, "results")):
                    if needed in contents:
                        evidence.keep(
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
                            "seconds": round(attempt.seconds, 3),
                        },
                        asset_key=["raw", group],
                        partition_key=landing.mapping,
                    )
            yield from (dg.MaterializeResult(["raw", group]) for group in groups if group not in refused)
            if refused:
                raise InputError("\n".join(chain.from_iterable(refused.values())))

    @dg.multi_asset_check(
        name="extract_expectations",
        specs=[dg.AssetCheckSpec(CHECK, asset=["raw", group], additional_deps=["reports"]) for group in groups],
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
