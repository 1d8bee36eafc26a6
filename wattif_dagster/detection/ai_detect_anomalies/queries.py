"""Renders the SQL of the day's scores."""

from datetime import date
from pathlib import Path

from wattif_dagster.detection.forecasts import queries as forecasts
from wattif_dagster.detection.layered.queries import Tables

_FOLDER = Path(__file__).parent


def scores_sql(tables: Tables, day: date, expected_readings: int) -> str:
    """Render a SELECT of the day's rows of `schemas.ANOMALY_SCORES`.

    It needs a meter with enough history.
    """
    file = _FOLDER / "scored.sql"
    return forecasts.scores_sql("ai_detect_anomalies", file, tables, day, expected_readings)
