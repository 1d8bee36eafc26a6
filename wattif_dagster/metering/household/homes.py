"""What stays the same about a home: how much it uses, its habits, what it owns."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from wattif_dagster.metering.draws import Purpose, draw, fractions
from wattif_dagster.metering.household.changes import Tenancies, arrivals, tenancies
from wattif_dagster.metering.household.presets import PRESETS, Preset
from wattif_dagster.metering.household.profile import SHARPNESS_LEVELS
from wattif_dagster.metering.household.quantiles import exponential, standard_normal
from wattif_dagster.metering.simulation import SECONDS_PER_HOUR, SERIAL_SPACE, Simulation

HOURS_PER_YEAR = 8766
SMALLEST_KWH = 500

_NEW_APPLIANCE_WATTS = (60, 300)
_HEAT_PUMP_SLOPE = (60, 140)
"""Watts for each kelvin."""


@dataclass(frozen=True)
class Homes:
    """Homes and who lives in them. Every array has the shape (homes,)."""

    people: NDArray[np.integer]
    """The key of their draws: the serial, or another number for later tenants."""
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
    standby_sigma: NDArray[np.float64]
    """Standard deviation of the logarithm of a day's standby."""
    timer_watts: NDArray[np.int64]
    """Power of a device that a clock switches on; 0 without one."""
    timer_start: NDArray[np.int64]
    """Seconds after midnight at which the clock does."""
    panel_watts: NDArray[np.int64]
    """Power of solar panels in full sun; 0 without any."""
    is_holiday_home: NDArray[np.bool_]
    appliance_watts: NDArray[np.int64]
    """Power of a new appliance that is never off; 0 without one."""
    vacant: NDArray[np.bool_]
    """Whether the home stands empty between two tenants."""

    def __len__(self) -> int:
        return len(self.people)


def homes_on(
    simulation: Simulation, days: Sequence[date], serials: NDArray[np.integer]
) -> list[Homes]:
    """The homes with these serials on each of some local dates."""
    seed, preset = simulation.seed, simulation.preset
    if not preset.has_changes:
        return [homes(seed, serials, preset)] * len(days)
    start = simulation.first_day.toordinal()
    come = arrivals(seed, preset, start, serials)
    found: list[Homes] = []
    lived_in: Homes | None = None
    for day in days:
        held = tenancies(seed, preset, start, day, serials)
        people = people_of(serials, held)
        if lived_in is None or not np.array_equal(lived_in.people, people):
            lived_in = homes(seed, people, preset)
        there = {name: first <= day.toordinal() for name, first in come.items()}
        found.append(_furnish(seed, preset, lived_in, serials, held, there))
    return found


def people_of(serials: NDArray[np.integer], held: Tenancies) -> NDArray[np.int64]:
    """The keys of who lives in the homes: another one for each tenancy."""
    return serials.astype(np.int64) + held.number * SERIAL_SPACE


def homes(seed: int, people: NDArray[np.integer], preset: Preset = PRESETS["calm"]) -> Homes:
    """The homes of these people, whatever else is asked for with them."""
    between, chance, normal = _draws(seed, Purpose.HOME, 14, people)
    annual = preset.median_annual_kwh * exponential(preset.annual_sigma * normal())
    mean_watts = annual.clip(SMALLEST_KWH, preset.largest_kwh) * 1000 / HOURS_PER_YEAR
    fridge_watts = between(70, 140).astype(np.int64)
    fridge_period = between(2160, 4680).astype(np.int64)
    fridge_run = (fridge_period * between(0.3, 0.5)).astype(np.int64)
    fridge_mean = fridge_watts * fridge_run / fridge_period
    resident = np.minimum(mean_watts * between(*preset.resident), 1000)
    fixture_between, has_fixture, _ = _draws(seed, Purpose.FIXTURE, 5, people)
    nothing = np.zeros(len(people), np.int64)
    return Homes(
        people=people,
        mean_watts=mean_watts,
        standby_watts=np.maximum(resident - fridge_mean, 20).astype(np.int64),
        fridge_watts=fridge_watts,
        fridge_period=fridge_period,
        fridge_run=fridge_run,
        fridge_phase=(fridge_period * between(0, 1)).astype(np.int64),
        phase=(2700 * normal()).astype(np.int64),
        sharpness=between(0, SHARPNESS_LEVELS).astype(np.int64),
        day_sigma=between(*preset.day_sigma),
        has_shower=chance(preset.shower_share),
        has_vehicle=chance(preset.vehicle_share),
        heating_slope=np.where(chance(preset.heating_share), between(*preset.watts_per_kelvin), 0),
        standby_sigma=fixture_between(*preset.standby_sigma),
        timer_watts=(has_fixture(preset.timer_share) * fixture_between(*preset.timer_watts)).astype(
            np.int64
        ),
        timer_start=(fixture_between(*preset.timer_hours) * SECONDS_PER_HOUR).astype(np.int64),
        is_holiday_home=has_fixture(preset.holiday_home_share),
        panel_watts=nothing,
        appliance_watts=nothing,
        vacant=nothing > 0,
    )


def _furnish(
    seed: int,
    preset: Preset,
    lived_in: Homes,
    serials: NDArray[np.integer],
    held: Tenancies,
    there: Mapping[str, NDArray[np.bool_]],
) -> Homes:
    """Add to homes what belongs to the house, and what has come to stay."""
    between, chance, _ = _draws(seed, Purpose.HOUSE, 4, serials)
    appliance, slope = between(*_NEW_APPLIANCE_WATTS), between(*_HEAT_PUMP_SLOPE)
    panels, has_panels = between(*preset.panel_watts), chance(preset.panel_share)
    return replace(
        lived_in,
        has_vehicle=lived_in.has_vehicle | there["new_vehicles"],
        heating_slope=np.where(
            there["new_heat_pumps"],
            np.maximum(lived_in.heating_slope, slope),
            lived_in.heating_slope,
        ),
        appliance_watts=np.where(there["new_appliances"], appliance, 0).astype(np.int64),
        panel_watts=np.where(has_panels | there["new_panels"], panels, 0).astype(np.int64),
        vacant=held.vacant,
    )


def _draws(
    seed: int, purpose: Purpose, count: int, keys: NDArray[np.integer]
) -> tuple[
    Callable[[float, float], NDArray[np.float64]],
    Callable[[float], NDArray[np.bool_]],
    Callable[[], NDArray[np.float64]],
]:
    """Make the functions that draw, one after the other, for each of the keys."""
    words = iter(draw(seed, purpose, np.arange(count)[:, np.newaxis], keys))

    def between(low: float, high: float) -> NDArray[np.float64]:
        return low + (high - low) * fractions(next(words))

    def chance(share: float) -> NDArray[np.bool_]:
        return fractions(next(words)) < share

    return between, chance, lambda: standard_normal(next(words))
