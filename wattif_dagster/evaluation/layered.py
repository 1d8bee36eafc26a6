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
    Tables,
    baseline_sql,
    scores_sql,
)
from wattif_dagster.evaluation.hours import FULL_DAY, Hours
from wattif_dagster.resources.bigquery import BigQueryWarehouse

TEST_DAYS = 14


def scored_days(days: int) -> int:
    """Count the last days that are scored: 14, or what a full history leaves, but at least 1."""
    return min(TEST_DAYS, max(1, days - HISTORY_DAYS))


def layered_probabilities(
    bigquery: BigQueryWarehouse, hours: Hours, report: Callable[[int, int], None]
) -> NDArray[np.float64]:
    """Compute anomaly probabilities of the test days; NaN if unknown.

    They have the shape (meters, 24 x test days). The three tables are replaced. `report` is called
    with the number of queries done and that of all queries.
    """
    file = BytesIO()
    pq.write_table(hours.table(), file)
    bigquery.remake_table(schemas.HOURLY_CONSUMPTION, file)
    for table in (schemas.CONSUMPTION_BASELINE, schemas.ANOMALY_SCORES):
        bigquery.remake_table(table)
    first: date = hours.start.astype("datetime64[D]").item()
    tested = [
        first + timedelta(days=n) for n in range(hours.days - scored_days(hours.days), hours.days)
    ]
    since = max(first, tested[0] - timedelta(days=LOOKBACK_DAYS))
    fitted = [since + timedelta(days=n) for n in range((tested[-1] - since).days + 1)]
    tables = Tables(
        bigquery.quoted(schemas.HOURLY_CONSUMPTION), bigquery.quoted(schemas.CONSUMPTION_BASELINE)
    )
    expected, total = hours.expected_readings, len(fitted) + len(tested)
    for done, day in enumerate(fitted, 1):
        select = baseline_sql(tables, day, expected)
        bigquery.replace_partition(schemas.CONSUMPTION_BASELINE, day, select)
        report(done, total)
    scored = []
    for done, day in enumerate(tested, len(fitted) + 1):
        select = scores_sql(tables, day, expected)
        bigquery.replace_partition(schemas.ANOMALY_SCORES, day, select)
        scored.append(_scores(bigquery, hours, day))
        report(done, total)
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
