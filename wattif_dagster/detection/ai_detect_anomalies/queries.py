"""Renders the SQL of the day's scores."""

from datetime import date
from pathlib import Path

from wattif_dagster.detection.forecasts import queries as forecasts
from wattif_dagster.detection.steps import Step, Tables

_FOLDER = Path(__file__).parent


def scores_steps(tables: Tables, day: date, expected_readings: int) -> list[Step]:
    """Render the step to the day's rows of `schemas.ANOMALY_SCORES`.

    It needs a meter with enough history.
    """
    file = _FOLDER / "scored.sql"
    return forecasts.scores_steps("ai_detect_anomalies", file, tables, day, expected_readings)
