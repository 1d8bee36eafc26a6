"""Turns the true readings of a day into what the meters report."""

from datetime import date
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wattif_dagster.metering.anomalies.episode import MeterDay
from wattif_dagster.metering.anomalies.gaps import gaps_on
from wattif_dagster.metering.anomalies.kinds import KINDS
from wattif_dagster.metering.anomalies.schedule import episodes_on
from wattif_dagster.metering.consumption import true_bounds
from wattif_dagster.metering.simulation import Simulation


class Report(NamedTuple):
    """What a meter reports of a day: watts, and how often each reading arrives (0, 1, 2)."""

    watts: NDArray[np.int64]
    copies: NDArray[np.int64]


def report(meter: MeterDay) -> Report:
    """The day's readings with the episode's part replaced."""
    kind, within = KINDS[meter.episode.kind], meter.within
    return Report(
        watts=np.where(within, kind.report(meter), meter.true),
        copies=np.where(within, kind.copies, 1),
    )


def inject(
    simulation: Simulation, day: date, serials: NDArray[np.integer], watts: NDArray[np.int64]
) -> NDArray[np.int64] | None:
    """Replace true readings, shape (meters, readings), by reported ones.

    Returns how often each reading arrives, or None where each does once.
    """
    copies = None
    place = {serial: row for row, serial in enumerate(serials.tolist())}
    episodes = episodes_on(simulation, day, serials)
    for episode in episodes:
        row = place[episode.serial]
        reported = report(MeterDay(simulation, day, episode, watts[row]))
        watts[row] = reported.watts
        if KINDS[episode.kind].copies != 1:
            copies = np.ones_like(watts) if copies is None else copies
            copies[row] = reported.copies
    for gap in gaps_on(simulation, day, serials, {episode.serial for episode in episodes}):
        copies = np.ones_like(watts) if copies is None else copies
        copies.reshape(len(watts), 24, -1)[place[gap.serial], gap.hours_of(day)] = 0
    return copies


def reported_bounds(simulation: Simulation) -> tuple[int, int]:
    """No reported reading is smaller or larger, watts."""
    lowest, highest = true_bounds(simulation)
    if not simulation.kinds_of_anomalies:
        return lowest, highest
    largest_spike = round(KINDS["F3"].parameters["kw"][1] * 1000)
    return min(-highest, 10 * lowest), max(10 * highest, largest_spike)


def most_rows(simulation: Simulation) -> int:
    """No meter's day has more rows."""
    return simulation.readings_per_day + simulation.readings_per_hour * max(
        (
            (kind.copies - 1) * (kind.hours or (0, 24))[1]
            for name in simulation.kinds_of_anomalies
            if (kind := KINDS[name]).copies > 1
        ),
        default=0,
    )
