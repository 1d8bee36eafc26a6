"""fleet_anomalies: the day's hours against their history."""

from datetime import date
from typing import Any

from wattif_dagster import schemas
from wattif_dagster.detection.fleet import fleet_anomalies_sql
from wattif_dagster.resources.bigquery import BigQueryWarehouse


def find_anomalies(bigquery: BigQueryWarehouse, day: date) -> list[dict[str, Any]]:
    """Replace the day's partition of `fleet_anomalies`; its rows by metric and time."""
    sql = fleet_anomalies_sql(bigquery.cloud.project, bigquery.dataset, day)
    bigquery.replace_partition(schemas.FLEET_ANOMALIES, day, sql)
    return anomaly_rows(bigquery, day)


def anomaly_rows(bigquery: BigQueryWarehouse, day: date) -> list[dict[str, Any]]:
    """The day's rows, 48 when it is complete, by metric and time."""
    return bigquery.day_rows(schemas.FLEET_ANOMALIES, day, "metric, time")
