"""meter_readings and hourly_consumption: the readings in BigQuery, and their hourly roll-up."""

from datetime import date

from dagster import AssetExecutionContext, MaterializeResult, asset

from wattif_dagster import keys, schemas
from wattif_dagster.assets.common import INDEPENDENT, table_metadata
from wattif_dagster.assets.days import DAYS_AT_ONCE, DayMetadata, each_day
from wattif_dagster.resources.bigquery import BigQueryWarehouse
from wattif_dagster.resources.bigquery_tables import of_day
from wattif_dagster.resources.gcs import GcsTransferManager
from wattif_dagster.warehouse.load import load_readings, require_manifest
from wattif_dagster.warehouse.rollup import hourly_consumption_sql


@asset(
    key=keys.METER_READINGS,
    deps=[keys.RAW_READINGS],
    group_name="warehouse",
    kinds={"bigquery"},
    code_version="1",
    metadata=table_metadata(schemas.METER_READINGS),
    **INDEPENDENT,
)
def meter_readings(
    context: AssetExecutionContext, gcs: GcsTransferManager, bigquery: BigQueryWarehouse
) -> MaterializeResult:
    """The day's readings in BigQuery: exactly the objects its manifest lists."""

    def make(day: date) -> DayMetadata:
        return {
            "dagster/partition_row_count": load_readings(gcs, bigquery, day),
            "dagster/table_name": bigquery.table_name(schemas.METER_READINGS),
            "table_type": bigquery.readings_type,
        }

    return each_day(context, make, DAYS_AT_ONCE)


@asset(
    key=keys.HOURLY_CONSUMPTION,
    deps=[keys.METER_READINGS],
    group_name="warehouse",
    kinds={"bigquery", "sql"},
    code_version="1",
    metadata=table_metadata(schemas.HOURLY_CONSUMPTION),
    **INDEPENDENT,
)
def hourly_consumption(
    context: AssetExecutionContext, gcs: GcsTransferManager, bigquery: BigQueryWarehouse
) -> MaterializeResult:
    """The day's readings by meter and hour; kWh = SUM(kW) x interval / 3600."""
    table = schemas.HOURLY_CONSUMPTION

    def make(day: date) -> DayMetadata:
        interval = require_manifest(gcs, day).interval_seconds
        sql = hourly_consumption_sql(bigquery, day, interval)
        bigquery.replace_partition(table, day, sql)
        counted = bigquery.row(
            f"SELECT COUNT(*) AS n, SUM(consumption_hour_rolled) AS kwh "
            f"FROM {bigquery.quoted(table)} WHERE {of_day(table, day)}"
        )
        return {
            "dagster/partition_row_count": counted["n"],
            "dagster/table_name": bigquery.table_name(table),
            "kwh": round(counted["kwh"] or 0.0, 3),
        }

    return each_day(context, make, DAYS_AT_ONCE)
