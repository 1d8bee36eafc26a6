"""Staged readings: meters as numbers, times in UTC and values, on disk in the order of the files.

A row is staged in 28 bytes, whatever its file's format. A row that is no reading is rejected here.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from wattif_dagster.importing.rejections import Rejections, Text
from wattif_dagster.importing.rows import Batch, Reason, find_reason
from wattif_dagster.importing.serials import parse_serial
from wattif_dagster.importing.spill import Rows, Spill, make_rows
from wattif_dagster.importing.times import Moment, TimeParser
from wattif_dagster.importing.values import fill_indices, parse_values

ROWS_OF_A_FILE = 2**40
"""`seq` is the number of the file times this, plus the row. It is -1 for landed readings."""
LANDED = -1


@dataclass
class FileCount:
    """A file, and the readings in it: a row of a wide table holds many."""

    name: str
    format: str
    rows: int = 0


@dataclass
class Staging:
    """What was staged so far: meters by number, files, and the spilled rows."""

    spill: Spill
    rejections: Rejections
    serials: list[str] = field(default_factory=list)
    files: list[FileCount] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._meters: dict[str, int] = {}

    @property
    def rows(self) -> int:
        """Rows of the files."""
        return sum(file.rows for file in self.files)

    def number_meter(self, serial: str) -> int:
        """The number of a meter, a new one where it is new."""
        number = self._meters.setdefault(serial, len(self.serials))
        if number == len(self.serials):
            self.serials.append(serial)
        return number

    def reject_staged(self, code: int, row: np.void) -> None:
        """Reject a row that was staged, an element of ROW, with the code of a reason."""
        file, number = divmod(int(row["seq"]), ROWS_OF_A_FILE)
        time = f"{np.datetime64(int(row['t']), 's')}Z"
        texts = (
            ("serial", self.serials[row["meter"]]),
            ("timestamp", time),
            ("value", float(row["value"])),
        )
        self.rejections.add(self.files[file].name, number, find_reason(code), texts)


@dataclass
class FileStaging:
    """Stages one file."""

    staging: Staging
    times: TimeParser
    decimal_comma: bool
    name: str
    format: str

    def __post_init__(self) -> None:
        self._count = FileCount(self.name, self.format)
        self._base = len(self.staging.files) * ROWS_OF_A_FILE
        self._serials: dict[object, Moment | Reason] = {}
        self._repeated: list[tuple[Rows, NDArray[np.int64]]] = []
        self.staging.files.append(self._count)

    @property
    def rows(self) -> int:
        """Rows of the file so far."""
        return self._count.rows

    def add(self, batch: Batch) -> None:
        """Stage the readings of a batch, and reject the other rows."""
        self._count.rows += len(batch.rows) + len(batch.bad)
        for bad in batch.bad:
            self._reject(bad.row, bad.reason, [("text", bad.text)])
        if not len(batch.rows):
            return
        meters, _, reasons = _look_up(batch.serials, self._parse_serial)
        times, again, time_reasons = _look_up(batch.times, self._parse_time)
        values, value_reasons = parse_values(batch.values, decimal_comma=self.decimal_comma)
        for later in (time_reasons, value_reasons):
            reasons = np.where(reasons, reasons, later)
        self._reject_rows(batch, np.flatnonzero(reasons), reasons)
        rows = make_rows(meters, times, values, self._base + batch.rows)
        good = reasons == 0
        if again.any():
            repeated = good & (again != 0)
            self._repeated.append((rows[repeated], again[repeated]))
            good &= again == 0
        self.staging.spill.write(rows if good.all() else rows[good])

    def finish(self) -> None:
        """Stage the readings of hours that happen twice, where the file has each of them twice.

        The first in the file is the first in time. Others are rejected.
        """
        if not self._repeated:
            return
        parts, later = zip(*self._repeated, strict=True)
        rows, again = np.concatenate(parts), np.concatenate(later)
        order = np.lexsort((rows["t"], rows["meter"]))  # in their order where both are equal
        rows, again = rows[order], again[order]
        _, first, place, count = np.unique(
            rows[["meter", "t"]], return_index=True, return_inverse=True, return_counts=True
        )
        told = count[place] == 2
        rows["t"] += np.where(told & (np.arange(len(rows)) > first[place]), again, 0)
        self.staging.spill.write(rows[told])
        for row in rows[~told]:
            self.staging.reject_staged(Reason.REPEATED_HOUR.code, row)

    def _parse_serial(self, text: str | bytes | None) -> Moment | Reason:
        found = self._serials.get(text)
        if found is None:
            serial = parse_serial(text)
            meter = None if serial is None else self.staging.number_meter(serial)
            found = self._serials[text] = Reason.SERIAL if meter is None else Moment(meter)
        return found

    def _parse_time(self, time: object) -> Moment | Reason:
        return self.times.parse(time)  # type: ignore[arg-type]

    def _reject_rows(
        self, batch: Batch, places: NDArray[np.int64], reasons: NDArray[np.uint8]
    ) -> None:
        if not len(places):
            return
        some = pa.array(places)
        columns = [
            column.take(some).to_pylist() for column in (batch.serials, batch.times, batch.values)
        ]
        for place, serial, time, value in zip(places.tolist(), *columns, strict=True):
            texts = [("serial", serial), ("timestamp", _show(time)), ("value", _show(value))]
            self._reject(int(batch.rows[place]), find_reason(int(reasons[place])), texts)

    def _reject(self, row: int, reason: Reason, texts: Sequence[tuple[str, Text]]) -> None:
        self.staging.rejections.add(self.name, row, reason, texts)


def _look_up(
    texts: pa.DictionaryArray, parse: Callable[[Any], Moment | Reason]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.uint8]]:
    """Parse the distinct texts; returns both integers of a Moment, and a reason's code or 0."""
    distinct = [*texts.dictionary.to_pylist(), None]
    numbers = np.zeros((2, len(distinct)), np.int64)
    reasons = np.zeros(len(distinct), np.uint8)
    for place, text in enumerate(distinct):
        found = parse(text)
        if isinstance(found, Reason):
            reasons[place] = found.code
        else:
            numbers[:, place] = found
    places = fill_indices(texts, len(distinct) - 1)
    return numbers[0].take(places), numbers[1].take(places), reasons.take(places)


def _show(value: object) -> Text:
    return value if isinstance(value, str | bytes | int | float | None) else str(value)
