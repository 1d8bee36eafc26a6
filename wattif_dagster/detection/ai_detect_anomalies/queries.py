"""Renders the SQL file: the day's scores."""

from datetime import date
from pathlib import Path

from wattif_dagster.detection.forecasts import queries as forecasts
from wattif_dagster.detection.layered.queries import Tables

_FOLDER = Path(__file__).parent


def scores_sql(tables: Tables, day: date, expected_readings: int) -> str:
    """A SELECT of the day's rows of `schemas.ANOMALY_SCORES`; it needs a meter with history."""
    file = _FOLDER / "judged.sql"
    return forecasts.scores_sql("ai_detect_anomalies", file, tables, day, expected_readings)
