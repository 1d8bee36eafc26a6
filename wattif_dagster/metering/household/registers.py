"""What meters show of a load: some count in large steps, and some show no export."""

from datetime import date

import numpy as np
from numpy.typing import NDArray

from wattif_dagster.metering.draws import Purpose, draw, fractions
from wattif_dagster.metering.household.presets import Preset
from wattif_dagster.metering.simulation import SECONDS_PER_HOUR, Simulation

STEPS = ((10, 900), (100, 1800), (1000, 3600))
"""Watt-hours of a step, and the seconds over which it is counted at least."""


def show_as_metered(
    simulation: Simulation,
    day: date,
    preset: Preset,
    serials: NDArray[np.integer],
    watts: NDArray[np.int64],
) -> None:
    """Change the readings, shape (meters, readings), to what the meters show.

    Coarse registers show what they counted over a quarter of an hour or longer. What is left of a
    step counts in the next period; at midnight (UTC) it is drawn.
    """
    seed, interval = simulation.seed, simulation.interval_seconds
    kinds = draw(seed, Purpose.METER, np.arange(3)[:, np.newaxis], serials)
    coarse, kind, import_only = fractions(kinds)
    if preset.least_watts:
        floor = np.where(import_only < preset.import_only_share, 0, preset.least_watts)
        np.maximum(watts, floor[:, np.newaxis], out=watts)
    which = np.where(coarse < preset.coarse_share, (kind * len(STEPS)).astype(np.int64), -1)
    rest = fractions(draw(seed, Purpose.METER, len(kinds), day.toordinal(), serials))
    for number, (watt_hours, least) in enumerate(STEPS):
        rows = (which == number).nonzero()[0]
        if not len(rows):
            continue
        seconds = _period(least, interval)
        step = watt_hours * 3600
        energy = watts[rows].reshape(len(rows), -1, seconds // interval).sum(axis=2) * interval
        energy[:, 0] += (rest[rows] * step).astype(np.int64)
        steps = np.diff(energy.cumsum(axis=1) // step, axis=1, prepend=0)
        shown = (steps * step // seconds).clip(preset.least_watts, preset.fuse_watts)
        watts[rows] = np.repeat(shown, seconds // interval, axis=1)


def _period(least: int, interval: int) -> int:
    """The seconds over which steps are counted: whole intervals, and a part of an hour."""
    wanted = max(least, interval)
    return wanted if wanted % interval == 0 else SECONDS_PER_HOUR
