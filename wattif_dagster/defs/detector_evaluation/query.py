"""Renders `detector_evaluation.sql`: how well the day's scores find injected anomalies."""

from datetime import date, timedelta
from pathlib import Path

from wattif_dagster.sql import render_sql
from wattif_dagster.threshold import THRESHOLD

_TEMPLATE = Path(__file__).with_name("detector_evaluation.sql")


def evaluation_sql(anomaly_scores: str, injected_anomalies: str, day: date) -> str:
    """Render a SELECT of the day's rows of `schemas.DETECTOR_EVALUATION`.

    The names of the tables are quoted.
    """
    return render_sql(
        _TEMPLATE,
        anomaly_scores=anomaly_scores,
        injected_anomalies=injected_anomalies,
        day=day.isoformat(),
        day_end=(day + timedelta(days=1)).isoformat(),
        threshold=THRESHOLD,
    )
