"""Turns the columns of a table, from CSV or Parquet, into batches of readings."""

from collections.abc import Iterator, Mapping

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from wattif_dagster.importing.columns import LongColumns, WideColumns
from wattif_dagster.importing.rows import BadRow, Batch, encode
from wattif_dagster.importing.values import fill_indices


def make_batches(
    columns: Mapping[str, pa.Array],
    chosen: LongColumns | WideColumns,
    rows: NDArray[np.int64],
    bad: list[BadRow],
) -> Iterator[Batch]:
    """Make batches of some rows of a table: one of a long table, one an interval of a wide one."""
    serials, times = encode(columns[chosen.serial]), None
    if isinstance(chosen, LongColumns):
        times = encode(columns[chosen.timestamp])
        yield Batch(serials, times, _keep_numbers(columns[chosen.value]), rows, bad)
        return
    dates = encode(columns[chosen.date])
    texts = [_write_date(date) for date in dates.dictionary.to_pylist()]
    places = pa.array(fill_indices(dates, len(texts)), pa.int64())
    for name, seconds in chosen.offsets.items():
        clock = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
        written = pa.array([*(f"{text} {clock}" for text in texts), None], pa.string())
        times = pa.DictionaryArray.from_arrays(places, written)
        yield Batch(serials, times, _keep_numbers(columns[name]), rows, bad)
        bad = []


def _keep_numbers(values: pa.Array) -> pa.Array:
    is_number = (
        pa.types.is_integer(values.type)
        or pa.types.is_floating(values.type)
        or pa.types.is_decimal(values.type)
    )
    return values if is_number else encode(values)


def _write_date(date: object) -> str:
    """Write a date without the midnight that it may have."""
    text = date.decode(errors="replace") if isinstance(date, bytes) else str(date)
    day, _, clock = text.strip().replace("T", " ").partition(" ")
    return day if not clock.strip("0:.Z") else text
