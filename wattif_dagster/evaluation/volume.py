"""VUS-PR, the volume under the surface of precision and recall.

Paparrizos, Boniol, Palpanas, Tsay, Elmore, Franklin: "Volume Under the Surface: A New Accuracy
Evaluation Measure for Time-Series Anomaly Detection", PVLDB 15(11), 2022. Labels get a buffer
before and after them in which they fade, so that a flag near an anomaly counts in part. The area
under the curve of precision and recall is averaged over buffers of 0 to LONGEST_BUFFER hours.
"""

import numpy as np
from numpy.typing import NDArray

LONGEST_BUFFER = 24
"""Hours, the period of consumption; half of them lie before an anomaly, half after it."""


def volume_under_surface(truth: NDArray[np.bool_], score: NDArray[np.float64]) -> float | None:
    """Compute VUS-PR of scores of shape (meters, hours); None where nothing is true.

    Each distinct score is a threshold. The cost grows with the hours times the buffers, whatever
    the number of thresholds.
    """
    if not truth.any():
        return None
    levels, level = np.unique(-score, return_inverse=True)  # the highest score is level 0
    level = level.reshape(score.shape)
    flagged = np.bincount(level.ravel(), minlength=len(levels)).cumsum()
    afflicted = truth.any(axis=1)
    truth, level = truth[afflicted], level[afflicted]
    away = _hours_from_truth(truth)
    areas = [
        _area(truth, _label(away, buffer), level, flagged) for buffer in range(LONGEST_BUFFER + 1)
    ]
    return float(np.mean(areas))


def _hours_from_truth(truth: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Each hour's distance from the nearest one of its meter that is true."""
    at = np.arange(truth.shape[1])
    before = np.maximum.accumulate(np.where(truth, at, -np.inf), axis=1)
    after = np.minimum.accumulate(np.where(truth, at, np.inf)[:, ::-1], axis=1)[:, ::-1]
    return np.minimum(at - before, after - at)


def _label(away: NDArray[np.float64], buffer: int) -> NDArray[np.float64]:
    """1 where it is true, and less and less until half a buffer away."""
    within = away <= buffer / 2
    return np.where(within, np.sqrt(1 - np.where(within, away, 0) / max(buffer, 1)), 0)


def _area(
    truth: NDArray[np.bool_],
    label: NDArray[np.float64],
    level: NDArray[np.int64],
    flagged: NDArray[np.int64],
) -> float:
    """The area under precision and recall, `flagged` being the hours at each threshold.

    Recall is weighted by the share of the labelled runs of hours in which any hour is flagged.
    """
    hits = np.bincount(level.ravel(), weights=label.ravel(), minlength=len(flagged)).cumsum()
    positives = (truth.sum() + label.sum()) / 2
    first = _first_levels(label > 0, level)
    noticed = np.bincount(first, minlength=len(flagged)).cumsum() / len(first)
    recall = np.minimum(hits / positives, 1) * noticed
    return float((np.diff(recall, prepend=0) * hits / flagged).sum())


def _first_levels(labelled: NDArray[np.bool_], level: NDArray[np.int64]) -> NDArray[np.int64]:
    """The level from which on each run of labelled hours has an hour flagged."""
    inside = np.pad(labelled, ((0, 0), (1, 0))).ravel()  # a gap between meters
    starts = (inside[1:] & ~inside[:-1]).nonzero()[0] + 1
    padded = np.pad(level, ((0, 0), (1, 0))).ravel()
    return np.minimum.reduceat(np.where(inside, padded, level.max()), starts)
