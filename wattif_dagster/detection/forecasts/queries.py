"""Renders the SQL that the detectors share which forecast a meter from its history.

Bytes read for a day of a million meters, estimated from the columns' sizes: 37 GB to train
ARIMA_PLUS, which BigQuery bills once for each candidate it tries, and 40 GB for the scores of
either detector (42 days of hourly_consumption).
"""

from datetime import date, timedelta
from pathlib import Path
from statistics import NormalDist

from wattif_dagster import schemas
from wattif_dagster.detection.layered.queries import (
    HISTORY_DAYS,
    LEAST_HISTORY_DAYS,
    rules_sql,
)
from wattif_dagster.detection.steps import Step, Tables
from wattif_dagster.settings.detection import DetectorName
from wattif_dagster.sql import render_sql
from wattif_dagster.threshold import THRESHOLD

_FOLDER = Path(__file__).parent
_BOUNDS_SDS = 2 * NormalDist().inv_cdf((1 + THRESHOLD) / 2)


def history_sql(tables: Tables, day: date, expected_readings: int) -> str:
    """Render a SELECT of one row about the meters that can be scored.

    Its columns are the number of `meters` and the longest `history_days`, 0 without any meter.
    """
    history = render(_FOLDER / "history.sql", tables, day, expected_readings)
    return (
        f"WITH\n{history}\nSELECT COUNT(*) AS meters, "
        "COALESCE(MAX(history_days), 0) AS history_days FROM history"
    )


def rules_alone_steps(
    detector: DetectorName, tables: Tables, day: date, expected_readings: int
) -> list[Step]:
    """Render the step to the day's rows of `schemas.ANOMALY_SCORES` from the rules alone.

    It is for days on which no meter can be scored: BigQuery ML refuses to train on no rows.
    """
    return scores_steps(detector, _FOLDER / "nothing.sql", tables, day, expected_readings)


def scores_steps(
    detector: DetectorName, scored: Path, tables: Tables, day: date, expected_readings: int
) -> list[Step]:
    """Render the step to the day's rows of `schemas.ANOMALY_SCORES`.

    It has a row for each expected meter and hour. `scored` is the SQL file of a CTE of that name,
    with a comma after it: serial, time, avg_kw, lower_bound, upper_bound (all kW) and
    anomaly_probability of each hour that the detector scored. It may use the CTEs `past` and
    `history`. Raises UserError unless `expected_readings` is positive.
    """
    rules = rules_sql(tables, day, expected_readings)
    history, found, scores = (
        render(file, tables, day, expected_readings, detector)
        for file in (_FOLDER / "history.sql", scored, _FOLDER / "scores.sql")
    )
    select = f"WITH\n{rules},\n\n{history},\n\n{found}\n\n{scores}"
    return [Step(schemas.ANOMALY_SCORES, select)]


def render(
    file: Path, tables: Tables, day: date, expected_readings: int, detector: str = ""
) -> str:
    """Render a SQL file. `$history` in it is history.sql."""
    values = {
        "hourly_consumption": tables.quoted(schemas.HOURLY_CONSUMPTION),
        "model": tables.model,
        "expected_readings": expected_readings,
        "day": day.isoformat(),
        "day_end": (day + timedelta(days=1)).isoformat(),
        "history_start": (day - timedelta(days=HISTORY_DAYS)).isoformat(),
        "history_days": HISTORY_DAYS,
        "least_history_days": LEAST_HISTORY_DAYS,
        "threshold": THRESHOLD,
        "bounds_sds": _BOUNDS_SDS,
        "detector": detector,
    }
    values["history"] = render_sql(_FOLDER / "history.sql", **values)
    return render_sql(file, **values)
