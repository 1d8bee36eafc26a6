"""meter_registry: the fleet as of each day."""

from dagster import AssetExecutionContext, Definitions, MaterializeResult, definitions

from wattif_dagster import keys, schemas
from wattif_dagster.daily_asset import build_context, daily_asset
from wattif_dagster.defs.meter_registry.imported import register_meters
from wattif_dagster.ingest.fleet import claim_bucket
from wattif_dagster.ingest.layout import registry_rows_name, registry_state_name
from wattif_dagster.ingest.registry import land_registry
from wattif_dagster.partitions import partition_day
from wattif_dagster.resources.bigquery import BigQueryWarehouse
from wattif_dagster.resources.gcs import GcsTransferManager
from wattif_dagster.resources.options import SimulationResource


def issue_meters(
    context: AssetExecutionContext,
    wattif_simulation: SimulationResource,
    wattif_gcs: GcsTransferManager,
    wattif_bigquery: BigQueryWarehouse,
) -> MaterializeResult:
    """The fleet as of the day: meters installed and retired. No serial is ever issued twice."""
    day = partition_day(context)
    claim_bucket(wattif_gcs, wattif_simulation)
    fleet = land_registry(wattif_gcs, wattif_simulation, day)
    rows = wattif_bigquery.load_partition(
        schemas.METER_REGISTRY,
        day,
        [f"{wattif_gcs.uri}/{registry_rows_name(day)}"],
        fleet.fingerprint,
    )
    return MaterializeResult(
        metadata={
            "dagster/partition_row_count": rows,
            "dagster/uri": f"{wattif_gcs.uri}/{registry_state_name(day)}",
            "meters": len(fleet),
            "serials_ever_issued": fleet.issued,
        }
    )


@definitions
def meter_registry() -> Definitions:
    """Build the asset: the simulated fleet, or the meters that imported readings are of."""
    imported = build_context().settings.source.is_imported
    return daily_asset(
        keys.METER_REGISTRY,
        table=schemas.METER_REGISTRY,
        group="fleet",
        kinds={"gcs", "bigquery", "numpy"},
    )(register_meters if imported else issue_meters)()
