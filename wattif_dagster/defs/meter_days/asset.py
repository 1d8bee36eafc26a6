"""meter_days: each meter's day in a few numbers."""

from dagster import AssetExecutionContext, MaterializeResult

from wattif_dagster import keys, schemas
from wattif_dagster.daily_asset import daily_asset
from wattif_dagster.detection.layered.queries import meter_days_step
from wattif_dagster.ingest.manifest import require_manifest
from wattif_dagster.partitions import partition_day
from wattif_dagster.resources.bigquery import BigQueryWarehouse
from wattif_dagster.resources.gcs import GcsTransferManager
from wattif_dagster.resources.steps import name_tables, run_steps


@daily_asset(
    keys.METER_DAYS,
    table=schemas.METER_DAYS,
    deps=[keys.HOURLY_CONSUMPTION],
    group="detection",
    kinds={"bigquery", "sql"},
)
def meter_days(
    context: AssetExecutionContext,
    wattif_gcs: GcsTransferManager,
    wattif_bigquery: BigQueryWarehouse,
) -> MaterializeResult:
    """Each meter's day in a few numbers, which the detector reads instead of hours."""
    day = partition_day(context)
    tables = name_tables(wattif_bigquery)
    step = meter_days_step(tables, day, require_manifest(wattif_gcs, day).readings_per_hour)
    run_steps(wattif_bigquery, day, [step])
    rows = wattif_bigquery.count_rows(schemas.METER_DAYS, day)
    return MaterializeResult(metadata={"dagster/partition_row_count": rows})
