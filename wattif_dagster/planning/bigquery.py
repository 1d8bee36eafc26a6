"""Estimates what a backfill stores in BigQuery, and what its queries read.

Sizes are those of "BigQuery data type sizes" in Google's documentation: 8 bytes for a number, a
date or a timestamp, 1 for a BOOL, 2 more than its text for a STRING. NULLs, which take none, are
counted as values. A query's bytes are those of the columns that each scan of a table names in the
partitions it reads; `reads` lists the scans. The hours of the fleet, the results of
Dataplex scans, alerts and evaluation count as nothing where they are stored: they are small.
BigQuery bills 10 MB or more for each table that a query reads, which is not counted.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from wattif_dagster import schemas
from wattif_dagster.detection.layered.temporary import (
    BASELINE_FIT,
    DAY_DEVIATIONS,
    SCALED_DEVIATIONS,
)
from wattif_dagster.planning.reads import READS, Read
from wattif_dagster.schemas import Table

TEXT_BYTES = {"serial": 11, "segment": 11, "reason": 12}
"""Approximate length of the texts in each STRING column."""
TYPE_BYTES = {"INT64": 8, "FLOAT64": 8, "DATE": 8, "TIMESTAMP": 8, "BOOL": 1}
_CELLS, _FIT_DAYS = 24, 28
"""The rows of `baseline_fit` of a meter: the expectations of its hours, and the days of the fit."""
_OF_CELLS = ("hour", "mean", "sd")
_OF_BOTH = ("baseline_day", "serial")
_OF_THE_FLEET = ("fleet_z",)

_ROWS_PER_METER = {
    schemas.METER_REGISTRY: 1,
    schemas.HOURLY_CONSUMPTION: 24,
    schemas.METER_DAYS: 1,
    schemas.CONSUMPTION_BASELINE: 1,
    schemas.CONSUMPTION_DEVIATIONS: 1,
    schemas.ANOMALY_SCORES: 24,
    DAY_DEVIATIONS: 1,
    SCALED_DEVIATIONS: 1,
}


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
    stored = {
        table.name: meter_days * count_meter_bytes(table)
        for table in _ROWS_PER_METER
        if not table.temporary
    }
    # The asset of the scores writes the deviations too.
    stored[schemas.ANOMALY_SCORES.name] += stored.pop(schemas.CONSUMPTION_DEVIATIONS.name)
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
        elif query.table is schemas.FLEET_HOURS:
            partitions = sum(_count_meters([1] * len(meters), number, query) for number in days)
            read[query.asset] += partitions * 24 * count_row_bytes(query.table, query.columns)
        else:
            meter_days = sum(_count_meters(meters, number, query) for number in days)
            read[query.asset] += meter_days * count_meter_bytes(query.table, query.columns)
    return dict(read)


def count_row_bytes(table: Table, columns: Sequence[str] | None = None) -> int:
    """Count the logical bytes of a row in these columns, or in all columns."""
    return sum(
        2 + TEXT_BYTES[column.name] if column.type == "STRING" else TYPE_BYTES[column.type]
        for column in table.columns
        if columns is None or column.name in columns
    )


def count_meter_bytes(table: Table, columns: Sequence[str] | None = None) -> int:
    """Count the logical bytes of a meter's day in these columns, or in all columns."""
    if table is not BASELINE_FIT:
        return _ROWS_PER_METER[table] * count_row_bytes(table, columns)
    total = 0
    for column in columns or table.column_names:
        rows = 0 if column in _OF_THE_FLEET else _CELLS if column in _OF_CELLS else _FIT_DAYS
        rows += _CELLS if column in _OF_BOTH else 0
        total += rows * count_row_bytes(table, [column])
    return total


def _count_meters(meters: Sequence[int], number: int, read: Read) -> int:
    """Sum the meters of the partitions that the query of the `number`-th day reads."""
    before = sum(meters[max(0, number - read.days_before) : number])
    return before + (meters[number] if read.with_the_day else 0)
