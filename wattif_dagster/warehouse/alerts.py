"""anomaly_alerts: the episodes of a day."""

from datetime import date
from typing import Any

from wattif_dagster import schemas
from wattif_dagster.detection.alert_options import AlertOptions
from wattif_dagster.detection.alerts import alerts_sql
from wattif_dagster.resources.bigquery import BigQueryWarehouse


def find_alerts(
    bigquery: BigQueryWarehouse, options: AlertOptions, day: date
) -> list[dict[str, Any]]:
    """Replace the day's partition of `anomaly_alerts`; its rows by id."""
    table = schemas.ANOMALY_ALERTS
    bigquery.ensure_table(schemas.ANOMALY_SCORES)
    sql = alerts_sql(bigquery.quoted(schemas.ANOMALY_SCORES), day, options)
    bigquery.replace_partition(table, day, sql)
    return bigquery.day_rows(table, day, "alert_id")
