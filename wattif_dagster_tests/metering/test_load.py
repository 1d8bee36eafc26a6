from datetime import date

import numpy as np

from wattif_dagster.metering.draws import Purpose, draw
from wattif_dagster.metering.load import UniformLoad
from wattif_dagster.metering.simulation import Simulation

DAY = date(2024, 1, 1)
SIMULATION = Simulation()


def test_readings_are_uniform_over_0_to_900_watts():
    watts = UniformLoad(SIMULATION, DAY, 200).watts(np.arange(200))
    counts = np.bincount(watts.ravel(), minlength=901)
    assert counts.size == 901
    expected = watts.size / 901
    chi_square = ((counts - expected) ** 2 / expected).sum()
    # 900 degrees of freedom: mean 900, standard deviation sqrt(1800) = 42.4; five of them.
    assert abs(chi_square - 900) < 5 * 42.4


def test_readings_of_neighbours_are_uncorrelated():
    today = UniformLoad(SIMULATION, DAY, 100).watts(np.arange(100)).astype(float)
    tomorrow = UniformLoad(SIMULATION, date(2024, 1, 2), 100).watts(np.arange(100)).astype(float)
    for ours, theirs in (
        (today[:, 1:], today[:, :-1]),
        (today[1:], today[:-1]),
        (today, tomorrow),
    ):
        correlation = np.corrcoef(ours.ravel(), theirs.ravel())[0, 1]
        assert abs(correlation) < 5 / np.sqrt(ours.size)


def test_readings_are_the_keyed_draws_two_a_word():
    watts = UniformLoad(SIMULATION, DAY, 1).watts(np.array([42]))
    word = draw(SIMULATION.seed, Purpose.LOAD, DAY.toordinal(), 42, 3).item()
    assert watts[0, 6:8].tolist() == [(word % 2**32) * 901 >> 32, (word >> 32) * 901 >> 32]
