"""Renders the SQL of one day's partition of `consumption_baseline` and of `anomaly_scores`.

Bytes read for a day of a million meters, estimated from the columns' sizes with each table counted
once: baseline 53 GB (42 days of hourly_consumption), scores 118 GB (21 days of hourly_consumption,
27 GB, and of consumption_baseline, 91 GB).
"""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from wattif_dagster.errors import UserError
from wattif_dagster.sql import read_sql, render_sql

FIT_DAYS = 28
CALIBRATION_DAYS = 14
LONGEST_SUM_DAYS = 7

HISTORY_DAYS = FIT_DAYS + CALIBRATION_DAYS
"""Days before a day that its baseline reads. Scores with a shorter history are provisional."""

LEAST_HISTORY_DAYS = 7
"""Days since a meter was first seen. With fewer days only the rules score it."""

LOOKBACK_DAYS = CALIBRATION_DAYS + LONGEST_SUM_DAYS - 1
"""Days before a day whose baseline and hourly consumption the day's scores read."""

_CONSTANTS = {
    "fit_days": FIT_DAYS,
    "history_days": HISTORY_DAYS,
    "least_history_days": LEAST_HISTORY_DAYS,
    "least_calibration": 200,  # pooled scores, below which p-values would be too coarse
    "least_day_hours": 12,
    "least_mean_kw": 0.01,  # for a meter that measures nothing, where any load is a large one
    "least_variance": 1e-6,
    "least_sd": 0.02,
    "log_scale": 5,  # u = sign(x) * ln(1 + 5 |x| / mean): about linear below a fifth of the mean
    "cell_weight": 6,  # days that the meter's and the fleet's means count for in a cell
    "day_weight": 7,  # days that the fleet's variance counts for
    "loading_variance": 25,  # prior variance of a loading, whose mean is 0
    "responding_limit": 1.5,  # standard errors that a loading must be above 0
    "largest_day_z": 16,  # so that no single day dominates the sum of a week
    "least_responding": 10,  # meters that must respond to estimate the weather
    "stuck_hours": 3,
    "largest_kw": 23,  # a main fuse of 100 A at 230 V
    "buckets_per_unit": 50,
    "contamination_limit": 4.2,
    "bounds_tail": 0.005,  # on either side: bounds hold 99% of the calibration's hours
}

_FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Tables:
    """The names of the tables that a detector reads, quoted for SQL.

    Without a registry the expected meters are those seen in the last seven days. `model` is the
    model of a detector that trains one, with the day in its name.
    """

    hourly_consumption: str
    consumption_baseline: str
    meter_registry: str | None = None
    model: str | None = None


def baseline_sql(tables: Tables, day: date, expected_readings: int) -> str:
    """Render a SELECT of the day's rows of `schemas.CONSUMPTION_BASELINE`.

    It reads `hourly_consumption` of the HISTORY_DAYS before `day`. A complete hour has
    `expected_readings` readings, and other hours are not used. Meters seen for less than seven
    days have no rows. Raises UserError unless `expected_readings` is positive.
    """
    return _render("baseline.sql", tables, day, expected_readings)


def scores_sql(tables: Tables, day: date, expected_readings: int) -> str:
    """Render a SELECT of the day's rows of `schemas.ANOMALY_SCORES`.

    It has a row for each expected meter and hour. It reads `hourly_consumption` and
    `consumption_baseline` of `day` and of the LOOKBACK_DAYS before it. Raises UserError
    unless `expected_readings` is positive.
    """
    files = ("rules.sql", "deviations.sql", "calibration.sql", "scores.sql")
    return "WITH\n" + "\n".join(_render(name, tables, day, expected_readings) for name in files)


def rules_sql(tables: Tables, day: date, expected_readings: int) -> str:
    """Render layer 0 as CTEs, each with a comma after it.

    `rules` has the serial, time and reason of each expected meter and hour. Raises UserError
    unless `expected_readings` is positive.
    """
    return _render("rules.sql", tables, day, expected_readings)


def _render(name: str, tables: Tables, day: date, expected_readings: int) -> str:
    if expected_readings < 1:
        raise UserError(f"expected_readings={expected_readings} is out of range. Use 1 or more.")
    values = _CONSTANTS | {
        "hourly_consumption": tables.hourly_consumption,
        "consumption_baseline": tables.consumption_baseline,
        "meters": _select_meters(tables, day),
        "expected_readings": expected_readings,
        "day": day.isoformat(),
        "day_end": (day + timedelta(days=1)).isoformat(),
        "history_start": (day - timedelta(days=HISTORY_DAYS)).isoformat(),
        "calibration_start": (day - timedelta(days=CALIBRATION_DAYS)).isoformat(),
        "since": (day - timedelta(days=LOOKBACK_DAYS)).isoformat(),
        "is_vacant": read_sql(_FOLDER / "vacancy.sql"),
    }
    values["day_features"] = render_sql(_FOLDER / "day_features.sql", **values)
    return render_sql(_FOLDER / name, **values)


def _select_meters(tables: Tables, day: date) -> str:
    if tables.meter_registry:
        return f"SELECT serial FROM {tables.meter_registry} WHERE registry_date = DATE '{day}'"
    return (
        f"SELECT DISTINCT serial FROM {tables.hourly_consumption} "
        f"WHERE time_hour_rolled >= TIMESTAMP '{day - timedelta(days=7)}' "
        f"AND time_hour_rolled < TIMESTAMP '{day + timedelta(days=1)}'"
    )
