"""When households use electricity: a harmonic fit of BDEW's H25, and start times drawn from it.

The fit, in h25_harmonics.csv, is made by the tests (support/h25.py). Days are local ones, and
holidays count as Sundays.
"""

from datetime import date
from functools import lru_cache
from importlib.resources import files
from math import cos, pi, sin

import numpy as np
from numpy.typing import NDArray

HARMONICS = 6
"""Waves a day. Six reach a correlation of at least 0.997 with each of H25's 36 shapes."""
DAY_TYPES = ("WT", "SA", "FT")
"""Workday, Saturday, Sunday."""
BIN_SECONDS = 300
BINS = 86_400 // BIN_SECONDS
"""The profile is evaluated in the middle of each of these bins of a day."""
SHARPNESS_LEVELS = 4

_QUANTILE_BITS = 10
_RESIDENT_SHARE = 0.5
"""Of the profile's least power: it flows whether or not anybody starts an appliance."""


def day_type(day: date, is_holiday: bool = False) -> str:
    """Which of DAY_TYPES the day is."""
    return DAY_TYPES[2 if is_holiday else max(0, day.weekday() - 4)]


def seasonal_factor(day: date) -> float:
    """BDEW's dynamic factor F(t) of household profiles, t the day of the year; about 1 on average.

    Source: VDEW, "Repräsentative VDEW-Lastprofile", 1999; still applied to H25.
    """
    t = day.timetuple().tm_yday
    return round(-3.92e-10 * t**4 + 3.2e-7 * t**3 - 7.02e-5 * t**2 + 2.1e-3 * t + 1.24, 4)


def relative_power(day: date) -> NDArray[np.float64]:
    """H25's power on that day relative to its mean over the year, shape (BINS,)."""
    return _shape(day.month, day_type(day)) * seasonal_factor(day)


def relative_energy(day: date, is_holiday: bool = False) -> float:
    """H25's energy on that day relative to its mean over the year."""
    return _coefficients()[day.month, day_type(day, is_holiday)][0] * seasonal_factor(day)


@lru_cache(maxsize=len(DAY_TYPES) * 12)
def _shape(month: int, kind: str) -> NDArray[np.float64]:
    mean, *waves = _coefficients()[month, kind]
    powers = []
    for number in range(BINS):
        angle = 2 * pi * (number + 0.5) / BINS
        power = mean
        for k in range(HARMONICS):
            power += waves[2 * k] * cos((k + 1) * angle) + waves[2 * k + 1] * sin((k + 1) * angle)
        powers.append(round(power, 4))
    return np.array(powers)


@lru_cache(maxsize=1)
def _coefficients() -> dict[tuple[int, str], tuple[float, ...]]:
    folder = files("wattif_dagster.metering.household")
    table = folder.joinpath("h25_harmonics.csv").read_text(encoding="ascii")
    rows = (line.split(",") for line in table.splitlines()[1:])
    return {(int(month), kind): tuple(map(float, rest)) for month, kind, *rest in rows}


class StartTimes:
    """Seconds of the day at which appliances start, more often when the profile is high."""

    def __init__(self, day: date, is_holiday: bool = False) -> None:
        self._quantiles = _start_quantiles(day.month, day_type(day, is_holiday))

    def at(self, sharpness: NDArray[np.integer], ranks: NDArray[np.integer]) -> NDArray[np.integer]:
        """The inverse of the distribution of starts, for ranks in 0 .. 2**16 - 1.

        A home's sharpness, 0 to SHARPNESS_LEVELS - 1, says how strictly it keeps to the peaks.
        """
        step, rest = np.divmod(ranks, 1 << (16 - _QUANTILE_BITS))
        low = self._quantiles[sharpness, step]
        high = self._quantiles[sharpness, step + 1]
        return low + ((high - low) * rest >> (16 - _QUANTILE_BITS))


@lru_cache(maxsize=len(DAY_TYPES) * 12)
def _start_quantiles(month: int, kind: str) -> NDArray[np.int64]:
    """Shape (SHARPNESS_LEVELS, 2**_QUANTILE_BITS + 1): seconds from 0 to 86,400."""
    shape = _shape(month, kind)
    active = shape - _RESIDENT_SHARE * shape.min()
    root = np.sqrt(active)
    levels = (np.sqrt(active * root), active, active * root, active * active)
    return np.stack([_compute_quantiles(density) for density in levels])


def _compute_quantiles(density: NDArray[np.float64]) -> NDArray[np.int64]:
    weights = np.rint(density * 1e6).astype(np.int64)
    cumulative = np.concatenate([[0], np.cumsum(weights)])
    targets = np.arange((1 << _QUANTILE_BITS) + 1) * cumulative[-1] >> _QUANTILE_BITS
    bins = np.searchsorted(cumulative, targets, side="right").clip(max=BINS) - 1
    into = (targets - cumulative[bins]) * BIN_SECONDS // weights[bins]
    return bins * BIN_SECONDS + into
