"""Renders the SQL files: the statement that trains the day's model, and the day's scores."""

from datetime import date
from pathlib import Path

from wattif_dagster.detection.forecasts import queries as forecasts
from wattif_dagster.detection.layered.queries import Tables

_FOLDER = Path(__file__).parent


def training_sql(tables: Tables, day: date, expected_readings: int) -> str:
    """A statement that trains `tables.model` on the history; it needs a meter that has one."""
    return forecasts.render(_FOLDER / "training.sql", tables, day, expected_readings)


def scores_sql(tables: Tables, day: date, expected_readings: int) -> str:
    """A SELECT of the day's rows of `schemas.ANOMALY_SCORES`, with what `tables.model` expects."""
    file = _FOLDER / "judged.sql"
    return forecasts.scores_sql("arima_plus", file, tables, day, expected_readings)
