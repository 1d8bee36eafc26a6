"""Rectangles of power, and the readings that a sum of them makes."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wattif_dagster.metering.lines import SECONDS_PER_DAY


class Pulses(NamedTuple):
    """Uses of power by some homes of a batch: integers, all of the shape (pulses,)."""

    home: NDArray[np.integer]
    """Which of the batch."""
    start: NDArray[np.integer]
    """Seconds from the day's midnight; may be negative."""
    end: NDArray[np.integer]
    watts: NDArray[np.integer]

    def within(self, begin: int, end: int) -> "Pulses":
        """The part of them between two seconds; what lies outside has no length."""
        return self._replace(start=self.start.clip(begin, end), end=self.end.clip(begin, end))


def add_pulses(steps: NDArray[np.int64], interval: int, pulses: Pulses) -> None:
    """Add them to the steps of energy, shape (homes, readings + 2), of which readings are sums.

    The running sum of a home's steps is the energy of each of its readings in watt-seconds. A
    pulse that starts f seconds into a reading adds power * (interval - f) to it and power * f to
    the next, from where on the sum grows no more; its end takes as much away. So the energy is
    exact for every interval. What lies outside the day is left out.
    """
    columns = steps.shape[1]
    start = pulses.start.clip(0, SECONDS_PER_DAY)
    end = pulses.end.clip(0, SECONDS_PER_DAY)
    for edge, watts in ((start, pulses.watts), (end, -pulses.watts)):
        reading, into = np.divmod(edge, interval)
        at = pulses.home * columns + reading
        later = watts * into
        np.add.at(steps.reshape(-1), at, watts * interval - later)
        np.add.at(steps.reshape(-1), at + 1, later)
