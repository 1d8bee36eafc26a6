"""The references rank what is unusual, and say nothing of hours without readings."""

import numpy as np
import pytest

from wattif_dagster.evaluation.hours import Hours
from wattif_dagster.evaluation.references import references


@pytest.mark.parametrize("name", ["seasonal-naive", "IsolationForest"])
def test_burst_is_more_probable_than_an_ordinary_hour(name: str):
    kilowatts = np.random.default_rng(1).uniform(0.2, 0.6, (10, 24 * 20))
    kilowatts[3, -10] = 9.0
    count = np.full(kilowatts.shape, 4)
    kilowatts[4, -5], count[4, -5] = np.nan, 0
    hours = Hours(
        [str(n) for n in range(10)],
        np.datetime64("2024-01-01T00", "h"),
        *(kilowatts, kilowatts * 1.5, kilowatts / 2),
        count,
    )
    found = references()[name](hours, 48)
    assert found.shape == (10, 48)
    assert found[3, -10] > 0.99
    assert np.isnan(found[4, -5])
    assert np.nanmean(found >= 0.99) < 0.05
