"""Renders the SQL of the day's model and of the day's scores."""

from datetime import date
from pathlib import Path

from wattif_dagster.detection.forecasts import queries as forecasts
from wattif_dagster.detection.steps import Step, Tables

_FOLDER = Path(__file__).parent


def training_sql(tables: Tables, day: date, expected_readings: int) -> str:
    """Render the statement that trains `tables.model`. It needs a meter with enough history."""
    return forecasts.render(_FOLDER / "training.sql", tables, day, expected_readings)


def scores_steps(tables: Tables, day: date, expected_readings: int) -> list[Step]:
    """Render the step to the day's rows of `schemas.ANOMALY_SCORES`, forecast by `tables.model`."""
    file = _FOLDER / "scored.sql"
    return forecasts.scores_steps("arima_plus", file, tables, day, expected_readings)
