"""Renders the layered detector's queries of one day, in the order in which they run."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path

from wattif_dagster import schemas
from wattif_dagster.detection.layered import temporary
from wattif_dagster.detection.layered.temporary import SUMS
from wattif_dagster.detection.local_hours import render_local_hours
from wattif_dagster.detection.steps import Step, Tables
from wattif_dagster.errors import UserError
from wattif_dagster.sql import read_sql, render_sql

FIT_DAYS = 28
GAP_DAYS = 14
"""Days between the fit and the day, in which an anomaly is not yet part of the baseline."""

HISTORY_DAYS = FIT_DAYS + GAP_DAYS
"""Days before a day that its baseline reads. Scores with a shorter history are provisional."""

LEAST_HISTORY_DAYS = 7
"""Days since a meter was first seen. With fewer days only the rules score it."""

CALIBRATION_DAYS = 14
CALIBRATION_START = 28
"""Days before a day at which its calibration begins, and ends two weeks later."""

SCALE_START, SCALE_END = 28, 7
"""Days before a day between which its meters' restlessness is measured."""

SUM_DAYS = 7
SCALE_DAYS_READ = SCALE_START + SUM_DAYS - 1
"""Days before a day whose deviations are read to scale the day's."""

LOOKBACK_DAYS = CALIBRATION_START + SCALE_DAYS_READ
"""Days before a day that need deviations, so that its scores are what a long history gives."""

LOG_SCALE = 5
"""u = sign(x) * ln(1 + 5 |x| / mean): about linear below a fifth of the mean."""

_DAY_TAILS = {
    "day:level1+": "level",
    "day:level1-": "-level",
    "day:level7-": "-level7",
    "day:floor1-": "-floor",
    "day:floor7-": "-floor7",
    "day:peak1-": "-peak",
    "day:shape1-": "-shape",
}
_HOUR_TAILS = ("hour:avg+", "hour:avg-")

_CONSTANTS = {
    "fit_days": FIT_DAYS,
    "history_days": HISTORY_DAYS,
    "calibration_days": CALIBRATION_DAYS,
    "scale_days": SCALE_START - SCALE_END,
    "least_history_days": LEAST_HISTORY_DAYS,
    "least_calibration": 200,  # pooled scores, below which p-values would be too coarse
    "least_day_hours": 12,
    "least_mean_kw": 0.01,  # for a meter that measures nothing, where any load is a large one
    "least_variance": 1e-6,
    "least_sd": 0.02,
    "log_scale": LOG_SCALE,
    "cell_weight": 6,  # days that the meter's and the fleet's means count for in a cell
    "day_weight": 7,  # days that the fleet's variance counts for
    "scale_weight": 7,  # days that the fleet's scale counts for, and as many weeks
    "hour_scale_weight": 100,  # hours that it counts for
    "largest_square": 36,  # so that no single value determines a scale
    "loading_variance": 25,  # prior variance of a loading, whose mean is 0
    "responding_limit": 1.5,  # standard errors that a loading must be above 0
    "largest_z": 16,  # so that no single day dominates the sum of a week
    "least_responding": 10,  # meters that must respond to estimate the weather
    "largest_kw": 23,  # a main fuse of 100 A at 230 V
    "largest_growth": 1.5,  # times the largest reading before
    "missing_limit": 0.02,  # share of missing hours from which on they are this meter's habit
    "event_meters": 3,
    "event_share": 0.2,
    "buckets_per_unit": 50,
    "tail_share": 0.02,
    "least_tail_index": 0.02,
    "bounds_tail": 0.005,  # on either side: bounds hold 99% of the calibration's hours
    "day_tails": list(_DAY_TAILS),
    "hour_tails": list(_HOUR_TAILS),
    "day_tail_count": len(_DAY_TAILS),
    "hour_tail_count": len(_HOUR_TAILS),
}
_STUCK_HOURS, _STUCK_READINGS = 3, 6
"""A run of equal readings is stuck when it has so many hours, and so many readings."""

_FOLDER = Path(__file__).parent
_EACH = {
    "hour": [f"{hour:02d}" for hour in range(24)],
    "feature": schemas.FEATURES,
    "quantity": schemas.QUANTITIES,
    "sum": SUMS,
    "day_case": [f"WHEN '{tail}' THEN {score}" for tail, score in _DAY_TAILS.items()],
}


def meter_days_step(tables: Tables, day: date, expected_readings: int) -> Step:
    """Render the day's rows of `meter_days`, from `hourly_consumption` of it and the day before.

    A complete hour has `expected_readings` readings. Raises UserError unless it is positive.
    """
    values = _list_values(tables, day, expected_readings)
    return Step(schemas.METER_DAYS, _render("meter_days", values))


def baseline_steps(tables: Tables, day: date, expected_readings: int) -> list[Step]:
    """Render the steps to the day's rows of `consumption_baseline`.

    They read `meter_days` of the HISTORY_DAYS before `day`. Meters seen for less than seven days
    have no rows.
    """
    values = _list_values(tables, day, expected_readings)
    return [
        Step(temporary.BASELINE_FIT, _render("baseline_fit", values)),
        Step(schemas.CONSUMPTION_BASELINE, _render("consumption_baseline", values)),
    ]


