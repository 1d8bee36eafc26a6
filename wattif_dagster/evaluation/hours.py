"""A fleet's hourly consumption as arrays, what is known of it, and what a detector says of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

FULL_DAY = 24


@dataclass(frozen=True, eq=False)
class Hours:
    """Rows of `hourly_consumption` on a grid: every array has the shape (meters, hours).

    `start` is the first hour, a midnight (UTC). `avg_kw`, `max_kw` and `min_kw` are NaN where
    `n_readings` is 0: there is no row.
    """

    serials: list[str]
    start: np.datetime64
    avg_kw: NDArray[np.float64]
    max_kw: NDArray[np.float64]
    min_kw: NDArray[np.float64]
    n_readings: NDArray[np.int64]

    @property
    def days(self) -> int:
        """Days the grid spans."""
        return self.n_readings.shape[1] // FULL_DAY

    @property
    def first_day(self) -> date:
        """The day of the first hour."""
        return self.start.astype("datetime64[D]").item()

    @property
    def expected_readings(self) -> int:
        """Readings of a complete hour: the most frequent count."""
        counts, times = np.unique(self.n_readings[self.n_readings > 0], return_counts=True)
        return int(counts[times.argmax()])

    def table(self) -> pa.Table:
        """The rows as `schemas.HOURLY_CONSUMPTION` has them."""
        meter, hour = self.n_readings.nonzero()
        count = self.n_readings[meter, hour]
        kwh = self.avg_kw[meter, hour] * count / self.expected_readings
        seconds = (self.start + hour.astype("timedelta64[h]")).astype("datetime64[us]")
        return pa.table(
            {
                "serial": pa.array(self.serials).take(pa.array(meter)),
                "time_hour_rolled": pa.array(seconds, pa.timestamp("us", tz="UTC")),
                "consumption_hour_rolled": kwh,
                "avg_kw": self.avg_kw[meter, hour],
                "max_kw": self.max_kw[meter, hour],
                "min_kw": self.min_kw[meter, hour],
                "n_readings": count,
            }
        )


@dataclass(frozen=True, eq=False)
class Episode:
    """One injected anomaly of the meter in row `meter`; hours count from the first of the grid.

    `end` is exclusive. `touched` are the hours that it changed; `kwh` (same shape) is what it
    withheld in each: the day's, spread evenly over the day's touched hours; NaN if unknown.
    """

    meter: int
    kind: str
    start: int
    end: int
    touched: NDArray[np.int64]
    kwh: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Truth:
    """What is known of a fleet's hours: its anomalies, and its changes that are no anomaly."""

    episodes: Sequence[Episode]
    benign: Sequence[Episode] = ()


@dataclass(frozen=True, eq=False)
class Scores:
    """What a detector says of the last hours; both arrays have the shape (meters, hours).

    `probability` is NaN where it says nothing. `reason` has texts, such as rule:missing, or None;
    a detector without reasons has none at all.
    """

    probability: NDArray[np.float64]
    reason: NDArray[np.object_] | None = None
