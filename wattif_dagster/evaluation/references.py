"""Two simple detectors on the same hours, to compare with.

Both learn from the hours before the test days. An hour's probability is the share of all scores
of these hours that are below its own, so that about 1% of ordinary hours reach 0.99.
"""

from collections.abc import Callable
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from wattif_dagster.evaluation.hours import FULL_DAY, Hours

WEEK = 7 * FULL_DAY
LEAST_KW = 0.01
TRAINING_ROWS = 50_000
PYOD_MISSING = (
    "IsolationForest is left out, because PyOD is not installed. "
    "Run `pip install 'wattif-dagster[dev]'`."
)

Reference = Callable[[Hours, int], NDArray[np.float64]]


def references() -> dict[str, Reference]:
    """Find the references that can run here, by name; see PYOD_MISSING."""
    found: dict[str, Reference] = {"seasonal-naive": seasonal_naive}
    if find_spec("pyod"):
        found["IsolationForest"] = isolation_forest
    return found


def seasonal_naive(hours: Hours, test_hours: int) -> NDArray[np.float64]:
    """Probabilities of the last hours, shape (meters, test_hours): how far from a week earlier.

    The score is the difference over the meter's mean. NaN where either hour has no reading.
    """
    before = np.full_like(hours.avg_kw, np.nan)
    before[:, WEEK:] = hours.avg_kw[:, :-WEEK]
    score = np.abs(hours.avg_kw - before) / _means(hours, test_hours)
    return _ranked(score[:, :-test_hours], score[:, -test_hours:])


def isolation_forest(hours: Hours, test_hours: int) -> NDArray[np.float64]:
    """Probabilities of the last hours, shape (meters, test_hours), by PyOD's IForest (Liu 2008).

    Features of an hour: avg, max and min over the meter's mean, avg less the meter's mean of that
    hour of day, the count of readings, and the hour on a circle. NaN where there is no reading.
    """
    from pyod.models.iforest import IForest

    features = _features(hours, test_hours)
    there = hours.n_readings > 0
    past = there.copy()
    past[:, -test_hours:] = False
    known = features[past]
    chosen = np.random.default_rng(0).permutation(len(known))[:TRAINING_ROWS]
    forest = IForest(random_state=0).fit(known[chosen])
    score = np.full(there.shape, np.nan)
    score[there] = forest.decision_function(features[there])
    return _ranked(score[:, :-test_hours], score[:, -test_hours:])


def _features(hours: Hours, test_hours: int) -> NDArray[np.float64]:
    means = _means(hours, test_hours)
    average = hours.avg_kw / means
    by_hour = average.reshape(len(average), -1, FULL_DAY)
    past = by_hour[:, : -test_hours // FULL_DAY]
    counts = np.maximum((~np.isnan(past)).sum(axis=1, keepdims=True), 1)
    usual = np.nansum(past, axis=1, keepdims=True) / counts
    angle = 2 * np.pi * np.arange(average.shape[1]) / FULL_DAY
    return np.stack(
        (
            average,
            hours.max_kw / means,
            hours.min_kw / means,
            (by_hour - usual).reshape(average.shape),
            hours.n_readings / hours.expected_readings,
            np.broadcast_to(np.sin(angle), average.shape),
            np.broadcast_to(np.cos(angle), average.shape),
        ),
        axis=2,
    )


def _means(hours: Hours, test_hours: int) -> NDArray[np.float64]:
    """Each meter's mean power before the test hours, kW, shape (meters, 1)."""
    past = hours.avg_kw[:, :-test_hours]
    count = np.maximum((~np.isnan(past)).sum(axis=1, keepdims=True), 1)
    return np.maximum(np.nansum(past, axis=1, keepdims=True) / count, LEAST_KW)


def _ranked(past: NDArray[np.float64], score: NDArray[np.float64]) -> NDArray[np.float64]:
    known = np.sort(past[~np.isnan(past)])
    rank = np.searchsorted(known, score, side="left") / (len(known) + 1)
    return np.where(np.isnan(score) | (len(known) == 0), np.nan, rank)
