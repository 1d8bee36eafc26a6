"""What runs by itself: fridge, heating, timers, the vehicle that charges overnight, the panels."""

from datetime import date

import numpy as np
from numpy.typing import NDArray

from wattif_dagster.metering.draws import Purpose, derive, draw, fractions
from wattif_dagster.metering.household.homes import Homes
from wattif_dagster.metering.household.local_days import LocalDay
from wattif_dagster.metering.household.presets import Preset
from wattif_dagster.metering.household.pulses import Pulses
from wattif_dagster.metering.lines import SECONDS_PER_DAY
from wattif_dagster.metering.simulation import SECONDS_PER_HOUR

QUARTER = SECONDS_PER_HOUR // 4

_SHORTEST_FRIDGE_PERIOD = 2160
_FRIDGE_CYCLES = np.arange(SECONDS_PER_DAY // _SHORTEST_FRIDGE_PERIOD + 2)
_CHARGING_CHANCE = 0.35
_PLUGGED_IN = (18 * SECONDS_PER_HOUR, 22 * SECONDS_PER_HOUR)
_CHARGING_SECONDS = (SECONDS_PER_HOUR, 7 * SECONDS_PER_HOUR // 2)
_HEATING_LIMIT = 15.0
"""Degrees Celsius of outdoor air from which nothing is heated (the base of degree days)."""
_AWAY_HEATING = 0.5


def standby_pulses(watts: NDArray[np.int64]) -> Pulses:
    """What each home draws all day."""
    home = np.arange(len(watts))
    return Pulses(home, np.zeros_like(home), np.full_like(home, SECONDS_PER_DAY), watts)


def fridge_pulses(day: date, homes: Homes) -> Pulses:
    """The compressor's runs: they go on across midnight, being counted from one fixed day."""
    elapsed = day.toordinal() * SECONDS_PER_DAY + homes.fridge_phase
    first = -(elapsed % homes.fridge_period)
    start = first[:, np.newaxis] + _FRIDGE_CYCLES * homes.fridge_period[:, np.newaxis]
    run = homes.fridge_run[:, np.newaxis]
    home, cycle = ((start < SECONDS_PER_DAY) & (start + run > 0)).nonzero()
    begins = start[home, cycle]
    return Pulses(home, begins, begins + homes.fridge_run[home], homes.fridge_watts[home])


def charging_pulses(
    seed: int, day: LocalDay, homes: Homes, absent: NDArray[np.bool_], charger_watts: int = 7200
) -> Pulses:
    """Charges that begin on the evening of that day; many end on the next."""
    state = draw(seed, Purpose.CHARGING, day.date.toordinal())
    words = derive(derive(state, np.arange(3))[:, np.newaxis], homes.people)
    chance, when, length = fractions(words)
    home = (homes.has_vehicle & ~absent & (chance < _CHARGING_CHANCE)).nonzero()[0]
    start = day.at(_between(_PLUGGED_IN, when[home]))
    end = start + _between(_CHARGING_SECONDS, length[home])
    return Pulses(home, start, end, np.full(len(home), charger_watts))


def timer_pulses(
    seed: int, preset: Preset, day: LocalDay, homes: Homes, absent: NDArray[np.bool_]
) -> Pulses:
    """Devices that a clock switches on that day, or on the night after it."""
    home = (homes.timer_watts * ~absent).nonzero()[0]
    words = draw(seed, Purpose.TIMER, day.date.toordinal(), homes.people[home])
    start = day.at(homes.timer_start[home])
    end = start + _between(preset.timer_seconds, fractions(words))
    return Pulses(home, start, end, homes.timer_watts[home])


def panel_pulses(homes: Homes, sunshine: NDArray[np.float64]) -> Pulses:
    """Solar panels, which draw less than nothing, in this sunshine of each quarter of an hour."""
    home, lit = homes.panel_watts.nonzero()[0], sunshine.nonzero()[0]
    watts = -(homes.panel_watts[home, np.newaxis] * sunshine[lit]).astype(np.int64).ravel()
    start = np.tile(lit * QUARTER, len(home))
    return Pulses(np.repeat(home, len(lit)), start, start + QUARTER, watts)


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
