"""Renders the layered detector's queries of one day, in the order in which they run."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path

from wattif_dagster import schemas
from wattif_dagster.detection.layered import temporary
from wattif_dagster.detection.layered.temporary import FEATURES, QUANTITIES
from wattif_dagster.detection.steps import Step, Tables
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
"""Days before a day whose deviations the day's scores read."""

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
    "largest_z": 16,  # so that no single day dominates the sum of a week
    "least_responding": 10,  # meters that must respond to estimate the weather
    "stuck_hours": 3,
    "largest_kw": 23,  # a main fuse of 100 A at 230 V
    "buckets_per_unit": 50,
    "contamination_limit": 4.2,
    "bounds_tail": 0.005,  # on either side: bounds hold 99% of the calibration's hours
}

_FOLDER = Path(__file__).parent
_EACH = {
    "hour": [f"{hour:02d}" for hour in range(24)],
    "feature": FEATURES,
    "quantity": QUANTITIES,
}


def meter_days_step(tables: Tables, day: date, expected_readings: int) -> Step:
    """Render the day's rows of `meter_days`, from `hourly_consumption`.

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
    """Render the steps to the day's rows of `consumption_deviations`.

    They read `meter_days` and `consumption_baseline` of the day.
    """
    values = _list_values(tables, day, expected_readings)
    return [
        Step(temporary.DAY_DEVIATIONS, _render("day_deviations", values)),
        Step(schemas.CONSUMPTION_DEVIATIONS, _render("consumption_deviations", values)),
    ]


def scores_steps(tables: Tables, day: date, expected_readings: int) -> list[Step]:
    """Render the steps to the day's rows of `consumption_deviations` and `anomaly_scores`.

    `anomaly_scores` has a row for each expected meter and hour. The steps also read
    `hourly_consumption` of the day and the day before it, and `consumption_deviations` of the
    LOOKBACK_DAYS before it.
    """
    today = _list_values(tables, day, expected_readings)
    since = day - timedelta(days=CALIBRATION_DAYS)
    calibrating = _list_values(tables, day, expected_readings, since)
    strongest = ["evidence", "ranked", "strongest"]
    scored = ["rules", "evidence", "ranked_today", "strongest", "p_values", "limits"]
    return [
        *deviations_steps(tables, day, expected_readings),
        Step(
            temporary.SCORE_TAILS, _render_with(["evidence", "ranked"], "score_tails", calibrating)
        ),
        Step(temporary.SCORE_LAYERS, _render_with(strongest, "score_layers", calibrating)),
        Step(schemas.ANOMALY_SCORES, _render_with(scored, "anomaly_scores", today)),
    ]


def rules_sql(tables: Tables, day: date, expected_readings: int) -> str:
    """Render layer 0 as CTEs.

    `rules` has the serial, time and reason of each expected meter and hour. Raises UserError
    unless `expected_readings` is positive.
    """
    return _render("rules", _list_values(tables, day, expected_readings))


def _render_with(ctes: Sequence[str], query: str, values: Mapping[str, object]) -> str:
    rendered = ",\n\n".join(_render(name, values) for name in ctes)
    return f"WITH\n{rendered}\n\n{_render(query, values)}"


def _render(name: str, values: Mapping[str, object]) -> str:
    return render_sql(_FOLDER / f"{name}.sql", _EACH, **values)


def _list_values(
    tables: Tables, day: date, expected_readings: int, evidence_start: date | None = None
) -> dict[str, object]:
    if expected_readings < 1:
        raise UserError(f"expected_readings={expected_readings} is out of range. Use 1 or more.")
    since = evidence_start or day
    return _CONSTANTS | {
        "hourly_consumption": tables.quoted(schemas.HOURLY_CONSUMPTION),
        "meter_days": tables.quoted(schemas.METER_DAYS),
        "consumption_baseline": tables.quoted(schemas.CONSUMPTION_BASELINE),
        "consumption_deviations": tables.quoted(schemas.CONSUMPTION_DEVIATIONS),
        "baseline_fit": tables.quoted(temporary.BASELINE_FIT),
        "day_deviations": tables.quoted(temporary.DAY_DEVIATIONS),
        "score_tails": tables.quoted(temporary.SCORE_TAILS),
        "score_layers": tables.quoted(temporary.SCORE_LAYERS),
        "meters": _select_meters(tables, day),
        "expected_readings": expected_readings,
        "day": day.isoformat(),
        "day_end": (day + timedelta(days=1)).isoformat(),
        "history_start": (day - timedelta(days=HISTORY_DAYS)).isoformat(),
        "evidence_start": since.isoformat(),
        "sums_start": (since - timedelta(days=LONGEST_SUM_DAYS - 1)).isoformat(),
        "is_vacant": read_sql(_FOLDER / "vacancy.sql"),
    }


def _select_meters(tables: Tables, day: date) -> str:
    if tables.registry:
        registry = tables.quoted(schemas.METER_REGISTRY)
        return f"SELECT serial FROM {registry} WHERE registry_date = DATE '{day}'"
    return (
        f"SELECT DISTINCT serial FROM {tables.quoted(schemas.HOURLY_CONSUMPTION)} "
        f"WHERE time_hour_rolled >= TIMESTAMP '{day - timedelta(days=7)}' "
        f"AND time_hour_rolled < TIMESTAMP '{day + timedelta(days=1)}'"
    )
