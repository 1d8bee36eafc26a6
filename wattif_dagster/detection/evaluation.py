"""Renders `evaluation.sql`: how well one day's scores find that day's injected anomalies."""

from datetime import date, timedelta
from pathlib import Path
from string import Template

from wattif_dagster.detection.fleet import THRESHOLD

_TEMPLATE = Path(__file__).with_name("evaluation.sql")


def evaluation_sql(anomaly_scores: str, injected_anomalies: str, day: date) -> str:
    """A SELECT of the day's rows of `schemas.DETECTOR_EVALUATION`; the tables' names are quoted."""
    return Template(_TEMPLATE.read_text("utf-8")).substitute(
        anomaly_scores=anomaly_scores,
        injected_anomalies=injected_anomalies,
        day=day.isoformat(),
        day_end=(day + timedelta(days=1)).isoformat(),
        threshold=THRESHOLD,
    )
