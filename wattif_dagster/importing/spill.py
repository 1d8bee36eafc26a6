"""Rows on disk, in the order in which they came: 28 bytes each."""

from dataclasses import dataclass, field
from pathlib import Path

import google_crc32c
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

SCHEMA = pa.schema(
    [("meter", pa.int32()), ("t", pa.int64()), ("value", pa.float64()), ("seq", pa.int64())]
)
"""`meter` is the place of its serial, `t` is in seconds since 1970, UTC. The last `seq` wins."""
SECONDS_PER_DAY = 86_400


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows of SCHEMA; each array has the shape (rows,) and is contiguous."""

    meter: NDArray[np.int32]
    t: NDArray[np.int64]
    value: NDArray[np.float64]
    seq: NDArray[np.int64]

    def select(self, which: NDArray[np.bool_]) -> "Rows":
        """The rows for which `which` is true."""
        return Rows(self.meter[which], self.t[which], self.value[which], self.seq[which])

    @classmethod
    def from_batch(cls, batch: pa.RecordBatch) -> "Rows":
        """The rows of a batch that was read."""
        return cls(*(batch.column(name).to_numpy() for name in SCHEMA.names))


@dataclass
class Spill:
    """Rows of SCHEMA in a new file, which can be read as far as it was written."""

    path: Path
    rows: int = 0
    days: set[int] = field(default_factory=set)
    """Days since 1970 that have rows."""
    content: int = 0
    """CRC-32C of the rows."""

    def __post_init__(self) -> None:
        self._sink = pa.OSFile(str(self.path), "wb")
        self._writer = pa.ipc.new_stream(self._sink, SCHEMA)
        self._writer.write_batch(pa.RecordBatch.from_pylist([], SCHEMA))  # writes the schema

    def write(self, rows: Rows) -> None:
        """Write rows."""
        if not len(rows.t):
            return
        columns = (rows.meter, rows.t, rows.value, rows.seq)
        for column in columns:
            # The library's stub knows bytes alone.
            self.content = google_crc32c.extend(self.content, column.view(np.uint8))  # type: ignore[arg-type]
        self.rows += len(rows.t)
        self.days.update(_find_days(rows.t))
        self._writer.write_batch(pa.record_batch([pa.array(c) for c in columns], schema=SCHEMA))

    def read(self) -> pa.RecordBatchReader:
        """Read the rows that were written so far."""
        self._sink.flush()
        return pa.ipc.open_stream(pa.memory_map(str(self.path)))


def _find_days(times: NDArray[np.int64]) -> list[int]:
    """Find the distinct days; ten times as fast as `np.unique`, for a span of few days."""
    days = times // SECONDS_PER_DAY
    first = int(days.min())
    present = np.zeros(int(days.max()) - first + 1, np.bool_)
    present[days - first] = True
    return (np.flatnonzero(present) + first).tolist()
