from datetime import date

import numpy as np

from wattif_dagster.metering.household.realism import Statistic, half_hours, realism
from wattif_dagster.metering.simulation import Simulation

FIRST = date(2024, 1, 8)


def statistics(load: str, homes: int) -> list[Statistic]:
    simulation = Simulation.model_validate({"load": load})
    return realism(half_hours(simulation, np.arange(homes), FIRST, 28), FIRST)


def test_households_are_lifelike():
    found = statistics("household", 1000)
    assert len(found) == 15
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
