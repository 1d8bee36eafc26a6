"""The NDJSON bytes of a day in the order of time: any span of it, for all meters."""

from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wattif_dagster.metering.anomalies.injection import inject, reported_bounds
from wattif_dagster.metering.consumption import Consumption
from wattif_dagster.metering.lines import DayLines
from wattif_dagster.metering.ndjson import repeat_rows
from wattif_dagster.metering.simulation import Simulation


class DaySpans:
    """The lines of one day by time. Together they are those that DayRenderer renders by meter.

    What the meters report is computed once and kept in files of `folder`: 4 bytes a reading, and 1
    more where anomalies make some arrive twice or never. Not for use by two threads at once.
    """

    def __init__(
        self, simulation: Simulation, day: date, serials: NDArray[np.integer], folder: Path
    ) -> None:
        self._serials = serials
        self._lines = DayLines(day, simulation.interval_seconds, *reported_bounds(simulation))
        shape = simulation.readings_per_day, len(serials)
        self._watts = _make_array(folder / "watts", np.int32, shape)
        self._copies: NDArray[np.int8] | None = None
        consumption = Consumption(simulation, day)
        for first in range(0, len(serials), consumption.meters_at_once):
            block = slice(first, first + consumption.meters_at_once)
            watts = consumption.watts(serials[block])
            copies = inject(simulation, day, serials[block], watts)
            self._watts[:, block] = watts.T
            if copies is not None:
                if self._copies is None:
                    self._copies = _make_array(folder / "copies", np.int8, shape)
                    self._copies[:] = 1
                self._copies[:, block] = copies.T

    @property
    def bytes_per_row(self) -> int:
        """Bytes of each line, its newline included."""
        return self._lines.bytes_per_row

    def render(self, span: slice, meters: slice) -> memoryview:
        """The lines of these readings of the day, of these meters, meter by meter."""
        watts = np.ascontiguousarray(self._watts[span, meters].T, np.int64)
        lines = self._lines.blank(len(watts), span)
        self._lines.fill(lines, self._serials[meters], watts)
        rows = lines.view(np.uint8).reshape(-1, self.bytes_per_row)
        if self._copies is not None:
            copies = self._copies[span, meters].T.astype(np.int64)
            rows = repeat_rows(rows, copies.ravel())
        return rows.reshape(-1).data


def _make_array(file: Path, kind: type[np.generic], shape: tuple[int, int]) -> NDArray:
    """Make an array in a file, which is empty at first."""
    if 0 in shape:
        return np.empty(shape, kind)
    return np.memmap(file, kind, "w+", shape=shape)
