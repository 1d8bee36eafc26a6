"""Runs the layered detector's own SQL in BigQuery, in a dataset of the evaluation."""

from collections.abc import Callable
from datetime import date, timedelta
from io import BytesIO

import numpy as np
import pyarrow.parquet as pq

from wattif_dagster import schemas
from wattif_dagster.evaluation.days import scored_days
from wattif_dagster.evaluation.hours import FULL_DAY, Hours, Scores
from wattif_dagster.local_time import LocalTime
from wattif_dagster.resources.bigquery import BigQueryWarehouse
from wattif_dagster.scoring.days import needed_days, remake_tables, score_days


def layered_scores(
    bigquery: BigQueryWarehouse,
    hours: Hours,
    local_time: LocalTime,
    report: Callable[[int, int], None],
) -> Scores:
    """Score the test days; the scores have the shape (meters, 24 x test days).

    The tables are replaced. `report` is called with the number of days done and that of all days.
    """
    file = BytesIO()
    pq.write_table(hours.table(), file)
    remake_tables(bigquery)
    bigquery.append_rows(schemas.HOURLY_CONSUMPTION, file, hours.first_day)
    days = [hours.first_day + timedelta(days=n) for n in range(hours.days)]
    tested = days[-scored_days(hours.days) :]
    needed = needed_days(days, tested[0])
    made = score_days(bigquery, needed, tested[0], hours.expected_readings, local_time)
    for done, _ in enumerate(made, 1):
        report(done, len(needed))
    read = [_read(bigquery, hours, day) for day in tested]
    return Scores(*(np.concatenate(parts, axis=1) for parts in zip(*read, strict=True)))


def _read(bigquery: BigQueryWarehouse, hours: Hours, day: date) -> tuple[np.ndarray, np.ndarray]:
    """Read the probabilities and reasons of a day, shape (meters, 24)."""
    table = schemas.ANOMALY_SCORES
    rows = bigquery.rows(
        "SELECT serial, EXTRACT(HOUR FROM time_hour_rolled) AS hour, anomaly_probability, reason "
        f"FROM {bigquery.quoted(table)} WHERE {bigquery.partition_filter(table, day)}"
    )
    places = {serial: place for place, serial in enumerate(hours.serials)}
    probability = np.full((len(places), FULL_DAY), np.nan)
    reason = np.full(probability.shape, None, np.object_)
    for row in rows:
        if row["anomaly_probability"] is not None:
            at = places[row["serial"]], row["hour"]
            probability[at], reason[at] = row["anomaly_probability"], row["reason"]
    return probability, reason
