"""The load of homes, in watts."""

from collections.abc import Iterator
from datetime import date
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from wattif_dagster.metering.draws import GAMMA, Purpose, derive, draw, mix
from wattif_dagster.metering.household.appliances import appliance_mix, appliance_pulses
from wattif_dagster.metering.household.fixtures import (
    charging_pulses,
    fridge_pulses,
    heating_pulses,
    panel_pulses,
    standby_pulses,
    timer_pulses,
)
from wattif_dagster.metering.household.homes import Homes, homes_on
from wattif_dagster.metering.household.local_days import LocalDay, local_days, solar_time
from wattif_dagster.metering.household.pulses import Pulses, add_pulses
from wattif_dagster.metering.household.registers import show_as_metered
from wattif_dagster.metering.household.routine import (
    away,
    flexible_watt_hours,
    standby_watts,
)
from wattif_dagster.metering.household.sunshine import sunshine
from wattif_dagster.metering.household.weather import hourly_temperatures
from wattif_dagster.metering.simulation import Simulation


class HouseholdLoad:
    """Homes' readings: standby, fridge, appliances, vehicles, heating, and two percent of noise.

    Homes live in local time. A home's day depends on the settings, the day and the serial alone;
    uses that began the day before go on past midnight. The arrays are made once, for at most
    `meters` at a time.
    """

    readings_at_once: ClassVar[int] = 288_000

    def __init__(self, simulation: Simulation, day: date, meters: int) -> None:
        self._simulation = simulation
        self._preset = simulation.preset
        self._day = day
        self._days = local_days(simulation.local_time, day)
        self._temperatures = hourly_temperatures(simulation, day)
        self._sunshine = sunshine(simulation.seed, day, solar_time(simulation.local_time, day))
        self._noise = _Noise(simulation, day, meters)
        readings = simulation.readings_per_day
        # Two more columns take the edges at the day's end; see add_pulses.
        self._steps = np.empty((meters, readings + 2), np.int64)
        self._watts = np.empty((meters, readings), np.int64)

    @classmethod
    def bounds(cls, simulation: Simulation) -> tuple[int, int]:
        """No reading is smaller or larger, watts."""
        preset = simulation.preset
        return preset.least_watts, preset.fuse_watts

    def watts(self, serials: NDArray[np.integer]) -> NDArray[np.int64]:
        """Each meter's readings, shape (meters, readings per day), until the next call."""
        interval = self._simulation.interval_seconds
        steps, watts = self._steps[: len(serials)], self._watts[: len(serials)]
        steps.fill(0)
        for pulses in self._pulses(serials):
            add_pulses(steps, interval, pulses)
        np.cumsum(steps[:, :-2], axis=1, out=watts)
        watts += interval // 2
        watts //= interval
        np.minimum(watts, self._preset.fuse_watts, out=watts)
        self._noise.apply(serials, watts)
        np.minimum(watts, self._preset.fuse_watts, out=watts)
        if self._preset.has_changes:
            show_as_metered(self._simulation, self._day, self._preset, serials, watts)
        return watts

    def _pulses(self, serials: NDArray[np.integer]) -> Iterator[Pulses]:
        seed, preset = self._simulation.seed, self._preset
        mixed_for, mixed = None, np.empty(0)
        fleets = homes_on(self._simulation, [day.date for day in self._days], serials)
        for day, batch in zip(self._days, fleets, strict=True):
            if mixed_for is not batch.people:
                mixed_for, mixed = batch.people, appliance_mix(seed, batch, preset)
            absent = away(seed, day.date, batch, preset)
            energy = flexible_watt_hours(seed, day, batch, absent)
            yield appliance_pulses(seed, day, batch, mixed, energy, preset)
            yield charging_pulses(seed, day, batch, absent, preset.charger_watts)
            yield timer_pulses(seed, preset, day, batch, absent)
            if day.overlaps:
                for pulses in self._all_day(day, batch, absent):
                    yield pulses.within(day.begin, day.end)

    def _all_day(self, day: LocalDay, batch: Homes, absent: NDArray[np.bool_]) -> Iterator[Pulses]:
        """What runs by itself. It is switched off in an empty holiday home."""
        seed, switched_on = self._simulation.seed, ~(absent & batch.is_holiday_home)
        for pulses in (
            standby_pulses(standby_watts(seed, day.date, batch, self._preset)),
            fridge_pulses(self._day, batch),
            heating_pulses(batch, self._temperatures, absent),
        ):
            yield pulses._replace(watts=pulses.watts * switched_on[pulses.home])
        yield panel_pulses(batch, self._sunshine)


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
