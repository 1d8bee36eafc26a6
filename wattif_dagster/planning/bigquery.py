"""Estimates what a backfill stores in BigQuery, and what its queries read.

Sizes are those of "BigQuery data type sizes" in Google's documentation: 8 bytes for a number, a
date or a timestamp, 1 for a BOOL, 2 more than its text for a STRING. NULLs, which take none, are
counted as values. A query's bytes are those of the columns it names in the partitions it reads,
each once. The results of scans, alerts and evaluation are left out: they are small.
"""

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
    """Columns of a table that a query of each day reads, on the day and on the days before it."""

    table: Table
    columns: tuple[str, ...]
    days_before: int = 0
    with_the_day: bool = True


DETECTOR_COLUMNS = ("serial", "time_hour_rolled", "avg_kw", "max_kw", "min_kw", "n_readings")

READS = (
    # hourly_consumption, and the checks of meter_readings
    *[Read(schemas.METER_READINGS, schemas.METER_READINGS.column_names)] * 2,
    # the check of hourly_consumption, and the metadata of the asset
    Read(schemas.HOURLY_CONSUMPTION, ("serial", "time_hour_rolled", "n_readings")),
    Read(schemas.HOURLY_CONSUMPTION, ("time_hour_rolled", "consumption_hour_rolled")),
    # fleet_anomalies
    Read(
        schemas.HOURLY_CONSUMPTION,
        ("time_hour_rolled", "consumption_hour_rolled"),
        days_before=FLEET_HISTORY_DAYS,
    ),
    # consumption_baseline
    Read(
        schemas.HOURLY_CONSUMPTION,
        DETECTOR_COLUMNS,
        days_before=HISTORY_DAYS,
        with_the_day=False,
    ),
    # anomaly_scores
    Read(
        schemas.HOURLY_CONSUMPTION,
        DETECTOR_COLUMNS,
        days_before=LOOKBACK_DAYS,
    ),
    Read(
        schemas.CONSUMPTION_BASELINE,
        schemas.CONSUMPTION_BASELINE.column_names,
        days_before=LOOKBACK_DAYS,
    ),
    # meter_scan_results, and the metadata of anomaly_scores
    *[Read(schemas.ANOMALY_SCORES, schemas.ANOMALY_SCORES.column_names)] * 2,
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
    meter_days = sum(meters)
    readings_bytes = rows * count_row_bytes(schemas.METER_READINGS)
    per_meter = {
        schemas.METER_REGISTRY.name: count_row_bytes(schemas.METER_REGISTRY),
        schemas.HOURLY_CONSUMPTION.name: 24 * count_row_bytes(schemas.HOURLY_CONSUMPTION),
        schemas.CONSUMPTION_BASELINE.name: BASELINE_ROWS
        * count_row_bytes(schemas.CONSUMPTION_BASELINE),
        schemas.ANOMALY_SCORES.name: 24 * count_row_bytes(schemas.ANOMALY_SCORES),
    }
    stored = meter_days * sum(per_meter.values()) + (0 if external else readings_bytes)
    read = 0.0
    for query in READS:
        if query.table is schemas.METER_READINGS:
            read += raw_bytes if external else readings_bytes
        else:
            share = count_row_bytes(query.table, query.columns) / count_row_bytes(query.table)
            read += _count_meter_days(meters, query) * per_meter[query.table.name] * share
    return Warehouse(stored, round(read))


def count_row_bytes(table: Table, columns: Sequence[str] | None = None) -> int:
    """Count the logical bytes of a row in these columns, or in all columns."""
    return sum(
        2 + TEXT_BYTES[column.name] if column.type == "STRING" else TYPE_BYTES[column.type]
        for column in table.columns
        if columns is None or column.name in columns
    )


def _count_meter_days(meters: Sequence[int], read: Read) -> int:
    """Sum the meters of all partitions that the queries of all days read."""
    total = 0
    for number, count in enumerate(meters):
        total += sum(meters[max(0, number - read.days_before) : number])
        total += count if read.with_the_day else 0
    return total
