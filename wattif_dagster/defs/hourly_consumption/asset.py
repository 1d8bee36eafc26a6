"""hourly_consumption: the day's readings rolled up by meter and hour."""

from datetime import date
from pathlib import Path

from dagster import AssetExecutionContext, MaterializeResult

from wattif_dagster import keys, schemas
from wattif_dagster.daily_asset import daily_asset
from wattif_dagster.defs.hourly_consumption.checks import check_hours, hours_checks
from wattif_dagster.ingest.labels import read_labels
from wattif_dagster.ingest.manifest import Manifest, require_manifest
from wattif_dagster.partitions import partition_day
from wattif_dagster.reconcile.counts import count_hours, to_kwh
from wattif_dagster.resources.bigquery import BigQueryWarehouse
from wattif_dagster.resources.gcs import GcsTransferManager
from wattif_dagster.sql import render_sql

_FOLDER = Path(__file__).parent


@daily_asset(
    keys.HOURLY_CONSUMPTION,
    table=schemas.HOURLY_CONSUMPTION,
    deps=[keys.METER_READINGS],
    group="warehouse",
    kinds={"bigquery", "sql"},
    checks=hours_checks,
    code_version="2",  # writes fleet_hours too
)
def hourly_consumption(
    context: AssetExecutionContext,
    wattif_gcs: GcsTransferManager,
    wattif_bigquery: BigQueryWarehouse,
) -> MaterializeResult:
    """The day's readings by meter and hour; kWh = SUM(kW) x interval / 3600.

    The hours of the whole fleet are kept in the table fleet_hours.
    """
    manifest = require_manifest(wattif_gcs, partition_day(context))
    roll_up(wattif_bigquery, manifest)
    counts = count_hours(wattif_bigquery, manifest.day, manifest.interval_seconds)
    kwh = to_kwh(counts.milliwatts, manifest.interval_seconds)
    return MaterializeResult(
        metadata={"dagster/partition_row_count": counts.hours, "kwh": round(kwh, 3)},
        check_results=check_hours(counts, manifest, read_labels(wattif_gcs, manifest)),
    )


def roll_up(bigquery: BigQueryWarehouse, manifest: Manifest) -> None:
    """Replace the day's partition of `hourly_consumption`, and from it that of `fleet_hours`."""
    readings = schemas.METER_READINGS
    select = render_sql(
        _FOLDER / "hourly_consumption.sql",
        meter_readings=bigquery.quoted(readings),
        readings_filter=bigquery.partition_filter(readings, manifest.day),
        interval_seconds=manifest.interval_seconds,
    )
    bigquery.replace_partition(schemas.HOURLY_CONSUMPTION, manifest.day, select)
    _keep_fleet_hours(bigquery, manifest.day)


def _keep_fleet_hours(bigquery: BigQueryWarehouse, day: date) -> None:
    hours = schemas.HOURLY_CONSUMPTION
    select = render_sql(
        _FOLDER / "fleet_hours.sql",
        hourly_consumption=bigquery.quoted(hours),
        hours_filter=bigquery.partition_filter(hours, day),
    )
    bigquery.replace_partition(schemas.FLEET_HOURS, day, select)
