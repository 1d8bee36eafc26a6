"""The load of homes, in watts."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from wattif_dagster.metering.draws import GAMMA, Purpose, derive, draw, mix
from wattif_dagster.metering.household.appliances import appliance_mix, appliance_pulses
from wattif_dagster.metering.household.fixtures import (
    charging_pulses,
    fridge_pulses,
    heating_pulses,
)
from wattif_dagster.metering.household.homes import Homes, homes
from wattif_dagster.metering.household.pulses import Pulses, add_pulses
from wattif_dagster.metering.household.routine import (
    away,
    flexible_watt_hours,
    standby_watts,
)
from wattif_dagster.metering.household.weather import hourly_temperatures
from wattif_dagster.metering.simulation import Simulation


class HouseholdLoad:
    """Homes' readings: standby, fridge, appliances, vehicles, heating, and two percent of noise.

    A home's day depends on the settings, the day and the serial alone; uses that began the day
    before go on past midnight. The arrays are made once, for at most `meters` at a time.
    """

    highest: ClassVar[int] = 23_000
    """A main fuse of 100 A at 230 V."""
    readings_at_once: ClassVar[int] = 288_000

    def __init__(self, simulation: Simulation, day: date, meters: int) -> None:
        self._simulation = simulation
        self._day = day
        self._temperatures = hourly_temperatures(simulation, day)
        self._noise = _Noise(simulation, day, meters)
        readings = simulation.readings_per_day
        # Two more columns take the edges at the day's end; see add_pulses.
        self._steps = np.empty((meters, readings + 2), np.int64)
        self._watts = np.empty((meters, readings), np.int64)

    def watts(self, serials: NDArray[np.integer]) -> NDArray[np.int64]:
        """Each meter's readings, shape (meters, readings per day), until the next call."""
        interval = self._simulation.interval_seconds
        steps, watts = self._steps[: len(serials)], self._watts[: len(serials)]
        batch = homes(self._simulation.seed, serials)
        steps.fill(0)
        steps[:, 0] = standby_watts(self._simulation.seed, self._day, batch) * interval
        for pulses in self._pulses(batch):
            add_pulses(steps, interval, pulses)
        np.cumsum(steps[:, :-2], axis=1, out=watts)
        watts += interval // 2
        watts //= interval
        np.minimum(watts, self.highest, out=watts)
        self._noise.apply(serials, watts)
        return np.minimum(watts, self.highest, out=watts)

    def _pulses(self, batch: Homes) -> Iterator[Pulses]:
        seed, today = self._simulation.seed, self._day
        mixed = appliance_mix(seed, batch)
        yield fridge_pulses(today, batch)
        for ago in (0, 1):
            day = today - timedelta(days=ago)
            absent = away(seed, day, batch)
            energy = flexible_watt_hours(seed, day, batch, absent)
            yield appliance_pulses(seed, day, batch, mixed, energy).earlier(ago)
            yield charging_pulses(seed, day, batch, absent).earlier(ago)
            if day == today:
                yield heating_pulses(batch, self._temperatures, absent)


class _Noise:
    """Changes each reading by up to 3.1 percent: uniform, a standard deviation of 1.8 percent."""

    def __init__(self, simulation: Simulation, day: date, meters: int) -> None:
        self._state = draw(simulation.seed, Purpose.LOAD, day.toordinal())
        # A word serves four readings; their number is a multiple of 24.
        words = simulation.readings_per_day // 4
        self._counter = np.arange(words, dtype=np.uint64) * GAMMA
        self._words = np.empty((meters, words), np.uint64)
        self._scratch = np.empty_like(self._words)
        self._changes = np.empty((meters, 4 * words), np.int64)

    def apply(self, serials: NDArray[np.integer], watts: NDArray[np.int64]) -> None:
        words, scratch = self._words[: len(serials)], self._scratch[: len(serials)]
        changes = self._changes[: len(serials)]
        np.add(derive(self._state, serials)[:, np.newaxis], self._counter, out=words)
        mix(words, scratch)
        np.subtract(words.view("<u2"), 32_768, out=changes, dtype=np.int64)
        changes *= watts
        changes += 1 << 19
        changes >>= 20
        watts += changes
