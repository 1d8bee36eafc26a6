"""A day's readings added up where they lie: in `meter_readings`, and in its roll-up."""

from dataclasses import dataclass
from datetime import date

from wattif_dagster import schemas
from wattif_dagster.metering.simulation import SECONDS_PER_HOUR
from wattif_dagster.resources.bigquery import BigQueryWarehouse
from wattif_dagster.resources.bigquery_tables import of_day
from wattif_dagster.warehouse.load import readings_of


@dataclass(frozen=True)
class Totals:
    """How many readings a day has, and their sum in W: exact, for a reading is of whole watts."""

    readings: int
    watts: int

    def kwh(self, interval_seconds: int) -> float:
        """The day's energy."""
        return self.watts * interval_seconds / SECONDS_PER_HOUR / 1000


def loaded(bigquery: BigQueryWarehouse, day: date) -> Totals:
    """Of `meter_readings`. Raises JobFailed."""
    counted = bigquery.row(
        "SELECT COUNT(*) AS readings, "
        "COALESCE(SUM(CAST(ROUND(reading * 1000) AS INT64)), 0) AS watts "
        f"FROM {bigquery.quoted(schemas.METER_READINGS)} WHERE {readings_of(bigquery, day)}"
    )
    return Totals(int(counted["readings"]), int(counted["watts"]))


def rolled_up(bigquery: BigQueryWarehouse, day: date, interval_seconds: int) -> Totals:
    """Of `hourly_consumption`: W from its kWh. Raises JobFailed."""
    hourly = schemas.HOURLY_CONSUMPTION
    watts = f"consumption_hour_rolled * {SECONDS_PER_HOUR * 1000} / {interval_seconds}"
    counted = bigquery.row(
        "SELECT COALESCE(SUM(n_readings), 0) AS readings, "
        f"COALESCE(SUM(CAST(ROUND({watts}) AS INT64)), 0) AS watts "
        f"FROM {bigquery.quoted(hourly)} WHERE {of_day(hourly, day)}"
    )
    return Totals(int(counted["readings"]), int(counted["watts"]))
