"""Finds the days of history that `fleet_hours` has, and refuses where it lacks some."""

from datetime import date, timedelta

from wattif_dagster import schemas
from wattif_dagster.detection.fleet import HISTORY_DAYS
from wattif_dagster.errors import UserError
from wattif_dagster.partitions import group_days
from wattif_dagster.resources.bigquery import BigQueryWarehouse


def find_history(bigquery: BigQueryWarehouse, day: date) -> list[date]:
    """Find the days before `day` that its anomalies are computed from.

    A day that was never made is not among them. Raises UserError where `day` has no hours, and for
    days that are rolled up and have no `fleet_hours`: they were made before that table existed, or
    by a process that was killed.
    """
    first = day - timedelta(days=HISTORY_DAYS)
    kept = bigquery.list_days(schemas.FLEET_HOURS, first, day)
    lacking = set(bigquery.list_days(schemas.HOURLY_CONSUMPTION, first, day)) - set(kept)
    if lacking:
        spans = group_days(lacking)
        raise UserError(
            f"hourly_consumption has {', '.join(map(str, spans))}, and fleet_hours does not. "
            "Make hourly_consumption of these days again: `wattif backfill "
            f"--start {spans[0].first} --end {spans[-1].last} --select hourly_consumption --again`."
        )
    if day not in kept:
        raise UserError(f"{day} has no hourly consumption. Materialize hourly_consumption first.")
    return [each for each in kept if each < day]
