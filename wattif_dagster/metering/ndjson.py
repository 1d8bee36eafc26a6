"""The NDJSON bytes of a day: what a simulation's meters send."""

from datetime import date
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from wattif_dagster.metering.anomalies.injection import inject, most_rows, reported_bounds
from wattif_dagster.metering.consumption import Consumption
from wattif_dagster.metering.lines import DayLines
from wattif_dagster.metering.simulation import Simulation


class DayRenderer:
    """Renders the lines of one day for any of its meters. Not for use by two threads at once."""

    def __init__(self, simulation: Simulation, day: date) -> None:
        self._simulation = simulation
        self._day = day
        self._consumption = Consumption(simulation, day)
        self._lines = DayLines(day, simulation.interval_seconds, *reported_bounds(simulation))
        self._buffer = self._lines.blank(0)

    @property
    def bytes_per_row(self) -> int:
        """Bytes of each line, its newline included."""
        return self._lines.bytes_per_row

    @property
    def bytes_per_meter(self) -> int:
        """The most bytes a meter's day takes: all its rows, and repeated ones if there are any."""
        return self.bytes_per_row * most_rows(self._simulation)

    def render(self, serials: NDArray[np.integer]) -> memoryview:
        """The lines of these meters, meter by meter, time ascending; `bytes_per_row` bytes each.

        There is one for each reading, unless anomalies make some arrive twice or never. The bytes
        lie in a buffer of the renderer: they hold until its next `render`.
        """
        if len(serials) > len(self._buffer):
            self._buffer = self._lines.blank(len(serials))
        lines = self._buffer[: len(serials)]
        copies = None
        step = self._consumption.meters_at_once
        for first in range(0, len(serials), step):
            block = slice(first, first + step)
            watts = self._consumption.watts(serials[block])
            of_block = inject(self._simulation, self._day, serials[block], watts)
            self._lines.fill(lines[block], serials[block], watts)
            if of_block is not None:
                copies = np.ones(lines.shape, np.int64) if copies is None else copies
                copies[block] = of_block
        rows = lines.view(np.uint8).reshape(-1, self.bytes_per_row)
        if copies is not None:
            rows = repeat_rows(rows, copies.ravel())
        return rows.reshape(-1).data


def repeat_rows(rows: NDArray[np.uint8], copies: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Repeat each row so many times. It copies runs of rows as a whole: most rows arrive once."""
    edges = [0, *(np.flatnonzero(np.diff(copies)) + 1).tolist(), len(rows)]
    runs = [
        rows[first:end] if copies[first] == 1 else rows[first:end].repeat(copies[first], axis=0)
        for first, end in pairwise(edges)
        if copies[first]
    ]
    return np.concatenate(runs or [rows[:0]])


def render_day(simulation: Simulation, day: date, serials: NDArray[np.integer]) -> memoryview:
    """The lines of these meters on that day, in memory of their own; see DayRenderer.render."""
    return DayRenderer(simulation, day).render(serials)
