from datetime import date

import numpy as np
import pytest

from wattif_dagster.metering.household.presets import PresetName
from wattif_dagster.metering.household.realism import (
    Statistic,
    bounds_apply,
    half_hours,
    mean_kw,
    realism,
)
from wattif_dagster.metering.household.restlessness import LIKE
from wattif_dagster.metering.simulation import Simulation

FIRST = date(2024, 1, 8)


def statistics(load: str, homes: int, preset: PresetName = "calm") -> list[Statistic]:
    simulation = Simulation.model_validate({"load": load, "homes": preset})
    return realism(half_hours(simulation, np.arange(homes), FIRST, 28), FIRST, preset)


def test_households_are_lifelike():
    found = statistics("household", 1000)
    assert len(found) == 18
    assert [(statistic.name, statistic.value) for statistic in found if not statistic.holds] == []


@pytest.mark.parametrize("preset", LIKE)
def test_preset_is_as_restless_as_its_real_homes(preset: PresetName):
    found = statistics("household", 1000, preset)
    assert len(found) == 9
    assert [(statistic.name, statistic.value) for statistic in found if not statistic.holds] == []


def test_uniform_readings_are_not():
    failed = [statistic.name for statistic in statistics("uniform", 150) if not statistic.holds]
    assert len(failed) > 10


def test_half_hours_are_the_load_s_own_means():
    simulation = Simulation(load="household", interval_seconds=10)
    kw = half_hours(simulation, np.arange(3), FIRST, 2)
    assert kw.shape == (3, 2, 48)
    again = half_hours(simulation, np.arange(1, 2), FIRST, 2)
    np.testing.assert_array_equal(kw[1], again[0])


def test_minutes_say_the_same_energy():
    simulation = Simulation(load="household")
    minutes = mean_kw(simulation, np.arange(3), FIRST, 2, 60)
    expected = half_hours(simulation, np.arange(3), FIRST, 2)
    # Each reading has noise of up to 3.2 percent and is rounded.
    np.testing.assert_allclose(
        minutes.reshape(3, 2, 48, 30).mean(axis=3), expected, rtol=0.07, atol=0.002
    )


def test_the_days_done_are_told():
    told: list[int] = []
    half_hours(Simulation(), np.arange(2), FIRST, 3, told.append)
    assert told == [1, 2, 3]


@pytest.mark.parametrize(
    ("homes", "first", "days", "apply"),
    [
        (1000, FIRST, 28, True),
        (1000, date(2023, 12, 1), 91, True),
        (999, FIRST, 28, False),
        (1000, FIRST, 27, False),
        (1000, date(2023, 11, 30), 28, False),
        (1000, date(2024, 2, 3), 28, False),
    ],
)
def test_bounds_apply_to_many_homes_in_winter(homes: int, first: date, days: int, apply: bool):
    assert bounds_apply(homes, first, days) == apply
