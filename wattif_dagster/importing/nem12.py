"""Reads NEM12, the meter data files of Australia: a line a day, a field an interval.

Source of the format: AEMO, "Meter Data File Format Specification NEM12 & NEM13".
A serial is the NMI, a hyphen and the suffix of the channel. Times are those of the market, UTC+10.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa

from wattif_dagster.importing.files import InputFile
from wattif_dagster.importing.rows import BadRow, Batch, Reason, encode

MARKET_TIME = "Etc/GMT-10"
BATCH_READINGS = 200_000
MINUTES_PER_DAY = 1440

_KWH = {"WH": 1e-3, "KWH": 1.0, "MWH": 1e3}
_CHANNEL, _INTERVALS, _QUALITIES = "200", "300", "400"
_OTHERS = ("100", "500", "900", "")
_NO_DATA = "N"


@dataclass(frozen=True)
class _Channel:
    serial: str
    kwh: float | None
    """kWh of a unit; None when the channel does not measure consumption."""
    minutes: int


class _Readings:
    """Readings that are collected for a batch."""

    def __init__(self) -> None:
        self.serials: list[str] = []
        self.times: list[datetime | None] = []
        self.values: list[str | float] = []
        self.rows: list[int] = []
        self.bad: list[BadRow] = []

    def take(self) -> Batch:
        """Make a batch of them, and begin anew."""
        batch = Batch(
            encode(pa.array(self.serials, pa.string())),
            encode(pa.array(self.times, pa.timestamp("us"))),
            encode(pa.array([str(value) for value in self.values], pa.string())),
            np.array(self.rows, np.int64),
            self.bad,
        )
        self.__init__()
        return batch


def read_nem12(file: InputFile) -> Iterator[Batch]:
    """Read the intervals of the channels that measure consumption, in kWh.

    Lines of other channels, and days of which no data exist, are rejected rows.
    """
    channel: _Channel | None = None
    readings = _Readings()
    with file.open() as content:
        lines = io.TextIOWrapper(content, "utf-8-sig", errors="replace", newline="")
        for row, line in enumerate(lines, 1):
            fields = next(csv.reader([line.replace("\0", "")]), [])
            kind = fields[0].strip() if fields else ""
            if kind == _CHANNEL:
                channel = _read_channel(fields)
                if channel is None:
                    readings.bad.append(BadRow(row, Reason.COLUMNS, line.rstrip()))
            elif kind == _INTERVALS:
                reason = _read_intervals(fields, channel, row, readings)
                if reason:
                    readings.bad.append(BadRow(row, reason, line.rstrip()))
            elif kind == _QUALITIES:
                continue
            elif kind not in _OTHERS:
                readings.bad.append(BadRow(row, Reason.COLUMNS, line.rstrip()))
            if len(readings.rows) + len(readings.bad) >= BATCH_READINGS:
                yield readings.take()
    yield readings.take()


def _read_channel(fields: list[str]) -> _Channel | None:
    """Read a 200 record; None when it is none."""
    try:
        nmi, suffix, unit, minutes = (fields[place].strip() for place in (1, 4, 7, 8))
        length = int(minutes)
    except (IndexError, ValueError):
        return None
    if not nmi or length not in (1, 5, 10, 15, 30, 60):
        return None
    consumes = suffix[:1].upper() == "E"
    return _Channel(f"{nmi}-{suffix}", _KWH.get(unit.upper()) if consumes else None, length)


def _read_intervals(
    fields: list[str], channel: _Channel | None, row: int, readings: _Readings
) -> Reason | None:
    """Read a 300 record; returns why it is rejected as a whole."""
    if channel is None:
        return Reason.COLUMNS
    if channel.kwh is None:
        return Reason.CHANNEL
    count = MINUTES_PER_DAY // channel.minutes
    values = [value.strip() for value in fields[2 : 2 + count]]
    quality = fields[2 + count].strip() if len(fields) > 2 + count else ""
    if len(values) < count or not quality[:1].isalpha():
        return Reason.COLUMNS
    if quality[0].upper() == _NO_DATA:
        return Reason.NO_VALUE
    try:
        day = datetime.strptime(fields[1].strip(), "%Y%m%d")
    except ValueError:
        return Reason.TIME
    for place, value in enumerate(values):
        readings.serials.append(channel.serial)
        readings.times.append(day + timedelta(minutes=place * channel.minutes))
        readings.values.append(_scale(value, channel.kwh))
        readings.rows.append(row)
    return None


def _scale(value: str, kwh: float) -> str | float:
    """The value in kWh; as it is where it is no number, which is told later."""
    if kwh == 1.0:
        return value
    try:
        return float(value) * kwh
    except ValueError:
        return value
