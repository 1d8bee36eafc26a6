"""Fills `hourly_consumption` from a file or from landed days, and finds out what it holds."""

from dataclasses import dataclass
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from wattif_dagster import schemas
from wattif_dagster.errors import UserError
from wattif_dagster.ingest.layout import MANIFESTS_FOLDER, manifest_name, parse_day
from wattif_dagster.ingest.store import ObjectStore
from wattif_dagster.resources.bigquery import BigQueryWarehouse
from wattif_dagster.scoring.files import Progress, holds_readings, read_hourly

MOST_DAYS = 5 * 366


@dataclass(frozen=True)
class History:
    """What `hourly_consumption` holds: consecutive days, and the readings of a complete hour."""

    days: tuple[date, ...]
    expected_readings: int


def load_file(bigquery: BigQueryWarehouse, path: Path, report: Progress) -> None:
    """Append the hours of a file, batch by batch. Raises UserError for a file that cannot be used.

    An hour without readings is left out: it is a missing hour.
    """
    for batch in read_hourly(path, report):
        there = batch.filter(pc.field("n_readings") > 0)
        if not len(there):
            continue
        energy = pa.nulls(len(there), pa.float64())  # the detector reads none
        file = BytesIO()
        pq.write_table(there.append_column("consumption_hour_rolled", energy), file)
        first = there["time_hour_rolled"].cast(pa.timestamp("us")).to_numpy().min().item()
        bigquery.append_rows(schemas.HOURLY_CONSUMPTION, file, first.date())
    if holds_readings(path):
        _merge_hours(bigquery)


def _merge_hours(bigquery: BigQueryWarehouse) -> None:
    """Merge the parts of the hours, day by day."""
    table = schemas.HOURLY_CONSUMPTION
    days = bigquery.rows(
        f"SELECT DISTINCT DATE(time_hour_rolled) AS day FROM {bigquery.quoted(table)} ORDER BY day"
    )
    for row in days:
        bigquery.replace_partition(
            table,
            row["day"],
            "SELECT serial, time_hour_rolled, "
            "SUM(consumption_hour_rolled) AS consumption_hour_rolled, "
            "SUM(avg_kw * n_readings) / SUM(n_readings) AS avg_kw, MAX(max_kw) AS max_kw, "
            f"MIN(min_kw) AS min_kw, SUM(n_readings) AS n_readings FROM {bigquery.quoted(table)} "
            f"WHERE {bigquery.partition_filter(table, row['day'])} "
            "GROUP BY serial, time_hour_rolled",
        )


def find_landed_days(store: ObjectStore) -> list[date]:
    """List the days that have a manifest."""
    names = {item.name for item in store.list(f"{MANIFESTS_FOLDER}dt=")}
    days = {day for name in names if (day := parse_day(name))}
    return sorted(day for day in days if manifest_name(day) in names)


def examine_hours(bigquery: BigQueryWarehouse, source: str) -> History:
    """Find out what `hourly_consumption` holds. Raises UserError, which names the source."""
    table = bigquery.quoted(schemas.HOURLY_CONSUMPTION)
    counts = bigquery.rows(
        "SELECT n_readings, COUNT(*) AS n, MIN(time_hour_rolled) AS first, "
        f"MAX(time_hour_rolled) AS last FROM {table} "
        "GROUP BY n_readings ORDER BY n DESC, n_readings"
    )
    if not counts:
        raise UserError(f"{source} has no hour with readings. Write hourly consumption into it.")
    first = min(row["first"] for row in counts).date()
    days = (max(row["last"] for row in counts).date() - first).days + 1
    if days > MOST_DAYS:
        raise UserError(f"{source} spans more than 5 years. Cut it to the days to score.")
    _require_one_row_an_hour(bigquery, source)
    return History(tuple(first + timedelta(days=n) for n in range(days)), counts[0]["n_readings"])


def _require_one_row_an_hour(bigquery: BigQueryWarehouse, source: str) -> None:
    twice = bigquery.rows(
        f"SELECT serial, time_hour_rolled FROM {bigquery.quoted(schemas.HOURLY_CONSUMPTION)} "
        "GROUP BY serial, time_hour_rolled HAVING COUNT(*) > 1 "
        "ORDER BY serial, time_hour_rolled LIMIT 1"
    )
    for row in twice:
        raise UserError(
            f"{source} has two rows of the same serial and hour: {row['serial']} at "
            f"{row['time_hour_rolled']:%Y-%m-%dT%H:%MZ}. Keep one of them."
        )
