from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import pytest

from wattif_dagster.local_time import LocalTime
from wattif_dagster.metering.household.appliances import KINDS, appliance_mix, appliance_pulses
from wattif_dagster.metering.household.fixtures import charging_pulses, fridge_pulses
from wattif_dagster.metering.household.homes import homes
from wattif_dagster.metering.household.local_days import LocalDay, local_days
from wattif_dagster.metering.household.quantiles import exponential, standard_normal
from wattif_dagster.metering.household.routine import away, flexible_watt_hours, level
from wattif_dagster.metering.household.weather import hourly_temperatures, mean_temperature
from wattif_dagster.metering.simulation import Simulation

DAY = date(2024, 1, 10)
LOCAL_DAY = local_days(LocalTime(), DAY)[0]
FLEET = homes(7, np.arange(5000))


def utc_day(day: date) -> LocalDay:
    return local_days(LocalTime(), day)[0]


def following(count: int) -> list[date]:
    return [DAY + timedelta(days=n) for n in range(count)]


def test_annual_energy_is_lognormal():
    kwh = FLEET.mean_watts * 8.766
    assert np.median(kwh) == pytest.approx(2700, rel=0.05)
    assert np.log(kwh).std() == pytest.approx(0.61, rel=0.05)


def test_few_homes_have_vehicles_or_electric_heating():
    assert FLEET.has_vehicle.mean() == pytest.approx(0.05, abs=0.01)
    assert (FLEET.heating_slope > 0).mean() == pytest.approx(0.08, abs=0.012)


def test_a_home_is_the_same_whoever_is_asked_for_with_it():
    alone = homes(7, np.array([4321]))
    for name, values in vars(alone).items():
        assert values[0] == vars(FLEET)[name][4321], name


def test_levels_persist_from_day_to_day_about_one():
    levels = np.array([level(7, day, FLEET) for day in following(10)])
    assert levels.mean() == pytest.approx(1, abs=0.01)
    correlations = [np.corrcoef(a, b)[0, 1] for a, b in pairwise(levels)]
    assert np.mean(correlations) == pytest.approx(0.45, abs=0.03)


def test_vacations_last_two_to_ten_days_and_are_rare():
    absent = np.array([away(7, day, FLEET) for day in following(40)])
    assert 0.03 < absent.mean() < 0.06
    at_the_edge = absent[0] | absent[-1]
    lengths = absent[:, ~at_the_edge].sum(axis=0)
    once = (np.diff(absent[:, ~at_the_edge].astype(int), axis=0) == 1).sum(axis=0) == 1
    assert set(lengths[once].tolist()) >= set(range(2, 11))
    # Two that meet are longer.
    assert lengths[once].min() == 2
    assert (lengths[once] > 10).mean() < 0.05


def test_home_that_is_away_uses_little():
    absent = np.arange(5000) % 2 == 0
    energy = flexible_watt_hours(7, LOCAL_DAY, FLEET, absent)
    assert energy[absent].mean() < 0.06 * energy[~absent].mean()


def test_uses_spend_the_energy_they_are_to_spend():
    mixed = appliance_mix(7, FLEET)
    np.testing.assert_allclose(mixed.sum(axis=0), 1)
    wanted = np.full(5000, 9000.0)
    pulses = appliance_pulses(7, LOCAL_DAY, FLEET, mixed, wanted)
    spent = np.bincount(pulses.home, pulses.watts * (pulses.end - pulses.start), 5000) / 3600
    assert spent.mean() == pytest.approx(9000, rel=0.02)
    assert pulses.start.min() >= 0
    assert pulses.start.max() < 86_400
    longest = max(kind.seconds[1] for kind in KINDS)
    assert (pulses.end - pulses.start).max() < longest


def test_habits_bring_a_home_s_uses_back_at_the_same_hours():
    def starts(day: date) -> np.ndarray:
        mixed = appliance_mix(7, FLEET)
        pulses = appliance_pulses(7, utc_day(day), FLEET, mixed, np.full(5000, 9000.0))
        return np.bincount(pulses.home * 24 + pulses.start // 3600, minlength=5000 * 24)

    today, tomorrow = starts(DAY).reshape(5000, 24), starts(DAY + timedelta(days=1))
    own = (today.ravel() * tomorrow).mean()
    others = (np.roll(today, 1, axis=0).ravel() * tomorrow).mean()
    assert own > 1.1 * others


def test_vehicles_charge_overnight_in_homes_that_have_one():
    nobody = np.zeros(5000, bool)
    pulses = charging_pulses(7, LOCAL_DAY, FLEET, nobody)
    assert FLEET.has_vehicle[pulses.home].all()
    assert len(pulses.home) / FLEET.has_vehicle.sum() == pytest.approx(0.35, abs=0.1)
    assert pulses.end.max() > 86_400
    assert len(charging_pulses(7, LOCAL_DAY, FLEET, ~nobody).home) == 0


def test_fridges_run_on_across_midnight():
    today, tomorrow = (fridge_pulses(day, FLEET) for day in following(2))
    last = today.end.argmax()
    over = today.end[last] - 86_400
    of_home = tomorrow.home == today.home[last]
    assert tomorrow.end[of_home].min() == over
    seconds = (tomorrow.end.clip(0, 86_400) - tomorrow.start.clip(0, 86_400)).sum()
    share = seconds / 86_400 / 5000
    assert share == pytest.approx(0.4, abs=0.01)


def test_the_temperature_has_a_year_and_a_day_and_persists():
    simulation = Simulation()
    days = [date(2023, 1, 1) + timedelta(days=n) for n in range(1461)]
    series = np.array([mean_temperature(simulation, day) for day in days])
    assert series.mean() == pytest.approx(10, abs=1)
    assert series[[day.month == 1 for day in days]].mean() < 5
    assert series[[day.month == 7 for day in days]].mean() > 15
    year = 2 * np.pi * np.array([day.timetuple().tm_yday - 20 for day in days]) / 365.25
    anomaly = series - (10 - 7 * np.cos(year))
    assert np.corrcoef(anomaly[1:], anomaly[:-1])[0, 1] == pytest.approx(0.8, abs=0.05)
    assert anomaly.std() == pytest.approx(3, rel=0.15)
    hours = hourly_temperatures(simulation, DAY)
    assert np.mean(hours) == pytest.approx(mean_temperature(simulation, DAY))
    assert (int(np.argmax(hours)), int(np.argmin(hours))) == (15, 3)


def test_normal_and_exponential_numbers():
    words = (np.arange(2**16, dtype=np.uint64) << np.uint64(48)) + np.uint64(2**47)
    normal = standard_normal(words)
    assert (np.diff(normal) >= 0).all()
    assert normal.mean() == pytest.approx(0, abs=1e-6)
    assert normal.std() == pytest.approx(1, abs=2e-3)
    numbers = np.linspace(-3, 3, 1000)
    np.testing.assert_allclose(exponential(numbers), np.exp(numbers), rtol=2e-3)
