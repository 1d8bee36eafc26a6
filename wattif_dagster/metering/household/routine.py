"""What a day brings to a home: being away or not, its standby, the energy used at will."""

from datetime import date

import numpy as np
from numpy.typing import NDArray

from wattif_dagster.metering.draws import Purpose, draw
from wattif_dagster.metering.household.changes import spells
from wattif_dagster.metering.household.homes import Homes
from wattif_dagster.metering.household.local_days import LocalDay
from wattif_dagster.metering.household.presets import PRESETS, Preset
from wattif_dagster.metering.household.profile import relative_energy
from wattif_dagster.metering.household.quantiles import exponential, standard_normal

_PERSISTENCE = 0.45
"""Correlation of a home's level with the day before."""
_MEMORY = 8
"""Days that count: 0.45**8 is below two thousandths."""
_STANDBY_MEMORY = 24
_LEFT_RUNNING = 0.04
"""Of the energy used at will: what goes on in an empty home."""


def away(seed: int, day: date, homes: Homes, preset: Preset = PRESETS["calm"]) -> NDArray[np.bool_]:
    """Which homes are empty: for a vacation, between tenants, or as holiday homes mostly are."""
    spell = (spells(seed, preset.vacation_chance, day, homes.people) > 0).any(axis=0)
    return (spell != homes.is_holiday_home) | homes.vacant


def level(seed: int, day: date, homes: Homes) -> NDArray[np.float64]:
    """A factor with mean 1 on the day's energy: lognormal, first-order autoregressive by day."""
    state = _state(seed, Purpose.ROUTINE, day, homes, _PERSISTENCE, _MEMORY)
    return exponential(homes.day_sigma * state - homes.day_sigma * homes.day_sigma / 2)


def standby_watts(
    seed: int, day: date, homes: Homes, preset: Preset = PRESETS["calm"]
) -> NDArray[np.int64]:
    """What is on all day: some devices are plugged in on one day and not on the next."""
    persistence = preset.standby_persistence
    memory = _STANDBY_MEMORY if persistence else 1
    state = _state(seed, Purpose.STANDBY, day, homes, persistence, memory)
    standby = homes.standby_watts * exponential(homes.standby_sigma * state)
    return standby.astype(np.int64) + homes.appliance_watts


def flexible_watt_hours(
    seed: int, day: LocalDay, homes: Homes, absent: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Energy of the day that appliances switched on at will are to use, shape (homes,)."""
    resident = homes.standby_watts + homes.fridge_watts * homes.fridge_run / homes.fridge_period
    mean = homes.mean_watts * relative_energy(day.date, day.is_holiday)
    used = np.maximum(mean - resident, 0) * 24 * level(seed, day.date, homes)
    left_running = np.where(homes.is_holiday_home, 0.0, _LEFT_RUNNING)
    return np.where(absent, used * left_running, used)


def _state(
    seed: int, purpose: Purpose, day: date, homes: Homes, persistence: float, memory: int
) -> NDArray[np.float64]:
    """A standard normal series, first-order autoregressive by day.

    Written as a moving average of the innovations of `memory` days, so that any day can be had
    alone.
    """
    ago = np.arange(memory)[:, np.newaxis]
    words = draw(seed, purpose, day.toordinal() - ago, homes.people)
    state = np.zeros(len(homes))
    weight = (1 - persistence**2) ** 0.5
    for innovation in standard_normal(words):
        state += weight * innovation
        weight *= persistence
    return state