def deviations_steps(tables: Tables, day: date, expected_readings: int) -> list[Step]:
    """Render the steps to the day's rows of `consumption_deviations` and `score_counts`.

    They read `meter_days` and `consumption_baseline` of the day, and `consumption_deviations` of
    the SCALE_DAYS_READ days before it.
    """
    values = _list_values(tables, day, expected_readings)
    return [
        Step(temporary.DAY_DEVIATIONS, _render("day_deviations", values)),
        Step(schemas.CONSUMPTION_DEVIATIONS, _render("consumption_deviations", values)),
        Step(temporary.SCALED_DEVIATIONS, _render("scaled_deviations", values)),
        Step(schemas.SCORE_COUNTS, _render_with(["evidence"], "score_counts", values)),
    ]


def scores_steps(tables: Tables, day: date, expected_readings: int) -> list[Step]:
    """Render the steps to the day's rows of `consumption_deviations` and `anomaly_scores`.

    `anomaly_scores` has a row for each expected meter and hour. The steps also read
    `hourly_consumption` of the day and the day before it, `meter_days` of the days of the fit, and
    `score_counts` of the CALIBRATION_START days before it.
    """
    values = _list_values(tables, day, expected_readings)
    scored = ["rules", "evidence", "p_values", "limits"]
    return [
        *deviations_steps(tables, day, expected_readings),
        Step(temporary.SCORE_TAILS, _render("score_tails", values)),
        Step(schemas.ANOMALY_SCORES, _render_with(scored, "anomaly_scores", values)),
    ]


def rules_sql(tables: Tables, day: date, expected_readings: int) -> str:
    """Render layer 0 as CTEs.

    `rules` has the serial, time, reason and completeness of each expected meter and hour. Raises
    UserError unless `expected_readings` is positive.
    """
    return _render("rules", _list_values(tables, day, expected_readings))


def _render_with(ctes: Sequence[str], query: str, values: Mapping[str, object]) -> str:
    rendered = ",\n\n".join(_render(name, values) for name in ctes)
    return f"WITH\n{rendered}\n\n{_render(query, values)}"


def _render(name: str, values: Mapping[str, object]) -> str:
    return render_sql(_FOLDER / f"{name}.sql", _EACH, **values)


def _list_values(tables: Tables, day: date, expected_readings: int) -> dict[str, object]:
    if expected_readings < 1:
        raise UserError(f"expected_readings={expected_readings} is out of range. Use 1 or more.")

    def before(days: int) -> str:
        return (day - timedelta(days=days)).isoformat()

    values: dict[str, object] = _CONSTANTS | {
        "hourly_consumption": tables.quoted(schemas.HOURLY_CONSUMPTION),
        "meter_days": tables.quoted(schemas.METER_DAYS),
        "consumption_baseline": tables.quoted(schemas.CONSUMPTION_BASELINE),
        "consumption_deviations": tables.quoted(schemas.CONSUMPTION_DEVIATIONS),
        "score_counts": tables.quoted(schemas.SCORE_COUNTS),
        "baseline_fit": tables.quoted(temporary.BASELINE_FIT),
        "day_deviations": tables.quoted(temporary.DAY_DEVIATIONS),
        "scaled_deviations": tables.quoted(temporary.SCALED_DEVIATIONS),
        "score_tails": tables.quoted(temporary.SCORE_TAILS),
        "meters": _select_meters(tables, day),
        "expected_readings": expected_readings,
        "most_constant_hours": max(_STUCK_HOURS, -(-_STUCK_READINGS // expected_readings)) - 1,
        "day": day.isoformat(),
        "day_end": before(-1),
        "history_start": before(HISTORY_DAYS),
        "fit_end": before(GAP_DAYS),
        "sums_start": before(SCALE_DAYS_READ),
        "scale_start": before(SCALE_START),
        "scale_end": before(SCALE_END),
        "calibration_start": before(CALIBRATION_START),
        "is_vacant": read_sql(_FOLDER / "vacancy.sql"),
        **render_local_hours(tables.local_time, day - timedelta(days=HISTORY_DAYS), day),
    }
    constant_hours = render_sql(_FOLDER / "constant_hours.sql", _EACH, **values)
    return values | {"constant_hours": constant_hours}


def _select_meters(tables: Tables, day: date) -> str:
    if tables.registry:
        registry = tables.quoted(schemas.METER_REGISTRY)
        return f"SELECT serial FROM {registry} WHERE registry_date = DATE '{day}'"
    return (
        f"SELECT DISTINCT serial FROM {tables.quoted(schemas.HOURLY_CONSUMPTION)} "
        f"WHERE time_hour_rolled >= TIMESTAMP '{day - timedelta(days=7)}' "
        f"AND time_hour_rolled < TIMESTAMP '{day + timedelta(days=1)}'"
    )
