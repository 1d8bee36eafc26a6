"""What a day brings to a home: being away or not, its standby, the energy used at will."""

from datetime import date

import numpy as np
from numpy.typing import NDArray

from wattif_dagster.metering.draws import Purpose, draw, fractions
from wattif_dagster.metering.household.homes import Homes
from wattif_dagster.metering.household.profile import relative_energy
from wattif_dagster.metering.household.quantiles import exponential, standard_normal

_PERSISTENCE = 0.45
"""Correlation of a home's level with the day before."""
_MEMORY = 8
"""Days that count: 0.45**8 is below two thousandths."""
_VACATION_CHANCE = 0.008
"""Of a vacation to begin on a day."""
_SHORTEST, _LONGEST = 2, 10
"""Days of a vacation."""
_STANDBY_SIGMA = 0.08
"""Standard deviation of the logarithm of a day's standby, about the home's own; an assumption."""
_LEFT_RUNNING = 0.04
"""Of the energy used at will: what goes on in an empty home."""


def away(seed: int, day: date, homes: Homes) -> NDArray[np.bool_]:
    """Which homes are on vacation: where one began so lately that it still lasts."""
    ago = np.arange(_LONGEST)[:, np.newaxis]
    words = draw(seed, Purpose.VACATION, day.toordinal() - ago, homes.serials)
    begins = fractions(words) < _VACATION_CHANCE
    # The lowest bits decide nothing else.
    length = _SHORTEST + (words & np.uint64(0x7FF)) % np.uint64(_LONGEST - _SHORTEST + 1)
    return np.logical_or.reduce(begins & (length > ago), axis=0)


def level(seed: int, day: date, homes: Homes) -> NDArray[np.float64]:
    """A factor with mean 1 on the day's energy: lognormal, first-order autoregressive by day.

    Written as a moving average of daily innovations, so that any day can be had alone.
    """
    ago = np.arange(_MEMORY)[:, np.newaxis]
    words = draw(seed, Purpose.ROUTINE, day.toordinal() - ago, homes.serials)
    state = np.zeros(len(homes))
    weight = (1 - _PERSISTENCE**2) ** 0.5
    for innovation in standard_normal(words):
        state += weight * innovation
        weight *= _PERSISTENCE
    return exponential(homes.day_sigma * state - homes.day_sigma * homes.day_sigma / 2)


def standby_watts(seed: int, day: date, homes: Homes) -> NDArray[np.int64]:
    """What is on all day: some devices are plugged in on one day and not on the next."""
    words = draw(seed, Purpose.STANDBY, day.toordinal(), homes.serials)
    return (homes.standby_watts * exponential(_STANDBY_SIGMA * standard_normal(words))).astype(
        np.int64
    )


def flexible_watt_hours(
    seed: int, day: date, homes: Homes, absent: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Energy of the day that appliances switched on at will are to use, shape (homes,)."""
    resident = homes.standby_watts + homes.fridge_watts * homes.fridge_run / homes.fridge_period
    at_will = np.maximum(homes.mean_watts * relative_energy(day) - resident, 0) * 24
    used = at_will * level(seed, day, homes)
    return np.where(absent, used * _LEFT_RUNNING, used)
