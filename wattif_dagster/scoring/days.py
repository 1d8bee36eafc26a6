"""Runs the layered detector's steps, day after day, on the hours in `hourly_consumption`."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, timedelta

from wattif_dagster import schemas
from wattif_dagster.detection.layered.queries import (
    HISTORY_DAYS,
    LOOKBACK_DAYS,
    baseline_steps,
    deviations_steps,
    meter_days_step,
    scores_steps,
)
from wattif_dagster.local_time import LocalTime
from wattif_dagster.resources.bigquery import BigQueryWarehouse
from wattif_dagster.resources.steps import name_tables, run_steps

TABLES = (
    schemas.HOURLY_CONSUMPTION,
    schemas.METER_DAYS,
    schemas.CONSUMPTION_BASELINE,
    schemas.CONSUMPTION_DEVIATIONS,
    schemas.SCORE_COUNTS,
    schemas.ANOMALY_SCORES,
)
"""What the steps read and write."""


NEEDED_DAYS = LOOKBACK_DAYS + HISTORY_DAYS
"""Days before a day whose hours its scores depend on."""


def remake_tables(bigquery: BigQueryWarehouse) -> None:
    """Make the tables of the steps anew, without rows."""
    for table in TABLES:
        bigquery.remake_table(table)


def needed_days(days: Iterable[date], since: date) -> list[date]:
    """Select the days from `since` on, and those before that their scores depend on."""
    return [day for day in days if day >= since - timedelta(days=NEEDED_DAYS)]


def score_days(
    bigquery: BigQueryWarehouse,
    days: Iterable[date],
    since: date,
    expected_readings: int,
    local_time: LocalTime,
) -> Iterator[date]:
    """Score the days from `since` on, from the history in the days before; yields each day done.

    `days` are consecutive (see `needed_days`), and their hours are in `hourly_consumption`. The
    expected meters of a day are those seen on it and in the seven days before it.
    """
    tables = replace(name_tables(bigquery, registry=False), local_time=local_time)
    needed = since - timedelta(days=LOOKBACK_DAYS)
    for day in days:
        arguments = tables, day, expected_readings
        steps = [meter_days_step(*arguments)]
        if day >= needed:
            score = scores_steps if day >= since else deviations_steps
            steps += baseline_steps(*arguments) + score(*arguments)
        run_steps(bigquery, day, steps)
        yield day
