"""The air temperature that all homes share."""

from datetime import date
from math import cos, pi

import numpy as np

from wattif_dagster.metering.draws import Purpose, draw
from wattif_dagster.metering.household.local_days import solar_time
from wattif_dagster.metering.household.quantiles import standard_normal
from wattif_dagster.metering.simulation import SECONDS_PER_HOUR, Simulation, parse_day

_YEAR_MEAN, _YEAR_SWING, _COLDEST_DAY = 10.0, 7.0, 20
_PERSISTENCE = 0.8
_DAY_TO_DAY = 1.8
_MEMORY = 24
"""Days that count: 0.8**24 is half a percent."""
_DAY_SWING = 3.0
_WARMEST_HOUR = 15


def mean_temperature(simulation: Simulation, day: date) -> float:
    """The day's mean in degrees Celsius, to a tenth.

    A yearly wave and an autoregressive series about it, written as the moving average of daily
    innovations that it is: x = sum of 0.8**j * e(day - j), e normal with 1.8 K. So a day needs no
    other day to be computed first.
    """
    year = _YEAR_MEAN - _YEAR_SWING * cos(
        2 * pi * (day.timetuple().tm_yday - _COLDEST_DAY) / 365.25
    )
    days = day.toordinal() - np.arange(_MEMORY)
    innovations = standard_normal(draw(simulation.seed, Purpose.TEMPERATURE, days))
    anomaly, weight = 0.0, _DAY_TO_DAY
    for innovation in innovations.tolist():
        anomaly += weight * innovation
        weight *= _PERSISTENCE
    return round(round(year, 3) + anomaly + _shift(simulation, day), 1)


def hourly_temperatures(simulation: Simulation, day: date) -> list[float]:
    """Degrees Celsius in each hour of the UTC day: a wave about its mean, warmest at 15 h.

    That is 15 h by the sun, so that a change of clocks does not change the weather.
    """
    mean = mean_temperature(simulation, day)
    ahead = solar_time(simulation.local_time, day) / SECONDS_PER_HOUR
    return [
        mean + round(_DAY_SWING * cos(2 * pi * (hour + ahead - _WARMEST_HOUR) / 24), 2)
        for hour in range(24)
    ]


def _shift(simulation: Simulation, day: date) -> float:
    if simulation.weather_shift_date is None or day < parse_day(simulation.weather_shift_date):
        return 0.0
    return simulation.weather_shift_kelvin
