"""Presets: what changes in their homes' lives, and what their meters show."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattif_dagster.metering.household.changes import NEVER, arrivals, tenancies
from wattif_dagster.metering.household.homes import homes_on
from wattif_dagster.metering.household.load import HouseholdLoad
from wattif_dagster.metering.household.presets import PRESETS, PresetName
from wattif_dagster.metering.household.routine import away
from wattif_dagster.metering.ndjson import DayRenderer, render_day
from wattif_dagster.metering.simulation import Simulation
from wattif_dagster_tests.support.strategies import seeds, serial_arrays

DAY = date(2024, 1, 10)
START = date(2024, 1, 1).toordinal()
SERIALS = np.arange(1000)
names = st.sampled_from(list(PRESETS))


def simulate(preset: PresetName, day: date = DAY, interval: int = 900) -> np.ndarray:
    simulation = Simulation(load="household", homes=preset, interval_seconds=interval)
    return HouseholdLoad(simulation, day, len(SERIALS)).watts(SERIALS).copy()


@settings(max_examples=25)
@given(names, seeds, st.sampled_from(["UTC", "Asia/Kathmandu"]), serial_arrays(8))
def test_a_home_s_day_does_not_depend_on_its_batch(preset, seed, timezone, serials):
    simulation = Simulation(
        load="household", homes=preset, seed=seed, interval_seconds=900, timezone=timezone
    )
    renderer = DayRenderer(simulation, DAY)
    alone = b"".join(bytes(renderer.render(serials[at : at + 1])) for at in range(len(serials)))
    assert alone == bytes(render_day(simulation, DAY, serials))


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("day", [DAY, date(2024, 7, 10)])
@pytest.mark.parametrize("interval", [600, 1200, 3600])
def test_readings_are_within_the_bounds(preset: PresetName, day: date, interval: int):
    simulation = Simulation(load="household", homes=preset)
    watts = simulate(preset, day, interval)
    lowest, highest = HouseholdLoad.bounds(simulation)
    assert lowest <= watts.min()
    assert watts.max() <= highest
    assert (watts.min() < 0) == (preset == "solar")


def test_tenants_change_after_an_empty_while():
    preset = PRESETS["restless"]
    years = [
        tenancies(7, preset, START, date(2024, 1, 1) + timedelta(days=365 * n), SERIALS)
        for n in range(11)
    ]
    moves = (years[10].number - years[0].number).mean()
    assert moves == pytest.approx(10 * preset.new_tenants, rel=0.15)
    (home,) = (years[1].number > years[0].number).nonzero()[0][:1]
    since = date.fromordinal(int(years[1].since[home]))
    days = [
        tenancies(7, preset, START, since + timedelta(days=n), SERIALS[home : home + 1])
        for n in range(-1, 25)
    ]
    assert [each.number[0] for each in days] == [0] + [1] * 25
    empty = [bool(each.vacant[0]) for each in days]
    assert not empty[0]
    assert 3 <= sum(empty) <= 20
    assert empty[1 : 1 + sum(empty)] == [True] * sum(empty)


def test_new_tenants_are_other_people():
    simulation = Simulation(load="household", homes="restless")
    before, after = homes_on(simulation, [DAY, DAY + timedelta(days=3650)], SERIALS)
    moved = before.people != after.people
    assert moved.mean() > 0.5
    assert np.corrcoef(before.mean_watts[moved], after.mean_watts[moved])[0, 1] < 0.15
    np.testing.assert_array_equal(before.mean_watts[~moved], after.mean_watts[~moved])


def test_what_comes_stays():
    simulation = Simulation(load="household", homes="electric")
    preset = PRESETS["electric"]
    come = arrivals(7, preset, START, SERIALS)
    assert (come["new_panels"] == NEVER).all()
    first_years = come["new_vehicles"] < START + 5 * 365
    assert first_years.mean() == pytest.approx(5 * preset.new_vehicles, abs=0.04)
    home = int(come["new_appliances"].argmin())
    day = date.fromordinal(int(come["new_appliances"][home]))
    days = [day + timedelta(days=n) for n in (-1, 0, 100)]
    watts = [each.appliance_watts[home] for each in homes_on(simulation, days, SERIALS)]
    assert watts[0] == 0 < watts[1] == watts[2]


def test_holiday_homes_are_switched_off_for_weeks():
    simulation = Simulation(load="household", homes="restless")
    (batch,) = homes_on(simulation, [DAY], SERIALS)
    preset = simulation.preset
    absent = np.array([away(7, DAY + timedelta(days=n), batch, preset) for n in range(60)])
    own = batch.is_holiday_home & ~batch.vacant
    assert own.sum() > 10
    assert absent[:, own].mean() > 0.75
    assert absent[:, ~batch.is_holiday_home & ~batch.vacant].mean() < 0.2
    off = simulate("restless", DAY + timedelta(days=1))[absent[0] & absent[1] & own]
    assert off.max() == 0


def test_coarse_registers_count_in_their_steps():
    """Of 10 Wh in a quarter of an hour, 100 Wh in half of one, and 1 kWh in an hour."""
    watts = simulate("restless", interval=900)
    used = watts[(watts > 0).any(axis=1)]
    coarse = np.zeros(len(used), np.bool_)
    for step, quarters in ((40, 1), (200, 2), (1000, 4)):
        periods = used.reshape(len(used), -1, quarters)
        counted = (periods == periods[:, :, :1]).all(axis=(1, 2)) & (used % step == 0).all(axis=1)
        assert counted.mean() > 0.03
        coarse |= counted
    assert coarse.mean() == pytest.approx(PRESETS["restless"].coarse_share, abs=0.05)


def test_coarse_registers_lose_no_energy():
    preset = "restless"
    fine = Simulation(load="household", homes=preset, interval_seconds=900)
    kept = simulate(preset).sum(axis=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(
            PRESETS,
            preset,
            PRESETS[preset].__class__(**{**vars(PRESETS[preset]), "coarse_share": 0.0}),
        )
        exact = HouseholdLoad(fine, DAY, len(SERIALS)).watts(SERIALS).sum(axis=1)
    assert np.abs(kept - exact).max() <= 4 * 1000  # a step of 1 kWh, as watts in four quarters
    assert kept.sum() == pytest.approx(exact.sum(), rel=0.01)


def test_panels_export_or_show_nothing():
    noon = simulate("solar", date(2024, 6, 20), 900)[:, 44:52]
    assert 0.01 < (noon < 0).any(axis=1).mean() < 0.15
    assert 0.01 < (noon == 0).any(axis=1).mean() < 0.15
    night = simulate("solar", date(2024, 6, 20), 900)[:, :8]
    assert night.min() >= 0
