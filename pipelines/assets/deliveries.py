"""Each municipality's delivery, in the candidate before the release and sent after it."""

import time

import dagster as dg

from pipelines.assets.context import RunContext, clear_errors
from pipelines.errors import KortlaegningError, RemoteError
from pipelines.files import safe_names
from pipelines.programme import Programme
from pipelines.release import Recipient, places_to_deliver, send_deliveries, write_deliveries
from pipelines.reporting import BESIDE
from pipelines.settings import Settings
from pipelines.warehouse import Warehouse


def build_deliveries(run: RunContext) -> list[dg.AssetsDefinition]:
    """Writing and sending."""

    @dg.asset(
        name="deliveries",
        deps=["reports"],
        group_name="release",
        description="What each municipality's administration receives: its marts, dictionary and reports.",
        kinds={"parquet", "csv"},
        required_resource_keys={"home"},
    )
    def deliveries(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        with clear_errors(run.settings):
            began = time.perf_counter()
            plan, release = run.plan(context.run_id), run.candidate(context.run_id) / "release"
            warehouse = run.warehouse(context.run_id)
            run.progress("deliveries")
            recipients = recipients_of(plan.programme, warehouse)
            simulated, threads = warehouse.is_simulated(), run.settings.threads
            folders = write_deliveries(release, plan.release_id, recipients, simulated, threads)
            return dg.MaterializeResult(
                metadata={"municipalities": len(folders), "seconds": round(time.perf_counter() - began, 3)}
            )

    @dg.asset(
        name="sent_deliveries",
        deps=["release"],
        group_name="release",
        description="Deliveries of the release at the places that programme and settings name.",
        kinds={"file"},
        required_resource_keys={"home"},
    )
    def sent_deliveries(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        with clear_errors(run.settings):
            return dg.MaterializeResult(metadata={"sent": send_current(run.programme, run.settings)})

    return [deliveries, sent_deliveries]


def recipients_of(programme: Programme, warehouse: Warehouse) -> list[Recipient]:
    """Municipalities with their institutions and reports.

    An institution belongs to the municipality that its lineage's present institution stands under; without a declared lineage
    to the one that all its records name. One that records place in two municipalities is given to neither.
    """
    with warehouse.connect() as con:
        found = con.execute(
            "select lineage_id, min(municipality_id) from "
            "(select lineage_id, municipality_id from stg_respondents "
            "union all select lineage_id, municipality_id from stg_roster) "
            "group by lineage_id having count(distinct municipality_id) = 1"
        ).fetchall()
    owner = {str(unit): str(municipality) for unit, municipality in found if unit is not None}
    lineage = programme.lineage
    heads = lineage[lineage["institution_id"].eq(lineage["lineage_id"])]
    owner |= dict(zip(heads["lineage_id"], heads["municipality_id"], strict=True))
    labels = dict(zip(heads["lineage_id"], heads["lineage_label"], strict=True))
    towns = dict(zip(programme.municipalities["municipality_id"], programme.municipalities["label"], strict=True))
    stems = {
        town: {f"municipality-{name}", *(f"{kind}-municipality-{name}" for kind in BESIDE)}
        for town, name in safe_names(towns).items()
    }
    for unit, name in safe_names(owner).items():
        stems.get(owner[unit], set()).update({f"school-{name}", f"daycare-{name}"})
    reports = warehouse.folder / "release" / "reports" / "internal"
    pages = {path.relative_to(reports).as_posix(): path for path in sorted(reports.rglob("*")) if path.is_file()}
    return [
        Recipient(
            municipality_id=town,
            label=label,
            institutions={unit: labels.get(unit, unit) for unit, place in sorted(owner.items()) if place == town},
            reports={name: path for name, path in pages.items() if path.stem in stems[town]},
        )
        for town, label in towns.items()
    ]


def send_current(programme: Programme, settings: Settings) -> int:
    """Send what readers see now to every place; what is there already is left alone.

    Returns:
        Deliveries sent.

    Raises:
        RemoteError: a place cannot be reached or written; the release stands.
        ConfigurationError: a URL or its credentials are of no use.
    """
    urls = places_to_deliver(programme.definition, settings)
    try:
        return sum(place.sent for place in send_deliveries((settings.home / "current").resolve(), urls, settings))
    except KortlaegningError as error:
        kind = type(error) if error.exit_code != 1 else RemoteError
        raise kind(f"{error}; the release stands; send its deliveries again: kortlaegning deliver") from None
