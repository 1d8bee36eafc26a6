"""Homes in Europe over the last Sunday of March, when the clocks go forward."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from wattif_dagster.local_time import LocalTime
from wattif_dagster_tests.support.homes import (
    FIRST_DAY,
    TABLES,
    Homes,
    Warehouse,
    select_flagged,
)

METERS, AFTER = 30, 5
CHANGE = (date(2024, 3, 31) - FIRST_DAY).days
DAYS = range(CHANGE, CHANGE + AFTER)
LOOKBACK = 14
"""Days of scores to calibrate with: fewer than usual, because they are the same for both zones."""


def make_homes() -> Homes:
    """Homes that switch on most of their load at 18:00, local time."""
    homes = Homes.clean(METERS, CHANGE + AFTER + 1)
    homes.avg[:, :, 18:] += 1
    hours = np.arange((CHANGE + AFTER) * 24)
    local = hours + np.where(hours >= 24 * CHANGE + 1, 2, 1)
    for name in ("avg", "max", "min"):
        values = getattr(homes, name).reshape(METERS, -1)[:, local]
        setattr(homes, name, values.reshape(METERS, -1, 24))
    homes.count = homes.count[:, :-1]
    return homes


def count_flagged(timezone: str) -> int:
    """Count the flagged hours of the days after the change. Nothing is wrong with any of them."""
    tables = replace(TABLES, local_time=LocalTime(timezone))
    warehouse = Warehouse(make_homes(), DAYS, LOOKBACK, tables)
    return sum(len(select_flagged(warehouse.score(day, tables))) for day in DAYS)


@pytest.mark.slow
def test_clock_change_raises_no_flags_in_local_time() -> None:
    hours = METERS * AFTER * 24
    assert count_flagged("Europe/Berlin") <= 0.02 * hours
    assert count_flagged("UTC") > 0.03 * hours
