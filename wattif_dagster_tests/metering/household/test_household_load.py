import hashlib
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattif_dagster.metering.household.load import HouseholdLoad
from wattif_dagster.metering.household.pulses import Pulses, add_pulses
from wattif_dagster.metering.ndjson import DayRenderer, render_day
from wattif_dagster.metering.simulation import Simulation
from wattif_dagster_tests.support.strategies import days, intervals, seeds, serial_arrays

DAY = date(2024, 1, 10)
HOUSEHOLDS = Simulation(load="household")


def watts(interval: int, serials: np.ndarray, day: date = DAY, seed: int = 7) -> np.ndarray:
    simulation = Simulation(load="household", interval_seconds=interval, seed=seed)
    return HouseholdLoad(simulation, day, len(serials)).watts(serials)


def test_the_bytes_of_a_small_day_never_change():
    data = render_day(HOUSEHOLDS, DAY, np.array([0, 1, 42, 30_999_999]))
    digest = "693c1cb0a98df6fd0f6bc91182ccd37cd70e1af74786d94dfec0fd9d0c3a22f6"
    assert hashlib.sha256(data).hexdigest() == digest


def test_the_readings_of_many_homes_and_days_never_change():
    digest = hashlib.sha256()
    for number in range(12):
        day = date(2024, 1, 15) + timedelta(days=31 * number)
        digest.update(watts(1800, np.arange(300), day).astype("<i4").tobytes())
    assert digest.hexdigest() == "748806fbee3f4d4bc10b8f1de2bdf1148d7467970387b81ff9104883fcfad830"


def test_least_power_of_a_home_varies_by_some_percent():
    nights = [DAY + timedelta(days=number) for number in range(14)]
    least = np.stack([watts(600, np.arange(200), day).min(axis=1) for day in nights])
    spread = np.log(least).std(axis=0)  # of heated homes more
    assert 0.06 < np.median(spread) < 0.1


@settings(max_examples=25)
@given(seeds, days, intervals, serial_arrays(8), st.integers(1, 8))
def test_a_home_s_day_does_not_depend_on_its_batch(seed, day, interval, serials, size):
    simulation = Simulation(load="household", seed=seed, interval_seconds=interval)
    renderer = DayRenderer(simulation, day)
    batches = [serials[at : at + size] for at in range(0, len(serials), size)]
    together = b"".join(bytes(renderer.render(batch)) for batch in batches)
    assert together == bytes(render_day(simulation, day, serials))


@settings(max_examples=15)
@given(seeds, days, st.sampled_from([1, 4, 25, 60, 100, 1800, 3600]))
def test_readings_of_any_interval_say_the_same_energy(seed, day, interval):
    serials = np.arange(3)
    hourly = watts(3600, serials, day, seed)
    finer = watts(interval, serials, day, seed).reshape(3, 24, -1).mean(axis=2)
    # Each reading has noise of up to 3.2 percent and is rounded.
    np.testing.assert_allclose(finer, hourly, rtol=0.07, atol=2)


def test_pulses_have_their_exact_energy_in_the_right_readings():
    steps = np.zeros((2, 24 + 2), np.int64)
    pulses = Pulses(
        home=np.array([0, 0, 1]),
        start=np.array([1800, 7200, -600]),
        end=np.array([5400, 7260, 90_000]),
        watts=np.array([100, 1000, 7]),
    )
    add_pulses(steps, 3600, pulses)
    energy = steps.cumsum(axis=1)[:, :24]
    assert energy[0, :4].tolist() == [180_000, 180_000, 60_000, 0]
    assert (energy[1] == 7 * 3600).all()


def test_a_use_that_is_on_at_midnight_goes_on():
    serials = np.arange(400)
    ends = watts(60, serials)[:, -1].astype(float)
    begins = watts(60, serials, DAY + timedelta(days=1))[:, 0].astype(float)
    assert np.corrcoef(ends, begins)[0, 1] > 0.9


def test_homes_use_their_annual_energy():
    serials = np.arange(400)
    year = [watts(3600, serials, date(2023, 1, 1) + timedelta(days=6 * n)) for n in range(61)]
    kwh = np.mean(year, axis=(0, 2)) * 8.766
    # Vehicles and heating come on top of the median of 2,700.
    assert np.median(kwh) == pytest.approx(2800, rel=0.1)
    assert 1000 < np.quantile(kwh, 0.1) < 1600
    assert 5500 < np.quantile(kwh, 0.9) < 9000


def test_no_reading_is_negative_or_over_the_main_fuse():
    readings = watts(10, np.arange(200))
    assert readings.min() > 0
    assert readings.max() <= HouseholdLoad.bounds(HOUSEHOLDS)[1]


def test_readings_are_never_still_for_hours():
    by_hour = watts(10, np.arange(200)).reshape(200, 24, 360)
    assert (by_hour.max(axis=2) > by_hour.min(axis=2)).all()


@pytest.mark.parametrize(("kelvin", "more"), [(-8.0, True), (8.0, False)], ids=["colder", "warmer"])
def test_weather_shift_changes_heated_homes_from_its_day(kelvin, more):
    serials = np.arange(500)
    shifted = Simulation(
        load="household",
        interval_seconds=1800,
        weather_shift_date=str(DAY),
        weather_shift_kelvin=kelvin,
    )

    def shift(day: date) -> np.ndarray:
        load = HouseholdLoad(shifted, day, len(serials)).watts(serials)
        return load.sum(axis=1) - watts(1800, serials, day).sum(axis=1)

    assert not shift(DAY - timedelta(days=1)).any()
    change = shift(DAY)
    heated = change != 0
    assert 0.04 < heated.mean() < 0.12
    assert (change[heated] > 0).all() == more
