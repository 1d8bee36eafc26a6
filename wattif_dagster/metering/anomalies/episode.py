"""An anomaly of one meter, and the day of it that the kinds' functions see."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from wattif_dagster.metering.consumption import Consumption
from wattif_dagster.metering.draws import Purpose, draw
from wattif_dagster.metering.lines import SECONDS_PER_DAY
from wattif_dagster.metering.simulation import Simulation

HISTORY_DAYS = 7
"""Whole days before an episode that its meter's history is taken from."""
_HIGH_PERCENT = 98


@dataclass(frozen=True)
class Episode:
    """What goes on at one meter, from when to when (UTC, the end exclusive).

    Anomalies and gaps begin and end at whole hours, changes of life at local midnights.
    """

    serial: int
    kind: str
    starts_at: datetime
    ends_at: datetime
    parameters: Mapping[str, float]

    def hours_of(self, day: date) -> list[int]:
        """The hours of a UTC day that some of it lies in."""
        midnight = datetime.combine(day, time(), UTC)
        starts = (midnight + timedelta(hours=hour) for hour in range(24))
        return [
            hour
            for hour, start in enumerate(starts)
            if start < self.ends_at and start + timedelta(hours=1) > self.starts_at
        ]


@dataclass(frozen=True)
class MeterDay:
    """A day of a meter with an episode; readings in watts, shape (readings per day,)."""

    simulation: Simulation
    day: date
    episode: Episode
    true: NDArray[np.int64]

    def __getitem__(self, parameter: str) -> float:
        return self.episode.parameters[parameter]

    @property
    def seconds(self) -> NDArray[np.int64]:
        """Start of each reading, in seconds from the day's midnight."""
        return np.arange(0, SECONDS_PER_DAY, self.simulation.interval_seconds)

    @property
    def seconds_in(self) -> NDArray[np.int64]:
        """Start of each reading, in seconds from the episode's start; negative before it."""
        midnight = datetime.combine(self.day, time(), UTC)
        return self.seconds + round((midnight - self.episode.starts_at).total_seconds())

    @property
    def within(self) -> NDArray[np.bool_]:
        """Which readings lie in the episode."""
        length = (self.episode.ends_at - self.episode.starts_at).total_seconds()
        return (self.seconds_in >= 0) & (self.seconds_in < length)

    @property
    def mean(self) -> int:
        """The meter's mean in the HISTORY_DAYS days before the episode, watts."""
        return self._history[0]

    @property
    def high(self) -> int:
        """The reading that 98 percent of those of these days do not exceed, watts."""
        return self._history[1]

    @property
    def _history(self) -> tuple[int, int]:
        start = self.episode.starts_at.date()
        # A simulation is frozen, so it can be hashed; the type checker does not know.
        return _history(self.simulation, self.episode.serial, start)  # type: ignore[arg-type]

    def true_on(self, day: date) -> NDArray[np.int64]:
        """The meter's true readings on another day."""
        return _true(self.simulation, self.episode.serial, day)

    def draws(self) -> NDArray[np.uint64]:
        """64 random bits for each reading."""
        numbers = np.arange(len(self.true))
        state = (self.episode.serial, self.day.toordinal())
        return draw(self.simulation.seed, Purpose.ANOMALY_READING, *state, numbers)


def whole_watts(watts: NDArray[np.number]) -> NDArray[np.int64]:
    """Rounded, halves to even."""
    return np.rint(watts).astype(np.int64)


def summarize_history(readings: NDArray[np.int64]) -> tuple[int, int]:
    """The mean of a meter's readings, and the one that 98 percent of them do not exceed, watts."""
    place = len(readings) * _HIGH_PERCENT // 100
    return int(readings.sum()) // len(readings), int(np.partition(readings, place)[place])


def _true(simulation: Simulation, serial: int, day: date) -> NDArray[np.int64]:
    return Consumption(simulation, day, most_meters=1).watts(np.array([serial]))[0]


@lru_cache(maxsize=4096)
def _history(simulation: Simulation, serial: int, start: date) -> tuple[int, int]:
    days = [start - timedelta(days=ago) for ago in range(HISTORY_DAYS, 0, -1)]
    return summarize_history(np.concatenate([_true(simulation, serial, day) for day in days]))
