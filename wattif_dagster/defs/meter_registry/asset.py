"""meter_registry: the fleet as of each day, its serials deduplicated by a Bloom filter."""

from dagster import AssetExecutionContext, MaterializeResult

from wattif_dagster import keys, schemas
from wattif_dagster.daily_asset import daily_asset
from wattif_dagster.ingest.fleet import claim_bucket
from wattif_dagster.ingest.layout import registry_rows_name, registry_state_name
from wattif_dagster.ingest.registry import land_registry
from wattif_dagster.partitions import partition_day
from wattif_dagster.resources.bigquery import BigQueryWarehouse
from wattif_dagster.resources.gcs import GcsTransferManager
from wattif_dagster.resources.options import SimulationResource


@daily_asset(
    keys.METER_REGISTRY,
    table=schemas.METER_REGISTRY,
    group="fleet",
    kinds={"gcs", "bigquery", "numpy"},
)
def meter_registry(
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
