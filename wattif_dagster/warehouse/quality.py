"""The figures that the checks compare, read from BigQuery."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from typing import Any

from wattif_dagster import schemas
from wattif_dagster.resources.bigquery import BigQueryWarehouse
from wattif_dagster.resources.bigquery_tables import of_day
from wattif_dagster.warehouse.load import readings_of

_READINGS_SQL = (files("wattif_dagster.warehouse") / "quality.sql").read_text()

LOWEST_KW, HIGHEST_KW = -100.0, 100.0
"""A reading outside is no household's: three phases of 400 V and 100 A end at 69 kW."""


Meters = Mapping[str, int]
"""A count by serial, of the meters that have any."""


@dataclass(frozen=True)
class ReadingsQuality:
    """Counts of one day of `meter_readings`, beside its registry."""

    row_count: int
    serials: int
    registered_serials: int
    unregistered: int
    silent: int
    repeated: int
    misplaced: int
    out_of_range: int
    repeated_by_meter: Meters
    out_of_range_by_meter: Meters


@dataclass(frozen=True)
class HoursQuality:
    """Counts of one day of `hourly_consumption`. A meter's faulty hours are those that are not
    there and those with too few or too many readings."""

    meters: int
    hours: int
    incomplete_hours: int
    readings: int
    faulty_by_meter: Meters


def readings_quality(
    bigquery: BigQueryWarehouse, day: date, interval_seconds: int
) -> ReadingsQuality:
    """Count what a sound day has none of: meters unknown or silent, repeats, strays."""
    row = bigquery.row(
        _READINGS_SQL.format(
            day=day,
            interval_micros=interval_seconds * 1_000_000,
            lowest_kw=LOWEST_KW,
            highest_kw=HIGHEST_KW,
            meter_readings=bigquery.quoted(schemas.METER_READINGS),
            readings_of_day=readings_of(bigquery, day),
            meter_registry=bigquery.quoted(schemas.METER_REGISTRY),
            registry_of_day=of_day(schemas.METER_REGISTRY, day),
        )
    )
    deviating = row.pop("deviating") or []
    return ReadingsQuality(
        **{name: int(value) for name, value in row.items()},
        repeated_by_meter=_by_meter(deviating, "repeated"),
        out_of_range_by_meter=_by_meter(deviating, "out_of_range"),
    )


def hours_quality(bigquery: BigQueryWarehouse, day: date, readings_per_hour: int) -> HoursQuality:
    """Count the hours of the day, and those that lack readings or have too many."""
    table = schemas.HOURLY_CONSUMPTION
    row = bigquery.row(
        "SELECT COUNT(*) AS meters, COALESCE(SUM(hours), 0) AS hours, "
        "COALESCE(SUM(incomplete), 0) AS incomplete_hours, COALESCE(SUM(n), 0) AS readings, "
        "ARRAY_AGG(IF(hours < 24 OR incomplete > 0, "
        "STRUCT(serial AS serial, 24 - hours + incomplete AS faulty), NULL) IGNORE NULLS"
        ") AS deviating "
        "FROM (SELECT serial, COUNT(*) AS hours, "
        f"COUNTIF(n_readings != {readings_per_hour}) AS incomplete, SUM(n_readings) AS n "
        f"FROM {bigquery.quoted(table)} WHERE {of_day(table, day)} GROUP BY serial)"
    )
    deviating = row.pop("deviating") or []
    return HoursQuality(
        **{name: int(value) for name, value in row.items()},
        faulty_by_meter=_by_meter(deviating, "faulty"),
    )


def _by_meter(deviating: Sequence[Mapping[str, Any]], column: str) -> Meters:
    return {row["serial"]: row[column] for row in deviating if row[column]}
