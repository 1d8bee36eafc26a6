"""Gaps: hours whose readings a meter with a bad connection loses, now and then, for as long as it
lives. Those of real meters are neither theft nor a fault that lasts."""

from collections.abc import Container
from datetime import UTC, date, datetime, time, timedelta

import numpy as np
from numpy.typing import NDArray

from wattif_dagster.metering.anomalies.episode import Episode
from wattif_dagster.metering.draws import Purpose, draw, fractions
from wattif_dagster.metering.simulation import Simulation

GAP = "B7"
_CHANCE = 0.3
"""Of a day to have a gap."""
_LONGEST = 6
"""Hours."""


def gaps_on(
    simulation: Simulation, day: date, serials: NDArray[np.integer], but: Container[int] = ()
) -> list[Episode]:
    """The gaps of the UTC day, in the order of the serials; none of those in `but` has one."""
    share = simulation.preset.gap_share
    if not share:
        return []
    seed, numbers = simulation.seed, np.arange(3)[:, np.newaxis]
    words = draw(seed, Purpose.GAP, day.toordinal(), numbers, serials)
    chance, first, length = fractions(words)
    hours = 1 + (length * _LONGEST).astype(np.int64)
    start = (first * (24 - hours + 1)).astype(np.int64)
    loses = fractions(draw(seed, Purpose.GAP, serials)) < share
    midnight = datetime.combine(day, time(), UTC)
    return [
        Episode(
            serial=int(serials[at]),
            kind=GAP,
            starts_at=midnight + timedelta(hours=int(start[at])),
            ends_at=midnight + timedelta(hours=int(start[at] + hours[at])),
            parameters={"hours": int(hours[at])},
        )
        for at in (loses & (chance < _CHANCE)).nonzero()[0]
        if int(serials[at]) not in but
    ]
