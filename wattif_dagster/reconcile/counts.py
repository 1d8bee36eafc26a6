"""Counts one day of `meter_readings`, `hourly_consumption` and `fleet_hours`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from wattif_dagster import schemas
from wattif_dagster.metering.simulation import SECONDS_PER_HOUR
from wattif_dagster.resources.bigquery import BigQueryWarehouse
from wattif_dagster.sql import render_sql

LOWEST_KW, HIGHEST_KW = -100.0, 100.0
"""No household has readings outside of these: 400 V and 100 A on three phases are 69 kW."""

_FOLDER = Path(__file__).parent

CountBySerial = Mapping[str, int]
"""Counts above 0, by serial."""


@dataclass(frozen=True)
class ReadingsCounts:
    """One day of `meter_readings` and its registry. `milliwatts` is the sum of readings."""

    readings: int
    milliwatts: int
    unregistered: int
    """Meters that report but are not registered."""
    silent: int
    """Meters that are registered but do not report."""
    repeated: int
    misplaced: int
    """Readings outside of the day, or between two intervals."""
    out_of_range: int
    repeated_by_meter: CountBySerial
    out_of_range_by_meter: CountBySerial


@dataclass(frozen=True)
class HoursCounts:
    """One day of `hourly_consumption`. A meter's faulty hours are missing or incomplete."""

    meters: int
    hours: int
    incomplete_hours: int
    readings: int
    milliwatts: int
    faulty_by_meter: CountBySerial


@dataclass(frozen=True)
class FleetCounts:
    """One day of `fleet_hours`: how many hours of meters it stands for, and their energy in kWh."""

    hours: int
    kwh: float


def count_readings(bigquery: BigQueryWarehouse, day: date, interval_seconds: int) -> ReadingsCounts:
    """Count the day's rows of `meter_readings`. Raises JobError."""
    row = bigquery.row(
        render_sql(
            _FOLDER / "readings.sql",
            day=day,
            interval_micros=interval_seconds * 1_000_000,
            lowest_kw=LOWEST_KW,
            highest_kw=HIGHEST_KW,
            meter_readings=bigquery.quoted(schemas.METER_READINGS),
            readings_filter=bigquery.partition_filter(schemas.METER_READINGS, day),
            meter_registry=bigquery.quoted(schemas.METER_REGISTRY),
            registry_filter=bigquery.partition_filter(schemas.METER_REGISTRY, day),
        )
    )
    deviating = row.pop("deviating") or []
    return ReadingsCounts(
        **{name: int(value) for name, value in row.items()},
        repeated_by_meter=_by_serial(deviating, "repeated"),
        out_of_range_by_meter=_by_serial(deviating, "out_of_range"),
    )


def count_hours(bigquery: BigQueryWarehouse, day: date, interval_seconds: int) -> HoursCounts:
    """Count the day's rows of `hourly_consumption`. Raises JobError."""
    table = schemas.HOURLY_CONSUMPTION
    row = bigquery.row(
        render_sql(
            _FOLDER / "hours.sql",
            readings_per_hour=SECONDS_PER_HOUR // interval_seconds,
            interval_seconds=interval_seconds,
            hourly_consumption=bigquery.quoted(table),
            hours_filter=bigquery.partition_filter(table, day),
        )
    )
    deviating = row.pop("deviating") or []
    return HoursCounts(
        **{name: int(value) for name, value in row.items()},
        faulty_by_meter=_by_serial(deviating, "faulty"),
    )


def count_fleet(bigquery: BigQueryWarehouse, day: date) -> FleetCounts:
    """Count the day's rows of `fleet_hours`. Raises JobError."""
    table = schemas.FLEET_HOURS
    row = bigquery.row(
        "SELECT COALESCE(SUM(meters), 0) AS hours, COALESCE(SUM(meters * avg_kwh), 0) AS kwh "
        f"FROM {bigquery.quoted(table)} WHERE {bigquery.partition_filter(table, day)}"
    )
    return FleetCounts(int(row["hours"]), float(row["kwh"]))


def to_kwh(milliwatts: int, interval_seconds: int) -> float:
    """The energy in kWh of readings that last an interval each and add up to so many mW."""
    return milliwatts * interval_seconds / SECONDS_PER_HOUR / 1_000_000


def _by_serial(deviating: Sequence[Mapping[str, Any]], column: str) -> CountBySerial:
    return {row["serial"]: int(row[column]) for row in deviating if row[column]}
