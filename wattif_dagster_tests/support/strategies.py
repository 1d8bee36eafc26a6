"""What hypothesis draws for these tests."""

from datetime import date

import numpy as np
from hypothesis import strategies as st

from wattif_dagster.metering.simulation import SECONDS_PER_HOUR, SERIAL_SPACE

INTERVALS = [s for s in range(10, SECONDS_PER_HOUR + 1) if SECONDS_PER_HOUR % s == 0]
"""Intervals from 10 seconds up; shorter ones make the same code work longer."""

days = st.dates(min_value=date(1000, 1, 1))
intervals = st.sampled_from(INTERVALS)
seeds = st.integers(0, 2**63 - 1)
serial_numbers = st.integers(0, SERIAL_SPACE - 1)


def serial_arrays(max_size: int = 5, *, unique: bool = False):
    """Arrays of serial numbers."""
    numbers = st.lists(serial_numbers, max_size=max_size, unique=unique)
    return numbers.map(lambda values: np.array(values, np.uint32))
