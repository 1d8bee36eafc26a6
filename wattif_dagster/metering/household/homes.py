"""What stays the same about a home: how much it uses, its habits, what it owns."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wattif_dagster.metering.draws import Purpose, draw, fractions
from wattif_dagster.metering.household.profile import SHARPNESS_LEVELS
from wattif_dagster.metering.household.quantiles import exponential, standard_normal

MEDIAN_ANNUAL_KWH, ANNUAL_SIGMA = 2700, 0.61
"""Lognormal. The median is Ofgem's typical domestic consumption value of 2023."""
HOURS_PER_YEAR = 8766
SMALLEST_KWH, LARGEST_KWH = 500, 14_000
SHOWER_SHARE = 0.45
"""Of homes with an electric shower."""
VEHICLE_SHARE = 0.05
"""Of homes that charge an electric vehicle."""
HEATING_SHARE = 0.08
"""Of homes heated by electricity."""


@dataclass(frozen=True)
class Homes:
    """Homes by serial. Every array has the shape (homes,)."""

    serials: NDArray[np.integer]
    mean_watts: NDArray[np.float64]
    """Over a year, vehicle and heating apart."""
    standby_watts: NDArray[np.int64]
    fridge_watts: NDArray[np.int64]
    fridge_period: NDArray[np.int64]
    """Seconds from one start of the compressor to the next."""
    fridge_run: NDArray[np.int64]
    """Seconds that the compressor runs in each period."""
    fridge_phase: NDArray[np.int64]
    phase: NDArray[np.int64]
    """Seconds by which the home lives later than others; on workdays."""
    sharpness: NDArray[np.int64]
    """How strictly it keeps to the hours of others; see profile.StartTimes."""
    day_sigma: NDArray[np.float64]
    """Standard deviation of the logarithm of a day's use."""
    has_shower: NDArray[np.bool_]
    has_vehicle: NDArray[np.bool_]
    heating_slope: NDArray[np.float64]
    """Watts for each kelvin below the heating limit; 0 without electric heating."""

    def __len__(self) -> int:
        return len(self.serials)


def homes(seed: int, serials: NDArray[np.integer]) -> Homes:
    """The homes with these serials, whatever else is asked for with them."""
    words = iter(draw(seed, Purpose.HOME, np.arange(14)[:, np.newaxis], serials))

    def between(low: float, high: float) -> NDArray[np.float64]:
        return low + (high - low) * fractions(next(words))

    def chance(share: float) -> NDArray[np.bool_]:
        return fractions(next(words)) < share

    annual = MEDIAN_ANNUAL_KWH * exponential(ANNUAL_SIGMA * standard_normal(next(words)))
    mean_watts = annual.clip(SMALLEST_KWH, LARGEST_KWH) * 1000 / HOURS_PER_YEAR
    fridge_watts = between(70, 140).astype(np.int64)
    fridge_period = between(2160, 4680).astype(np.int64)
    fridge_run = (fridge_period * between(0.3, 0.5)).astype(np.int64)
    fridge_mean = fridge_watts * fridge_run / fridge_period
    resident = np.minimum(mean_watts * between(0.18, 0.38), 1000)
    return Homes(
        serials=serials,
        mean_watts=mean_watts,
        standby_watts=np.maximum(resident - fridge_mean, 20).astype(np.int64),
        fridge_watts=fridge_watts,
        fridge_period=fridge_period,
        fridge_run=fridge_run,
        fridge_phase=(fridge_period * between(0, 1)).astype(np.int64),
        phase=(2700 * standard_normal(next(words))).astype(np.int64),
        sharpness=between(0, SHARPNESS_LEVELS).astype(np.int64),
        day_sigma=between(0.12, 0.30),
        has_shower=chance(SHOWER_SHARE),
        has_vehicle=chance(VEHICLE_SHARE),
        heating_slope=np.where(chance(HEATING_SHARE), between(40, 100), 0),
    )
