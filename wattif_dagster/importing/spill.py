"""Rows on disk, in batches that are ordered by day: a day is read from its part of each batch.

A row takes 28 bytes. Memory holds a batch, the places of days, and the part of a day that is read.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import google_crc32c
import numpy as np
from numpy.typing import NDArray

from wattif_dagster.errors import UserError

ROW = np.dtype([("t", np.int64), ("seq", np.int64), ("value", np.float64), ("meter", np.int32)])
"""`meter` is the place of its serial, `t` is in seconds since 1970, UTC. `seq` says which row of
which file it was (see `staging`)."""
BATCH_ROWS = 500_000
SECONDS_PER_DAY = 86_400

Rows = NDArray[np.void]
"""An array of ROW."""


def make_rows(
    meters: NDArray[np.integer],
    times: NDArray[np.int64],
    values: NDArray[np.floating],
    seq: NDArray[np.int64] | int,
) -> Rows:
    """Make rows of columns with the shape (rows,)."""
    rows = np.empty(len(times), ROW)
    rows["meter"], rows["t"], rows["value"], rows["seq"] = meters, times, values, seq
    return rows


@dataclass
class Spill:
    """Rows in a new file. All are written before the first is read."""

    path: Path
    rows: int = 0
    content: int = 0
    """CRC-32C of the rows."""
    parts: dict[int, list[tuple[int, int]]] = field(default_factory=lambda: defaultdict(list))
    """The places of each day's rows in the file, from the first to before the last, by batch. Days
    are counted since 1970."""

    def __post_init__(self) -> None:
        self._file = self.path.open("wb")
        self._pending: list[Rows] = []
        self._pending_rows = 0
        self._batches: list[int] = [0]

    @property
    def days(self) -> list[int]:
        """The days that have rows, in order."""
        self._flush()
        return sorted(self.parts)

    def count(self, day: int) -> int:
        """Rows of a day."""
        self._flush()
        return sum(end - begin for begin, end in self.parts.get(day, ()))

    def write(self, rows: Rows) -> None:
        """Write rows. Raises UserError when they cannot be written."""
        self._pending.append(rows)
        self._pending_rows += len(rows)
        if self._pending_rows >= BATCH_ROWS:
            self._flush()

    def batches(self) -> Iterator[Rows]:
        """Read all rows, a batch after the other."""
        self._flush()
        for begin, end in pairwise(self._batches):
            yield self._read(begin, end)

    def read_day(self, day: int) -> Iterator[Rows]:
        """Read the parts of a day in the order in which they were written."""
        self._flush()
        for begin, end in self.parts.get(day, ()):
            yield self._read(begin, end)

    def _flush(self) -> None:
        """Write what is pending as a batch, by day; rows of a day stay in their order."""
        if not self._pending_rows:
            return
        rows = np.concatenate(self._pending)
        self._pending, self._pending_rows = [], 0
        days = rows["t"] // SECONDS_PER_DAY
        first = int(days.min())
        # Small integers are sorted in linear time.
        since_first = (days - first).astype(np.uint32)
        if since_first.max() < 2**16:
            since_first = since_first.astype(np.uint16)
        if (np.diff(days) < 0).any():
            rows = rows[np.argsort(since_first, kind="stable")]
        ends = self.rows + np.cumsum(np.bincount(since_first))
        present = np.flatnonzero(np.diff(ends, prepend=self.rows))
        begin = self.rows
        for day, end in zip((present + first).tolist(), ends[present].tolist(), strict=True):
            self.parts[day].append((begin, end))
            begin = end
        # The library's stub knows bytes alone.
        self.content = google_crc32c.extend(self.content, rows.view(np.uint8))  # type: ignore[arg-type]
        self.rows += len(rows)
        self._batches.append(self.rows)
        try:
            rows.tofile(self._file)
            self._file.flush()
        except OSError as error:
            raise UserError(
                f"The readings cannot be kept in {self.path.parent.parent} "
                f"({error.strerror or error}). Free some space, or set WATTIF_INGEST__SPOOL_DIR to "
                "another disk."
            ) from None

    def _read(self, begin: int, end: int) -> Rows:
        return np.fromfile(self.path, ROW, end - begin, offset=begin * ROW.itemsize)
