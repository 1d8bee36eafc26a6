"""The sunshine that all solar panels share."""

from datetime import date
from functools import lru_cache
from math import cos, pi, sin

import numpy as np
from numpy.typing import NDArray

from wattif_dagster.metering.draws import Purpose, draw, fractions

QUARTERS = 96
"""Of an hour, in a day."""
_LATITUDE = 40.0
_TILT = 23.45
_LEAST_CLEAR = 0.15
"""Part of the sun's power on the darkest day."""


def sunshine(seed: int, day: date, ahead: int) -> NDArray[np.float64]:
    """The power of the sun in each quarter of an hour of the UTC day, from 0 to 1, shape (96,).

    `ahead` are the seconds by which the sun is ahead of UTC's: its noon is so much earlier. The
    elevation is that of 40 degrees north (Cooper 1969). Clouds change by the day and by the hour.
    """
    hours = fractions(draw(seed, Purpose.SUNSHINE, day.toordinal(), np.arange(25)))
    clear = _LEAST_CLEAR + (1 - _LEAST_CLEAR) * hours[0]
    clouds = clear + (1 - clear) * clear * (hours[1:] - 0.5)
    return _clear_sky(day.timetuple().tm_yday, ahead) * np.repeat(clouds, QUARTERS // 24)


@lru_cache(maxsize=512)
def _clear_sky(day_of_year: int, ahead: int) -> NDArray[np.float64]:
    declination = _TILT * sin(2 * pi * (284 + day_of_year) / 365) * pi / 180
    latitude = _LATITUDE * pi / 180
    up, across = sin(latitude) * sin(declination), cos(latitude) * cos(declination)
    angles = [2 * pi * ((q + 0.5) / QUARTERS + ahead / 86_400 - 0.5) for q in range(QUARTERS)]
    return np.array([max(0.0, round(up + across * cos(angle), 4)) for angle in angles])
