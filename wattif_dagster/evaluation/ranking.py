"""Alerts, and the order in which meters deserve a look."""

import numpy as np
from numpy.typing import NDArray

from wattif_dagster.evaluation.hours import FULL_DAY
from wattif_dagster.settings.alerts import AlertRule

ALERT = AlertRule()
"""The default rule of `anomaly_alerts`."""


def count_alerts(score: NDArray[np.float64]) -> NDArray[np.int64]:
    """Count the alerts that open on each meter; `score` has the shape (meters, hours of days)."""
    high = _high_days(score)
    padded = np.pad(high, ((0, 0), (ALERT.of_days - 1, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, ALERT.of_days, axis=1)
    alarmed = windows.sum(axis=2) >= ALERT.days
    return (alarmed & ~np.pad(alarmed, ((0, 0), (1, 0)))[:, :-1]).sum(axis=1)


def rank_meters(score: NDArray[np.float64]) -> NDArray[np.intp]:
    """List the meters, worst first, from scores of shape (meters, hours of days).

    The worst have the most days that reach the probability of alerts, and of as many days the most
    hours.
    """
    hours = (score >= ALERT.probability).sum(axis=1)
    return np.lexsort((-hours, -_high_days(score).sum(axis=1)))


def precision_at_k(score: NDArray[np.float64], is_bad: NDArray[np.bool_]) -> float | None:
    """The share of bad meters among as many as are bad, ranked worst first; None without any."""
    worst = rank_meters(score)[: is_bad.sum()]
    return float(is_bad[worst].mean()) if len(worst) else None


def _high_days(score: NDArray[np.float64]) -> NDArray[np.bool_]:
    """The days that reach the probability of alerts, shape (meters, days)."""
    return score.reshape(len(score), -1, FULL_DAY).max(axis=2) >= ALERT.probability
