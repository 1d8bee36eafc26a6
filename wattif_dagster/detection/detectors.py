"""The detectors by name: the SQL with which each scores a day of meters.

They share one contract. `anomaly_scores` has a row for each expected meter and hour. A broken rule
of layer 0 has probability 1, whatever the detector. With fewer than 7 days of history only the
rules score a meter, and with fewer than 42 days its scores are provisional.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from wattif_dagster.detection import ai_detect_anomalies, arima_plus
from wattif_dagster.detection.layered import queries as layered
from wattif_dagster.detection.steps import Step, Tables
from wattif_dagster.settings.detection import DetectorName

Query = Callable[[Tables, date, int], str]
"""Renders SQL from the tables' quoted names, the day and the readings of a complete hour."""
Steps = Callable[[Tables, date, int], list[Step]]
"""Renders the steps from the same."""


@dataclass(frozen=True)
class Detector:
    """The SQL of one detector. Without `baseline` it forecasts each meter: see `forecasts/`."""

    name: DetectorName

    keeps: str
    """What `consumption_baseline` keeps for a day, as users read it."""

    scores: Steps
    """The steps to the day's rows of `schemas.ANOMALY_SCORES`."""

    baseline: Steps | None = None
    """The steps to the day's rows of `schemas.CONSUMPTION_BASELINE`. None: it stores no rows."""

    training: Query | None = None
    """A statement that trains `Tables.model`, which `scores` reads. None: it trains no model."""

    calibration_days: int = 0
    """Days before a day whose deviations calibrate the day's scores."""


_ALL = (
    Detector(
        name="layered",
        keeps="what is expected of each meter's hours and day",
        scores=layered.scores_steps,
        baseline=layered.baseline_steps,
        calibration_days=layered.CALIBRATION_DAYS,
    ),
    Detector(
        name="arima_plus",
        keeps="no rows; a model of the day, trained in the same dataset",
        scores=arima_plus.scores_steps,
        training=arima_plus.training_sql,
    ),
    Detector(
        name="ai_detect_anomalies",
        keeps="no rows; the detector is given each meter's history and trains nothing",
        scores=ai_detect_anomalies.scores_steps,
    ),
)

DETECTORS: Mapping[DetectorName, Detector] = {detector.name: detector for detector in _ALL}
