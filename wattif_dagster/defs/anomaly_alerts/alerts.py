"""Finds the alert episodes of a day, and which of them are new."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from wattif_dagster import schemas
from wattif_dagster.defs.anomaly_alerts.query import alerts_sql, continued_sql, find_quarter_start
from wattif_dagster.feedback import read_feedback
from wattif_dagster.resources.bigquery import BigQueryWarehouse
from wattif_dagster.settings.alerts import AlertRule


def find_alerts(bigquery: BigQueryWarehouse, rule: AlertRule, day: date) -> list[dict[str, Any]]:
    """Replace the day's partition of `anomaly_alerts`; returns its rows by `alert_id`."""
    table = schemas.ANOMALY_ALERTS
    bigquery.ensure_table(schemas.FLAGGED_DAYS)
    sql = alerts_sql(bigquery.quoted(schemas.FLAGGED_DAYS), day, rule)
    bigquery.replace_partition(table, day, sql)
    return bigquery.day_rows(table, day, "alert_id")


def find_new_alerts(
    bigquery: BigQueryWarehouse, rule: AlertRule, days: Sequence[date], since: date
) -> list[dict[str, Any]]:
    """Find episodes in these days' partitions that opened on `since` or later.

    The most probable come first, each as of the last of the days. An episode that only has a new id
    because of a new quarter is not new, and the alerts of a snoozed meter rest.
    """
    table = schemas.ANOMALY_ALERTS
    listed = ", ".join(f"DATE '{day}'" for day in days)
    rows = bigquery.rows(
        f"SELECT {', '.join(table.column_names)} FROM {bigquery.quoted(table)} "
        f"WHERE alert_date IN ({listed}) AND opened_on >= DATE '{since}' ORDER BY alert_date"
    )
    latest = {row["alert_id"]: row for row in rows}.values()
    continued = {
        (row["serial"], row["kind"], quarter)
        for quarter in {row["opened_on"] for row in latest}
        if quarter == find_quarter_start(quarter)
        for row in bigquery.rows(
            continued_sql(bigquery.quoted(schemas.FLAGGED_DAYS), quarter, rule)
        )
    }
    new = [row for row in latest if (row["serial"], row["kind"], row["opened_on"]) not in continued]
    feedback = read_feedback(bigquery)
    new = [
        row
        for row in new
        if row["serial"] not in feedback
        or not feedback[row["serial"]].is_snoozed(row["alert_date"])
    ]
    return sorted(new, key=lambda row: (-row["worst_probability"], row["alert_id"]))
