"""Renders the SQL of the day's model and of the day's scores."""

from datetime import date
from pathlib import Path

from wattif_dagster.detection.forecasts import queries as forecasts
from wattif_dagster.detection.layered.queries import Tables

_FOLDER = Path(__file__).parent


def training_sql(tables: Tables, day: date, expected_readings: int) -> str:
    """Render the statement that trains `tables.model`. It needs a meter with enough history."""
    return forecasts.render(_FOLDER / "training.sql", tables, day, expected_readings)


def scores_sql(tables: Tables, day: date, expected_readings: int) -> str:
    """Render a SELECT of the day's rows of `schemas.ANOMALY_SCORES`, forecast by `tables.model`."""
    file = _FOLDER / "scored.sql"
    return forecasts.scores_sql("arima_plus", file, tables, day, expected_readings)
