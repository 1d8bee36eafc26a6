"""The labels of a day: a row for each anomaly and each benign change that touches it."""

from datetime import date, datetime
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from wattif_dagster.metering.anomalies.benign import changes_on
from wattif_dagster.metering.anomalies.episode import Episode, MeterDay
from wattif_dagster.metering.anomalies.gaps import gaps_on
from wattif_dagster.metering.anomalies.injection import report
from wattif_dagster.metering.anomalies.schedule import episodes_on
from wattif_dagster.metering.consumption import Consumption
from wattif_dagster.metering.serials import serial_text
from wattif_dagster.metering.simulation import Simulation


def label_rows(
    simulation: Simulation, day: date, serials: NDArray[np.integer]
) -> list[dict[str, Any]]:
    """The rows of `injected_anomalies` for the day and these meters, in the serials' order.

    `kwh_withheld` is the day's true energy less that of all rows which arrive: negative where an
    anomaly adds energy. `touched_hours` are the hours of the day with any other reading or count.
    """
    rows = [*_anomaly_rows(simulation, day, serials), *benign_rows(simulation, day, serials)]
    place = {serial: row for row, serial in enumerate(serial_text(serials))}
    return sorted(rows, key=lambda row: place[row["serial"]])


def benign_rows(
    simulation: Simulation, day: date, serials: NDArray[np.integer]
) -> list[dict[str, Any]]:
    """The rows of changes and gaps that are no anomaly: they touch all their hours.

    They withhold nothing; the energy that a gap loses is not counted.
    """
    afflicted = {episode.serial for episode in episodes_on(simulation, day, serials)}
    gaps = gaps_on(simulation, day, serials, afflicted)
    changes = [*changes_on(simulation, day, serials), *gaps]
    return [_row(simulation, day, change, 0, change.hours_of(day)) for change in changes]


def _anomaly_rows(
    simulation: Simulation, day: date, serials: NDArray[np.integer]
) -> list[dict[str, Any]]:
    episodes = episodes_on(simulation, day, serials)
    consumption = Consumption(simulation, day)
    rows = []
    for first in range(0, len(episodes), consumption.meters_at_once):
        block = episodes[first : first + consumption.meters_at_once]
        true = consumption.watts(np.array([episode.serial for episode in block]))
        for episode, watts in zip(block, true, strict=True):
            reported = report(MeterDay(simulation, day, episode, watts))
            withheld = int((watts - reported.watts * reported.copies).sum())
            touched = (reported.watts != watts) | (reported.copies != 1)
            hours = touched.reshape(24, -1).any(axis=1).nonzero()[0].tolist()
            rows.append(_row(simulation, day, episode, withheld, hours))
    return rows


def _row(
    simulation: Simulation, day: date, episode: Episode, withheld: int, hours: list[int]
) -> dict[str, Any]:
    """Make the row of an episode that withholds a sum of readings, in watts."""
    return {
        "label_date": day.isoformat(),
        "serial": serial_text(np.array([episode.serial]))[0],
        "kind": episode.kind,
        "starts_at": _iso(episode.starts_at),
        "ends_at": _iso(episode.ends_at),
        "parameters": orjson.dumps(episode.parameters).decode(),
        "kwh_withheld": withheld / (1000 * simulation.readings_per_hour),
        "touched_hours": orjson.dumps(hours).decode(),
    }


def _iso(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
