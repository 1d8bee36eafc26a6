"""Runs the layered detector's own SQL in BigQuery, in a dataset of the evaluation."""

from collections.abc import Callable
from datetime import date, timedelta
from io import BytesIO

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from wattif_dagster import schemas
from wattif_dagster.detection.layered.queries import (
    HISTORY_DAYS,
    LOOKBACK_DAYS,
    baseline_steps,
    deviations_steps,
    meter_days_step,
    scores_steps,
)
from wattif_dagster.evaluation.hours import FULL_DAY, Hours
from wattif_dagster.resources.bigquery import BigQueryWarehouse
from wattif_dagster.resources.steps import name_tables, run_steps

TEST_DAYS = 14


def scored_days(days: int) -> int:
    """Count the last days that are scored: 14, or what a full history leaves, but at least 1."""
    return min(TEST_DAYS, max(1, days - HISTORY_DAYS))


def layered_probabilities(
    bigquery: BigQueryWarehouse, hours: Hours, report: Callable[[int, int], None]
) -> NDArray[np.float64]:
    """Compute anomaly probabilities of the test days; NaN if unknown.

    They have the shape (meters, 24 x test days). The tables are replaced. `report` is called with
    the number of days done and that of all days.
    """
    file = BytesIO()
    pq.write_table(hours.table(), file)
    for table in (
        schemas.HOURLY_CONSUMPTION,
        schemas.METER_DAYS,
        schemas.CONSUMPTION_BASELINE,
        schemas.CONSUMPTION_DEVIATIONS,
        schemas.SCORE_COUNTS,
        schemas.ANOMALY_SCORES,
    ):
        bigquery.remake_table(table)
    bigquery.append_rows(schemas.HOURLY_CONSUMPTION, file, hours.first_day)
    days = [hours.first_day + timedelta(days=n) for n in range(hours.days)]
    tested = days[-scored_days(hours.days) :]
    since = tested[0] - timedelta(days=LOOKBACK_DAYS)
    scored = []
    for done, day in enumerate(days, 1):
        tables = name_tables(bigquery, registry=False)
        arguments = tables, day, hours.expected_readings
        steps = [meter_days_step(*arguments)]
        if day >= since:
            score = scores_steps if day in tested else deviations_steps
            steps += baseline_steps(*arguments) + score(*arguments)
        run_steps(bigquery, day, steps)
        if day in tested:
            scored.append(_scores(bigquery, hours, day))
        report(done, len(days))
    return np.concatenate(scored, axis=1)


def _scores(bigquery: BigQueryWarehouse, hours: Hours, day: date) -> NDArray[np.float64]:
    table = schemas.ANOMALY_SCORES
    rows = bigquery.rows(
        "SELECT serial, EXTRACT(HOUR FROM time_hour_rolled) AS hour, anomaly_probability "
        f"FROM {bigquery.quoted(table)} WHERE {bigquery.partition_filter(table, day)}"
    )
    places = {serial: place for place, serial in enumerate(hours.serials)}
    found = np.full((len(places), FULL_DAY), np.nan)
    for row in rows:
        if row["anomaly_probability"] is not None:
            found[places[row["serial"]], row["hour"]] = row["anomaly_probability"]
    return found
