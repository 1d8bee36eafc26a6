from datetime import date, timedelta
from importlib.resources import files

import numpy as np
import pytest

from wattif_dagster.metering.household.profile import (
    BIN_SECONDS,
    SHARPNESS_LEVELS,
    StartTimes,
    relative_energy,
    relative_power,
    seasonal_factor,
)
from wattif_dagster_tests.support import h25

YEAR = [date(2025, 1, 1) + timedelta(days=n) for n in range(365)]
WINTER_WORKDAY = date(2025, 1, 8)


def test_the_shipped_harmonics_are_those_of_the_fit(capsys):
    h25.main()
    shipped = files("wattif_dagster.metering.household").joinpath("h25_harmonics.csv")
    assert shipped.read_text() == capsys.readouterr().out


def test_every_shape_is_close_to_h25():
    shapes = h25.h25()
    for month in range(1, 13):
        for day, kind in ((4, "WT"), (5, "SA"), (6, "FT")):
            on = next(d for d in YEAR if d.month == month and d.weekday() == day)
            power = relative_power(on).reshape(96, -1).mean(axis=1)
            assert np.corrcoef(power, shapes[month, kind])[0, 1] > 0.997
            assert power.mean() == pytest.approx(relative_energy(on), abs=1e-4)
            assert power.mean() == pytest.approx(
                shapes[month, kind].mean() * seasonal_factor(on), abs=1e-4
            )


def test_a_year_s_mean_is_one():
    assert np.mean([relative_energy(day) for day in YEAR]) == pytest.approx(1, abs=0.02)


def test_winters_take_more_than_summers():
    assert seasonal_factor(date(2025, 1, 10)) > 1.2
    assert seasonal_factor(date(2025, 7, 10)) < 0.8


def starts(day: date, sharpness: int) -> np.ndarray:
    ranks = np.arange(2**16)
    return StartTimes(day).at(np.full(len(ranks), sharpness), ranks)


@pytest.mark.parametrize("sharpness", range(SHARPNESS_LEVELS))
def test_start_times_fill_the_day_and_follow_the_profile(sharpness):
    seconds = starts(WINTER_WORKDAY, sharpness)
    assert (np.diff(seconds) >= 0).all()
    assert (seconds[0], seconds[-1]) == (0, pytest.approx(86_400, abs=60))
    assert seconds[-1] < 86_400
    counts = np.bincount(seconds // BIN_SECONDS)
    assert np.corrcoef(counts, relative_power(WINTER_WORKDAY))[0, 1] > 0.95


def test_sharper_homes_keep_more_to_the_evening():
    def evening(seconds: np.ndarray) -> float:
        return ((seconds > 17 * 3600) & (seconds < 21 * 3600)).mean()

    shares = [evening(starts(WINTER_WORKDAY, level)) for level in range(SHARPNESS_LEVELS)]
    assert shares == sorted(shares)
    assert shares[-1] > shares[0] + 0.1
