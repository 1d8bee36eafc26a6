"""What runs by itself: the fridge, the heating, the vehicle that charges overnight."""

from datetime import date

import numpy as np
from numpy.typing import NDArray

from wattif_dagster.metering.draws import Purpose, derive, draw, fractions
from wattif_dagster.metering.household.homes import Homes
from wattif_dagster.metering.household.pulses import Pulses
from wattif_dagster.metering.lines import SECONDS_PER_DAY
from wattif_dagster.metering.simulation import SECONDS_PER_HOUR

_SHORTEST_FRIDGE_PERIOD = 2160
_FRIDGE_CYCLES = np.arange(SECONDS_PER_DAY // _SHORTEST_FRIDGE_PERIOD + 2)
_CHARGER_WATTS = 7200
_CHARGING_CHANCE = 0.35
_PLUGGED_IN = (18 * SECONDS_PER_HOUR, 22 * SECONDS_PER_HOUR)
_CHARGING_SECONDS = (SECONDS_PER_HOUR, 7 * SECONDS_PER_HOUR // 2)
_HEATING_LIMIT = 15.0
"""Degrees Celsius of outdoor air from which nothing is heated (the base of degree days)."""
_AWAY_HEATING = 0.5


def fridge_pulses(day: date, homes: Homes) -> Pulses:
    """The compressor's runs: they go on across midnight, being counted from one fixed day."""
    elapsed = day.toordinal() * SECONDS_PER_DAY + homes.fridge_phase
    first = -(elapsed % homes.fridge_period)
    start = first[:, np.newaxis] + _FRIDGE_CYCLES * homes.fridge_period[:, np.newaxis]
    run = homes.fridge_run[:, np.newaxis]
    home, cycle = ((start < SECONDS_PER_DAY) & (start + run > 0)).nonzero()
    begins = start[home, cycle]
    return Pulses(home, begins, begins + homes.fridge_run[home], homes.fridge_watts[home])


def charging_pulses(seed: int, day: date, homes: Homes, absent: NDArray[np.bool_]) -> Pulses:
    """Charges that begin on the evening of that day; many end on the next."""
    state = draw(seed, Purpose.CHARGING, day.toordinal())
    words = derive(derive(state, np.arange(3))[:, np.newaxis], homes.serials)
    chance, when, length = fractions(words)
    home = (homes.has_vehicle & ~absent & (chance < _CHARGING_CHANCE)).nonzero()[0]
    start = _between(_PLUGGED_IN, when[home])
    end = start + _between(_CHARGING_SECONDS, length[home])
    return Pulses(home, start, end, np.full(len(home), _CHARGER_WATTS))


def heating_pulses(homes: Homes, temperatures: list[float], absent: NDArray[np.bool_]) -> Pulses:
    """Electric heating at these 24 hourly temperatures, in degrees Celsius.

    Each hour a constant power in proportion to the degrees below the heating limit.
    """
    home = homes.heating_slope.nonzero()[0]
    slope = np.where(absent, _AWAY_HEATING, 1.0)[home] * homes.heating_slope[home]
    degrees = np.maximum(_HEATING_LIMIT - np.array(temperatures), 0)
    watts = (slope[:, np.newaxis] * degrees).astype(np.int64).ravel()
    start = np.tile(np.arange(24) * SECONDS_PER_HOUR, len(home))
    return Pulses(np.repeat(home, 24), start, start + SECONDS_PER_HOUR, watts)


def _between(ends: tuple[int, int], shares: NDArray[np.float64]) -> NDArray[np.int64]:
    return (ends[0] + (ends[1] - ends[0]) * shares).astype(np.int64)
