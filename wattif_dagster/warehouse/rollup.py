"""The hourly roll-up of one day."""

from datetime import date
from importlib.resources import files

from wattif_dagster import schemas
from wattif_dagster.resources.bigquery import BigQueryWarehouse
from wattif_dagster.warehouse.load import readings_of

_SQL = (files("wattif_dagster.warehouse") / "hourly_consumption.sql").read_text()


def hourly_consumption_sql(bigquery: BigQueryWarehouse, day: date, interval_seconds: int) -> str:
    """The SELECT whose rows are the day's partition of `hourly_consumption`."""
    return _SQL.format(
        meter_readings=bigquery.quoted(schemas.METER_READINGS),
        of_day=readings_of(bigquery, day),
        interval_seconds=interval_seconds,
    )
