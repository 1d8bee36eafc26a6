"""NDJSON lines of real readings: serials of any text, and as many decimals as the values need.

All lines of an import are equally wide. White space after a serial and before a number pads them,
which JSON allows, so that a block of lines is filled in column by column.
"""

from datetime import date, timedelta

import numpy as np
import orjson
from numpy.typing import NDArray

SECONDS_PER_DAY = 86_400
LEAST_DECIMALS, MOST_DECIMALS = 3, 6
MW_PER_KW = 1_000_000
HIGHEST_KW = 999_999
"""Readings are written from -999,999 to 999,999 kW."""

_EPOCH = date(1970, 1, 1)
_HEAD, _TIMESTAMP, _READING, _END = b'{"serial":', b',"timestamp":"', b'Z","reading":', b"}\n"


class Lines:
    """Renders the lines of some meters, for readings between two bounds in mW, inclusive.

    `finest` is a power of ten that divides every reading: 1,000 mW gives the least decimals.
    """

    def __init__(self, serials: list[str], lowest: int, highest: int, finest: int) -> None:
        texts = [orjson.dumps(serial) for serial in serials]
        width = max(map(len, texts), default=2)
        self._serials = np.array([text.ljust(width) for text in texts], f"S{width}")
        self._kilowatts = _write_kilowatts(lowest, highest)
        self._negative = -lowest // MW_PER_KW + 1 if lowest < 0 else 0
        self._watts = np.array([b".%03d" % n for n in range(1000)], "S4")
        self.decimals = MOST_DECIMALS - len(str(finest)) + 1
        more = self.decimals - LEAST_DECIMALS
        self._more = (
            np.array([(b"%03d" % n)[:more] for n in range(1000)], f"S{more}") if more else None
        )
        clock = np.datetime_as_string(np.datetime64(0, "s") + np.arange(SECONDS_PER_DAY))
        self._clock = np.array([text[11:] for text in clock.tolist()], "S8")
        self._layout = np.dtype(
            [
                ("head", f"S{len(_HEAD)}"),
                ("serial", self._serials.dtype),
                ("timestamp", f"S{len(_TIMESTAMP)}"),
                ("day", "S11"),
                ("clock", "S8"),
                ("reading", f"S{len(_READING)}"),
                ("kw", self._kilowatts.dtype),
                ("watts", "S4"),
                *([("more", f"S{more}")] if more else []),
                ("end", f"S{len(_END)}"),
            ]
        )

        self._buffer = np.empty(0, self._layout)

    @property
    def bytes_per_row(self) -> int:
        """Bytes of each line, its newline included."""
        return self._layout.itemsize

    def render(
        self,
        day: int,
        meters: NDArray[np.integer],
        seconds: NDArray[np.integer],
        mw: NDArray[np.int64],
    ) -> memoryview:
        """Render the lines of readings on a day since 1970; each argument has the shape (rows,).

        The bytes are valid until the next call.
        """
        lines = self._blank(len(meters))
        lines["day"] = f"{_EPOCH + timedelta(days=day)}T".encode()
        size = np.abs(mw)
        watts, rest = np.divmod(size, 1000)
        kilowatts, watts = np.divmod(watts, 1000)
        lines["serial"] = self._serials.take(meters)
        lines["clock"] = self._clock.take(seconds)
        # Negative numbers have places of their own, since -0.5 kW has -0 whole kW.
        lines["kw"] = self._kilowatts.take(
            np.where(mw < 0, self._negative - 1 - kilowatts, self._negative + kilowatts)
        )
        lines["watts"] = self._watts.take(watts)
        if self._more is not None:
            lines["more"] = self._more.take(rest)
        return lines.view(np.uint8).data

    def _blank(self, rows: int) -> NDArray[np.void]:
        """Lines with all that is the same in each."""
        if rows > len(self._buffer):
            self._buffer = np.zeros(rows, self._layout)
            self._buffer["head"], self._buffer["timestamp"] = _HEAD, _TIMESTAMP
            self._buffer["reading"], self._buffer["end"] = _READING, _END
        return self._buffer[:rows]


def _write_kilowatts(lowest: int, highest: int) -> NDArray[np.bytes_]:
    """Write whole kW: ... -2, -1, -0, 0, 1, 2 ..., all equally wide."""
    negative = [f"-{n}" for n in range(-lowest // MW_PER_KW, -1, -1)] if lowest < 0 else []
    texts = negative + [str(n) for n in range(max(highest, 0) // MW_PER_KW + 1)]
    width = max(map(len, texts))
    return np.array([text.rjust(width).encode() for text in texts], f"S{width}")
