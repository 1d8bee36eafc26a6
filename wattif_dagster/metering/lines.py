"""The NDJSON line of a reading at a fixed width, and a day's lines as one numpy array.

    {"serial":"MAC00000001","timestamp":"2024-01-01T00:00:00Z","reading":0.315}

The lines of a day differ in the serial's digits, the timestamp and the reading, and timestamps
repeat from meter to meter. So they are laid out once, and a meter costs two strided copies of
whole machine words. JSON allows white space before a number: shorter readings are padded there,
which keeps every line as wide as the widest.
"""

from datetime import date
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from wattif_dagster.metering.serials import serial_digits

SECONDS_PER_DAY = 86_400
READING_LIMIT = 999_999
"""Readings are written from -999.999 to 999.999 kW; in watts."""

_HEAD = b'{"serial":"MAC'
_DIGITS = b"00000000"
_BEFORE_TIMESTAMP = b'","timestamp":"'
_TIMESTAMP = b"0000-00-00T00:00:00Z"
_BEFORE_READING = b'","reading":'
_END = b"}\n"


class DayLines:
    """The lines of one day, for readings between two bounds (watts, inclusive)."""

    def __init__(self, day: date, interval_seconds: int, lowest: int, highest: int) -> None:
        """Lay out the lines. Raises ValueError for bounds that a line cannot hold."""
        if not -READING_LIMIT <= lowest <= highest <= READING_LIMIT:
            raise ValueError(
                f"readings from {lowest} to {highest} W cannot be written; "
                f"they must lie between -{READING_LIMIT} and {READING_LIMIT} W"
            )
        self.lowest, self.highest = lowest, highest
        self._ends = _line_ends(lowest, highest)
        width = _reading_width(lowest, highest)
        self._day = _blank_day(day, interval_seconds, width, self._ends.shape[1])
        self.bytes_per_row = self._day.dtype.itemsize

    def blank(self, meters: int, span: slice = slice(None)) -> NDArray[np.void]:
        """Lines whose serial and reading are still to be filled in, shape (meters, readings).

        `span` are those of the day's readings.
        """
        return np.tile(self._day[span], (meters, 1))

    def fill(
        self, lines: NDArray[np.void], serials: NDArray[np.integer], watts: NDArray[np.int64]
    ) -> None:
        """Write serials, shape (meters,), and readings, shape (meters, readings), into lines.

        Raises ValueError for a reading out of bounds.
        """
        above_lowest = watts - self.lowest if self.lowest else watts
        # As unsigned numbers, those below the lowest are huge: one comparison finds both kinds.
        if watts.size and above_lowest.view(np.uint64).max() > self.highest - self.lowest:
            raise ValueError(f"a reading is not between {self.lowest} and {self.highest} W")
        lines["digits"] = serial_digits(serials)[:, np.newaxis]
        lines["end"] = self._ends.take(above_lowest, axis=0, mode="clip")


def _reading_text(watts: int) -> str:
    return f"{watts / 1000:.3f}"


def _reading_width(lowest: int, highest: int) -> int:
    return max(len(_reading_text(lowest)), len(_reading_text(highest)))


@lru_cache(maxsize=4)
def _line_ends(lowest: int, highest: int) -> NDArray[np.uint64]:
    """For each reading the last 8 or 16 bytes of its line, shape (readings, 1 or 2 words)."""
    width = _reading_width(lowest, highest)
    words = 1 if width + len(_END) <= 8 else 2
    ends = b"".join(
        (_BEFORE_READING + _reading_text(watts).rjust(width).encode() + _END)[-8 * words :]
        for watts in range(lowest, highest + 1)
    )
    return np.frombuffer(ends, "<u8").reshape(-1, words)


def _blank_day(
    day: date, interval_seconds: int, reading_width: int, end_words: int
) -> NDArray[np.void]:
    """A meter's lines with every timestamp in place, shape (readings,)."""
    before_timestamp = _HEAD + _DIGITS + _BEFORE_TIMESTAMP
    line = before_timestamp + _TIMESTAMP + _BEFORE_READING + b" " * reading_width + _END
    layout = np.dtype(
        {
            "names": ["line", "digits", "timestamp", "end"],
            "formats": [f"S{len(line)}", "<u8", f"S{len(_TIMESTAMP)}", ("<u8", (end_words,))],
            "offsets": [0, len(_HEAD), len(before_timestamp), len(line) - 8 * end_words],
            "itemsize": len(line),
        }
    )
    lines = np.empty(SECONDS_PER_DAY // interval_seconds, layout)
    lines["line"] = line
    seconds = np.arange(0, SECONDS_PER_DAY, interval_seconds)
    lines["timestamp"] = np.datetime_as_string(np.datetime64(day, "s") + seconds, timezone="UTC")
    return lines
