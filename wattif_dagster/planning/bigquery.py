"""Estimates what a backfill stores in BigQuery, and what its queries read.

Sizes are those of "BigQuery data type sizes" in Google's documentation: 8 bytes for a number, a
date or a timestamp, 1 for a BOOL, 2 more than its text for a STRING. NULLs, which take none, are
counted as values. A query's bytes are those of the columns it names in the partitions it reads,
each once. The results of scans, alerts and evaluation are left out: they are small.
BigQuery bills 10 MB or more for each table that a query reads, which is not counted.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from wattif_dagster import schemas
from wattif_dagster.detection.fleet import HISTORY_DAYS as FLEET_HISTORY_DAYS
from wattif_dagster.detection.layered.queries import HISTORY_DAYS, LOOKBACK_DAYS
from wattif_dagster.schemas import Table

TEXT_BYTES = {"serial": 11, "segment": 11, "quantity": 3, "reason": 12}
"""Approximate length of the texts in each STRING column."""
TYPE_BYTES = {"INT64": 8, "FLOAT64": 8, "DATE": 8, "TIMESTAMP": 8, "BOOL": 1}
BASELINE_ROWS = 2 * 24 + 5
"""Rows for a meter and day: mean and largest of each hour, and five numbers of the day."""


@dataclass(frozen=True)
class Read:
    """Columns of a table that a query of an asset reads, on its day and on the days before it."""

    asset: str
    table: Table
    columns: tuple[str, ...]
    days_before: int = 0
    with_the_day: bool = True


DETECTOR_COLUMNS = ("serial", "time_hour_rolled", "avg_kw", "max_kw", "min_kw", "n_readings")

ALERT_DAYS = 46
"""Days before its own that anomaly_alerts reads: those since the quarter began, half of a quarter
on average."""

READS = (
    Read("hourly_consumption", schemas.METER_READINGS, schemas.METER_READINGS.column_names),
    # its checks
    Read("meter_readings", schemas.METER_READINGS, schemas.METER_READINGS.column_names),
    # its check, and its metadata
    Read(
        "hourly_consumption",
        schemas.HOURLY_CONSUMPTION,
        ("serial", "time_hour_rolled", "n_readings"),
    ),
    Read(
        "hourly_consumption",
        schemas.HOURLY_CONSUMPTION,
        ("time_hour_rolled", "consumption_hour_rolled"),
    ),
    Read(
        "fleet_anomalies",
        schemas.HOURLY_CONSUMPTION,
        ("time_hour_rolled", "consumption_hour_rolled"),
        days_before=FLEET_HISTORY_DAYS,
    ),
    Read(
        "consumption_baseline",
        schemas.HOURLY_CONSUMPTION,
        DETECTOR_COLUMNS,
        days_before=HISTORY_DAYS,
        with_the_day=False,
    ),
    Read(
        "anomaly_scores",
        schemas.HOURLY_CONSUMPTION,
        DETECTOR_COLUMNS,
        days_before=LOOKBACK_DAYS,
    ),
    Read(
        "anomaly_scores",
        schemas.CONSUMPTION_BASELINE,
        schemas.CONSUMPTION_BASELINE.column_names,
        days_before=LOOKBACK_DAYS,
    ),
    # its metadata
    Read("anomaly_scores", schemas.ANOMALY_SCORES, schemas.ANOMALY_SCORES.column_names),
    Read("meter_scan_results", schemas.ANOMALY_SCORES, schemas.ANOMALY_SCORES.column_names),
    Read(
        "anomaly_alerts",
        schemas.ANOMALY_SCORES,
        ("serial", "time_hour_rolled", "anomaly_probability", "provisional", "reason"),
        days_before=ALERT_DAYS,
    ),
    Read(
        "detector_evaluation",
        schemas.ANOMALY_SCORES,
        ("serial", "time_hour_rolled", "anomaly_probability"),
    ),
)


@dataclass(frozen=True)
class Warehouse:
    """Logical bytes that the tables hold after the backfill, and that its queries read."""

    stored_bytes: int
    query_bytes: int


def estimate_warehouse(
    meters: Sequence[int], rows: int, raw_bytes: int, external: bool
) -> Warehouse:
    """Estimate days with so many meters each, and so many readings in all.

    An external table of readings stores nothing, and is read as uncompressed JSON.
    """
    stored = estimate_stored(sum(meters), rows, external)
    read = estimate_read(meters, range(len(meters)), rows, raw_bytes, external)
    return Warehouse(sum(stored.values()), sum(read.values()))


def estimate_stored(meter_days: int, rows: int, external: bool) -> dict[str, int]:
    """Estimate the bytes that each asset stores for so many days of meters, with their readings."""
    readings = 0 if external else rows * count_row_bytes(schemas.METER_READINGS)
    stored = {name: meter_days * size for name, size in _BYTES_PER_METER.items()}
    return {**stored, schemas.METER_READINGS.name: readings}


def estimate_read(
    meters: Sequence[int], days: range, rows: int, raw_bytes: int, external: bool
) -> dict[str, int]:
    """Estimate the bytes that the queries of each asset read on some of the days.

    `meters` counts those of all days, `rows` and `raw_bytes` the readings of `days` alone.
    """
    readings = raw_bytes if external else rows * count_row_bytes(schemas.METER_READINGS)
    read: Counter[str] = Counter()
    for query in READS:
        if query.table is schemas.METER_READINGS:
            read[query.asset] += readings
        else:
            share = count_row_bytes(query.table, query.columns) / count_row_bytes(query.table)
            meter_days = sum(_count_meters(meters, number, query) for number in days)
            read[query.asset] += round(meter_days * _BYTES_PER_METER[query.table.name] * share)
    return dict(read)


def count_row_bytes(table: Table, columns: Sequence[str] | None = None) -> int:
    """Count the logical bytes of a row in these columns, or in all columns."""
    return sum(
        2 + TEXT_BYTES[column.name] if column.type == "STRING" else TYPE_BYTES[column.type]
        for column in table.columns
        if columns is None or column.name in columns
    )


def _count_meters(meters: Sequence[int], number: int, read: Read) -> int:
    """Sum the meters of the partitions that the query of the `number`-th day reads."""
    before = sum(meters[max(0, number - read.days_before) : number])
    return before + (meters[number] if read.with_the_day else 0)


_BYTES_PER_METER = {
    schemas.METER_REGISTRY.name: count_row_bytes(schemas.METER_REGISTRY),
    schemas.HOURLY_CONSUMPTION.name: 24 * count_row_bytes(schemas.HOURLY_CONSUMPTION),
    schemas.CONSUMPTION_BASELINE.name: BASELINE_ROWS
    * count_row_bytes(schemas.CONSUMPTION_BASELINE),
    schemas.ANOMALY_SCORES.name: 24 * count_row_bytes(schemas.ANOMALY_SCORES),
}
"""Bytes of a meter's day in each table."""
