"""meter_registry of imported readings: the meters that are seen."""

from dagster import AssetExecutionContext, DataVersion, MaterializeResult

from wattif_dagster import schemas
from wattif_dagster.ingest.fleet import claim_bucket_for_imports
from wattif_dagster.ingest.imported import find_fleet_versions, register_seen_meters
from wattif_dagster.ingest.layout import registry_rows_name
from wattif_dagster.partitions import partition_day
from wattif_dagster.resources.bigquery import BigQueryWarehouse
from wattif_dagster.resources.gcs import GcsTransferManager


def register_meters(
    context: AssetExecutionContext,
    wattif_gcs: GcsTransferManager,
    wattif_bigquery: BigQueryWarehouse,
) -> MaterializeResult:
    """The meters whose readings were imported, of the day and of the weeks before."""
    day = partition_day(context)
    claim_bucket_for_imports(wattif_gcs)
    version = find_fleet_versions(wattif_gcs, [day])[day]
    meters = register_seen_meters(wattif_gcs, day)
    rows = wattif_bigquery.load_partition(
        schemas.METER_REGISTRY, day, [f"{wattif_gcs.uri}/{registry_rows_name(day)}"], version
    )
    return MaterializeResult(
        metadata={"dagster/partition_row_count": rows, "meters": meters},
        data_version=DataVersion(version),
    )
