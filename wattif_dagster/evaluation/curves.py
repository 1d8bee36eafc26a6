"""The curve of precision and recall, and the area under it."""

import numpy as np
from numpy.typing import NDArray


def pr_curve(
    truth: NDArray[np.bool_], score: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Compute recall and precision with each distinct score as threshold, from the highest down.

    At least one hour must be true.
    """
    order = np.argsort(-score, kind="stable")
    last = np.append(np.diff(score[order]) != 0, True)
    hits = truth[order].cumsum()[last]
    return hits / truth.sum(), hits / (last.nonzero()[0] + 1)


def average_precision(truth: NDArray[np.bool_], score: NDArray[np.float64]) -> float | None:
    """The sum over thresholds of precision times gain in recall; equal scores are one threshold."""
    if not truth.any():
        return None
    recall, precision = pr_curve(truth, score)
    return float((np.diff(recall, prepend=0) * precision).sum())
