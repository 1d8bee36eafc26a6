"""What flags clean hours, and on how many meters."""

from collections import Counter

import numpy as np
from numpy.typing import NDArray


def count_reasons(false: NDArray[np.bool_], reason: NDArray[np.object_] | None) -> Counter[str]:
    """Count the flagged clean hours of each reason."""
    return Counter() if reason is None else Counter(reason[false].tolist())


def count_meters_with_half(false: NDArray[np.bool_]) -> int | None:
    """Count the meters, those with most flagged clean hours first, that have half of them all.

    None where no clean hour is flagged.
    """
    by_meter = np.sort(false.sum(axis=1))[::-1].cumsum()
    if not by_meter.size or not by_meter[-1]:
        return None
    return int(np.searchsorted(by_meter, by_meter[-1] / 2)) + 1
