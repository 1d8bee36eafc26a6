"""The step that every detector's scores end with: the days of the meters that they flag."""

from datetime import date, timedelta
from pathlib import Path

from wattif_dagster import schemas
from wattif_dagster.detection.steps import Step, Tables
from wattif_dagster.sql import render_sql
from wattif_dagster.threshold import THRESHOLD


def flagged_days_step(tables: Tables, day: date) -> Step:
    """Render the day's rows of `flagged_days`, from `anomaly_scores` of the day."""
    select = render_sql(
        Path(__file__).with_suffix(".sql"),
        anomaly_scores=tables.quoted(schemas.ANOMALY_SCORES),
        day=day.isoformat(),
        day_end=(day + timedelta(days=1)).isoformat(),
        threshold=repr(THRESHOLD),
    )
    return Step(schemas.FLAGGED_DAYS, select)
