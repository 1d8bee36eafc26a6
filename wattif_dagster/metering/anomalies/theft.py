"""Theft: what a tampered meter reports, given x, its true readings, and m, their former mean.

T1 to T6 are the attacks h1 to h6 of Jokar, Arianpoo, Leung: "Electricity Theft Detection in AMI
Using Customers' Consumption Patterns", IEEE Transactions on Smart Grid 7(1), 2016. T7 and T8 are
from Zheng, Chen, Wang, Kang, Xia: "A Novel Combined Data-Driven Approach for Electricity Theft
Detection", IEEE Transactions on Industrial Informatics, 2018, doi:10.1109/TII.2018.2873814.

Each function gives a whole day's readings; those outside of the episode are not used.
"""

import numpy as np
from numpy.typing import NDArray

from wattif_dagster.metering.anomalies.episode import MeterDay, whole_watts
from wattif_dagster.metering.draws import fractions
from wattif_dagster.metering.simulation import SECONDS_PER_HOUR

_SMALLEST, _LARGEST = 0.1, 0.8
"""Factors that vary from reading to reading lie between."""


def scaled(meter: MeterDay) -> NDArray[np.int64]:
    """T1: a * x, the same a all the time."""
    return whole_watts(meter.true * meter["factor"])


def off_at_times(meter: MeterDay) -> NDArray[np.int64]:
    """T2: nothing in the same hours of every day, which may pass midnight."""
    since = (meter.seconds - meter["from_hour"] * SECONDS_PER_HOUR) % (24 * SECONDS_PER_HOUR)
    return np.where(since < meter["hours"] * SECONDS_PER_HOUR, 0, meter.true)


def scaled_at_random(meter: MeterDay) -> NDArray[np.int64]:
    """T3: g * x, another g for each reading."""
    return whole_watts(meter.true * _random_factors(meter))


def mean_at_random(meter: MeterDay) -> NDArray[np.int64]:
    """T4: g * m, another g for each reading."""
    return whole_watts(meter.mean * _random_factors(meter))


def constant_mean(meter: MeterDay) -> NDArray[np.int64]:
    """T5: m."""
    return np.full_like(meter.true, meter.mean)


def reversed_day(meter: MeterDay) -> NDArray[np.int64]:
    """T6: the day's readings in reverse order: use at dear hours is billed at cheap ones."""
    return meter.true[::-1]


def clipped(meter: MeterDay) -> NDArray[np.int64]:
    """T7: min(x, c), c a share of the readings that are seldom exceeded."""
    return np.minimum(meter.true, round(meter["share_of_high"] * meter.high))


def bypassed(meter: MeterDay) -> NDArray[np.int64]:
    """T8: max(x - c, 0), c a share of m: a constant power does not pass the meter."""
    return np.maximum(meter.true - round(meter["share_of_mean"] * meter.mean), 0)


def _random_factors(meter: MeterDay) -> NDArray[np.float64]:
    return _SMALLEST + (_LARGEST - _SMALLEST) * fractions(meter.draws())
