"""The plot of a week shows the home, the fleet and H25, and the ranges of real homes."""

from collections.abc import Mapping
from datetime import date, timedelta
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from wattif_dagster.evaluation.realism_plot import DAYS, plot_week
from wattif_dagster.metering.household.restlessness import NAMES
from wattif_dagster_tests.support.pixels import BAND_BLUE, VALUE_BLUE, count_pixels

HOME, FLEET = (0, 0, 900, 220), (0, 240, 900, 430)
RANGES = (0, 445, 900, 720)
CALM = dict.fromkeys(NAMES, 0.3)
MONDAY = date(2024, 1, 8)
LAST = date.max - timedelta(days=DAYS)


def draw(
    home: np.ndarray,
    fleet: np.ndarray,
    first: date = MONDAY,
    restlessness: Mapping[str, float] = CALM,
) -> Image.Image:
    png = plot_week(home, fleet, first, ("a home", "the fleet"), restlessness)
    image = Image.open(BytesIO(png))
    assert (image.format, image.size) == ("PNG", (900, 720))
    return image.convert("RGB")


def kilowatts(per_day: int, high: float = 2.0) -> np.ndarray:
    return np.random.default_rng(1).uniform(0.1, high, (DAYS, per_day))


def test_home_and_fleet_have_a_line_each():
    image = draw(kilowatts(1440), np.full((DAYS, 48), 0.5))
    assert count_pixels(image, HOME, VALUE_BLUE) > 10_000
    assert 500 < count_pixels(image, FLEET, VALUE_BLUE) < 3_000


def test_h25_is_drawn_as_high_as_the_fleet_is():
    small, large = (draw(kilowatts(48), kilowatts(48) * factor) for factor in (1, 50))
    band = count_pixels(small, FLEET, BAND_BLUE)
    assert band > 10_000
    assert count_pixels(large, FLEET, BAND_BLUE) == pytest.approx(band, rel=0.05)


def test_h25_is_that_of_the_days():
    winter, summer = (draw(kilowatts(48), kilowatts(48), date(2024, month, 8)) for month in (1, 7))
    differing = np.any(np.asarray(winter.crop(FLEET)) != np.asarray(summer.crop(FLEET)), axis=2)
    assert differing.sum() > 1_000


def test_each_statistic_has_a_place_on_its_range():
    low, high = (
        draw(kilowatts(48), kilowatts(48), restlessness=dict.fromkeys(NAMES, value))
        for value in (0.2, 0.6)
    )
    for image in (low, high):
        assert count_pixels(image, RANGES, VALUE_BLUE) > 9 * 15
        assert count_pixels(image, RANGES, BAND_BLUE) > 5_000
    assert low.crop(RANGES).tobytes() != high.crop(RANGES).tobytes()


@settings(max_examples=3)
@given(st.sampled_from([24, 48, 288, 1440]), st.floats(0, 1e4), st.dates(max_value=LAST))
def test_any_loads_are_drawn(per_day: int, highest: float, first: date):
    draw(kilowatts(per_day) * highest, kilowatts(per_day) * highest, first)
