"""Finds the alert episodes of a day, and which of them are new or ended."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from wattif_dagster import schemas
from wattif_dagster.alerting.message import is_closed
from wattif_dagster.defs.anomaly_alerts.query import alerts_sql, continued_sql, find_quarter_start
from wattif_dagster.feedback import Feedback, read_feedback
from wattif_dagster.resources.bigquery import BigQueryWarehouse
from wattif_dagster.settings.alerts import AlertRule


def find_alerts(bigquery: BigQueryWarehouse, rule: AlertRule, day: date) -> list[dict[str, Any]]:
    """Replace the day's partition of `anomaly_alerts`; returns its rows by `alert_id`."""
    table = schemas.ANOMALY_ALERTS
    bigquery.ensure_table(schemas.FLAGGED_DAYS)
    sql = alerts_sql(bigquery.quoted(schemas.FLAGGED_DAYS), day, rule)
    bigquery.replace_partition(table, day, sql)
    return bigquery.day_rows(table, day, "alert_id")


def find_news(
    bigquery: BigQueryWarehouse, rule: AlertRule, days: Sequence[date], since: date
) -> list[dict[str, Any]]:
    """Find episodes in these days' partitions that opened or closed on `since` or later.

    The most probable come first, each as of the last of the days. The end of an episode has an
    `alert_id` of its own, by which it is told once. An episode that only has a new id because of a
    new quarter is not new, and the alerts of a snoozed meter rest.
    """
    table = schemas.ANOMALY_ALERTS
    listed = ", ".join(f"DATE '{day}'" for day in days)
    rows = bigquery.rows(
        f"SELECT {', '.join(table.column_names)} FROM {bigquery.quoted(table)} "
        f"WHERE alert_date IN ({listed}) "
        f"AND (opened_on >= DATE '{since}' OR closed_on >= DATE '{since}') ORDER BY alert_date"
    )
    latest = list({row["alert_id"]: row for row in rows}.values())
    continued = _find_continued(bigquery, rule, [row for row in latest if not is_closed(row)])
    feedback = read_feedback(bigquery)
    found = [
        _name_end(row) if is_closed(row) else row
        for row in latest
        if row["alert_id"] not in continued
        and not _is_snoozed(feedback.get(row["serial"]), row["alert_date"])
    ]
    return sorted(found, key=lambda row: (-row["worst_probability"], row["alert_id"]))


def _name_end(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "alert_id": f"{row['serial']}:{row['kind']}:closed:{row['closed_on']}"}


def _is_snoozed(feedback: Feedback | None, day: date) -> bool:
    return feedback is not None and feedback.is_snoozed(day)


def _find_continued(
    bigquery: BigQueryWarehouse, rule: AlertRule, alerts: Sequence[dict[str, Any]]
) -> set[str]:
    """Find the ids of alerts that are older than the quarter on whose first day they opened."""
    quarters = {row["opened_on"] for row in alerts}
    older = {
        (row["serial"], row["kind"], quarter)
        for quarter in quarters
        if quarter == find_quarter_start(quarter)
        for row in bigquery.rows(
            continued_sql(bigquery.quoted(schemas.FLAGGED_DAYS), quarter, rule)
        )
    }
    return {
        row["alert_id"] for row in alerts if (row["serial"], row["kind"], row["opened_on"]) in older
    }
