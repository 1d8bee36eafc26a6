"""meter_readings: the day's readings in BigQuery."""

from dagster import AssetExecutionContext, MaterializeResult

from wattif_dagster import keys, schemas
from wattif_dagster.daily_asset import daily_asset
from wattif_dagster.defs.meter_readings.checks import check_readings, readings_checks
from wattif_dagster.defs.meter_readings.load import load_readings
from wattif_dagster.ingest.labels import read_labels
from wattif_dagster.ingest.manifest import require_manifest
from wattif_dagster.partitions import partition_day
from wattif_dagster.reconcile.counts import count_readings
from wattif_dagster.resources.bigquery import BigQueryWarehouse
from wattif_dagster.resources.gcs import GcsTransferManager


@daily_asset(
    keys.METER_READINGS,
    table=schemas.METER_READINGS,
    deps=[keys.RAW_READINGS],
    group="warehouse",
    kinds={"bigquery"},
    checks=readings_checks,
)
def meter_readings(
    context: AssetExecutionContext,
    wattif_gcs: GcsTransferManager,
    wattif_bigquery: BigQueryWarehouse,
) -> MaterializeResult:
    """The day's readings in BigQuery: exactly the objects that its manifest lists."""
    manifest = require_manifest(wattif_gcs, partition_day(context))
    rows = load_readings(wattif_gcs, wattif_bigquery, manifest)
    counts = count_readings(wattif_bigquery, manifest.day, manifest.interval_seconds)
    return MaterializeResult(
        metadata={"dagster/partition_row_count": rows, "table_type": wattif_bigquery.readings_type},
        check_results=check_readings(counts, manifest, read_labels(wattif_gcs, manifest)),
    )
