"""The NDJSON bytes of a day: what a simulation's meters send."""

from datetime import date

import numpy as np
from numpy.typing import NDArray

from wattif_dagster.metering.incidents import INCIDENT_FACTORS, apply_incident
from wattif_dagster.metering.lines import DayLines
from wattif_dagster.metering.load import UniformLoad
from wattif_dagster.metering.simulation import Simulation

_READINGS_AT_ONCE = 36_000
"""Readings drawn at a time: many enough to hide the cost of a call, few enough to stay in cache."""


class DayRenderer:
    """Renders the lines of one day for any of its meters. Not for use by two threads at once."""

    def __init__(self, simulation: Simulation, day: date) -> None:
        self._simulation = simulation
        self._day = day
        self._step = max(1, _READINGS_AT_ONCE // simulation.readings_per_day)
        self._load = UniformLoad(simulation, day, self._step)
        highest = self._load.highest * max(INCIDENT_FACTORS.values())
        self._lines = DayLines(day, simulation.interval_seconds, 0, highest)
        self._buffer = self._lines.blank(0)

    @property
    def bytes_per_row(self) -> int:
        """Bytes of each line, its newline included."""
        return self._lines.bytes_per_row

    @property
    def bytes_per_meter(self) -> int:
        """Bytes of a meter's day."""
        return self.bytes_per_row * self._simulation.readings_per_day

    def render(self, serials: NDArray[np.integer]) -> memoryview:
        """The lines of these meters, meter by meter, time ascending.

        The bytes lie in a buffer of the renderer: they hold until its next `render`.
        """
        if len(serials) > len(self._buffer):
            self._buffer = self._lines.blank(len(serials))
        lines = self._buffer[: len(serials)]
        for first in range(0, len(serials), self._step):
            block = slice(first, first + self._step)
            watts = self._load.watts(serials[block])
            apply_incident(self._simulation, self._day, serials[block], watts)
            self._lines.fill(lines[block], serials[block], watts)
        return lines.view(np.uint8).reshape(-1).data


def render_day(simulation: Simulation, day: date, serials: NDArray[np.integer]) -> memoryview:
    """The lines of these meters on that day, in memory of their own; see DayRenderer.render."""
    return DayRenderer(simulation, day).render(serials)
