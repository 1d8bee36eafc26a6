"""Faults: what a broken meter or its data path reports, given x, the true readings.

Stuck values, drift of the gain and noise are sensor faults of Ni et al.: "Sensor Network Data Fault
Types", ACM Transactions on Sensor Networks 5(3), 2009. Usage that is too high or zero and clocks
that are wrong are checked for by California's "Standards for Validating, Editing, and Estimating
Monthly and Interval Data". Which other faults there are, and how large each is, are this project's
assumptions.

Each function gives a whole day's readings; those outside of the episode are not used. F6 and F7
leave readings as they are: they never arrive, or arrive twice (see kinds.py).
"""

from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from wattif_dagster.metering.anomalies.episode import MeterDay, whole_watts
from wattif_dagster.metering.household.quantiles import standard_normal
from wattif_dagster.metering.lines import SECONDS_PER_DAY

LOWEST_GAIN, HIGHEST_GAIN = 0.2, 2.0
"""Where drift ends."""
_NOISE_WATTS = 1000


def stuck(meter: MeterDay) -> NDArray[np.int64]:
    """F1: the reading at the start, over and over."""
    start = meter.episode.starts_at
    of_start = meter.true if start.date() == meter.day else meter.true_on(start.date())
    return np.full_like(meter.true, of_start[start.hour * meter.simulation.readings_per_hour])


def zero(meter: MeterDay) -> NDArray[np.int64]:
    """F2: nothing."""
    return np.zeros_like(meter.true)


def spike(meter: MeterDay) -> NDArray[np.int64]:
    """F3: one reading of tens of kilowatts."""
    interval = meter.simulation.interval_seconds
    at = meter["second"] // interval * interval
    return np.where(meter.seconds_in == at, round(meter["kw"] * 1000), meter.true)


def clock_shift(meter: MeterDay) -> NDArray[np.int64]:
    """F4: readings under timestamps that are some hours late; the evening before shows first."""
    readings = len(meter.true)
    behind = int(meter["hours"]) * meter.simulation.readings_per_hour
    two_days = np.concatenate([meter.true_on(meter.day - timedelta(days=1)), meter.true])
    return two_days[readings - behind : 2 * readings - behind]


def reverse_flow(meter: MeterDay) -> NDArray[np.int64]:
    """F5: -x, as with swapped terminals."""
    return -meter.true


def as_measured(meter: MeterDay) -> NDArray[np.int64]:
    """F6 and F7: x."""
    return meter.true


def tenfold(meter: MeterDay) -> NDArray[np.int64]:
    """F8: 10 * x, a wrong transformer ratio."""
    return meter.true * 10


def thousandth(meter: MeterDay) -> NDArray[np.int64]:
    """F9: x / 1000, a wrong unit."""
    return whole_watts(meter.true / 1000)


def drift(meter: MeterDay) -> NDArray[np.int64]:
    """F10: a gain that starts at 1 and changes by the same amount every day, between bounds."""
    gain = 1 + meter["gain_per_day"] * (meter.seconds_in / SECONDS_PER_DAY)
    return whole_watts(meter.true * gain.clip(LOWEST_GAIN, HIGHEST_GAIN))


def noise(meter: MeterDay) -> NDArray[np.int64]:
    """F11: x plus normal noise of 1 kW, not below zero."""
    noisy = meter.true + _NOISE_WATTS * standard_normal(meter.draws())
    return whole_watts(np.maximum(noisy, 0))
