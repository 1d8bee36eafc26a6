"""The hours of a simulation and the episodes injected into it, without rendering readings."""

from collections.abc import Callable, Iterable
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from wattif_dagster.evaluation.hours import FULL_DAY, Hours, Truth
from wattif_dagster.evaluation.truth import collect_benign, collect_episodes
from wattif_dagster.metering.anomalies.injection import inject
from wattif_dagster.metering.anomalies.labels import label_rows
from wattif_dagster.metering.consumption import Consumption
from wattif_dagster.metering.fleet import first_fleet
from wattif_dagster.metering.serials import serial_text
from wattif_dagster.metering.simulation import Simulation


def simulate(
    simulation: Simulation, days: int, report: Callable[[int], None]
) -> tuple[Hours, Truth]:
    """The hours of the first fleet on the first `days` days, as rolled up, and their truth.

    No meter is installed or retired. `report` is called with the number of days done.
    """
    serials = first_fleet(simulation).serials
    names = serial_text(serials)
    start = np.datetime64(simulation.first_day, "h")
    blocks, labels = [], []
    for place in range(days):
        day = simulation.first_day + timedelta(days=place)
        blocks.append(_day(simulation, day, serials))
        labels.extend(label_rows(simulation, day, serials))
        report(place + 1)
    average, highest, lowest, count = (
        np.concatenate(part, 1) for part in zip(*blocks, strict=True)
    )
    hours = Hours(names, start, average, highest, lowest, count.astype(np.int64))
    return hours, Truth(collect_episodes(labels, hours), collect_benign(labels, hours))


def _day(
    simulation: Simulation, day: date, serials: NDArray[np.uint32]
) -> tuple[NDArray[np.float64], ...]:
    """avg, max, min (kW) and count by hour, each of shape (meters, 24)."""
    consumption = Consumption(simulation, day)
    size = consumption.meters_at_once
    blocks: Iterable[NDArray[np.uint32]] = (
        serials[first : first + size] for first in range(0, len(serials), size)
    )
    rolled = [_roll_up(simulation, day, block, consumption.watts(block)) for block in blocks]
    return tuple(np.concatenate(part) for part in zip(*rolled, strict=True))


def _roll_up(
    simulation: Simulation, day: date, serials: NDArray[np.uint32], watts: NDArray[np.int64]
) -> tuple[NDArray[np.float64], ...]:
    copies = inject(simulation, day, serials, watts)
    by_hour = watts.reshape(len(serials), FULL_DAY, -1)
    if copies is None:
        total, count = by_hour.sum(axis=2), np.full(by_hour.shape[:2], by_hour.shape[2])
        highest, lowest = by_hour.max(axis=2), by_hour.min(axis=2)
    else:
        copies = copies.reshape(by_hour.shape)
        total, count = (by_hour * copies).sum(axis=2), copies.sum(axis=2)
        limit = np.iinfo(np.int64)
        highest = np.where(copies > 0, by_hour, limit.min).max(axis=2)
        lowest = np.where(copies > 0, by_hour, limit.max).min(axis=2)
    there = count > 0
    average = total / np.maximum(count, 1)
    kilowatts = (np.where(there, value / 1000, np.nan) for value in (average, highest, lowest))
    return (*kilowatts, count)
