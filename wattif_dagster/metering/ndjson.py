"""The NDJSON bytes of a day: what a simulation's meters send."""

from datetime import date

import numpy as np
from numpy.typing import NDArray

from wattif_dagster.metering.consumption import Consumption, highest_watts
from wattif_dagster.metering.lines import DayLines
from wattif_dagster.metering.simulation import Simulation


class DayRenderer:
    """Renders the lines of one day for any of its meters. Not for use by two threads at once."""

    def __init__(self, simulation: Simulation, day: date) -> None:
        self._simulation = simulation
        self._consumption = Consumption(simulation, day)
        self._lines = DayLines(day, simulation.interval_seconds, 0, highest_watts(simulation))
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
        step = self._consumption.meters_at_once
        for first in range(0, len(serials), step):
            block = slice(first, first + step)
            self._lines.fill(lines[block], serials[block], self._consumption.watts(serials[block]))
        return lines.view(np.uint8).reshape(-1).data


def render_day(simulation: Simulation, day: date, serials: NDArray[np.integer]) -> memoryview:
    """The lines of these meters on that day, in memory of their own; see DayRenderer.render."""
    return DayRenderer(simulation, day).render(serials)
