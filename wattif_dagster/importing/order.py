"""Brings rows into the order of days, meters and times, and keeps the last of each time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from wattif_dagster.importing.engine import fetch, stream
from wattif_dagster.importing.intervals import HIGHEST_MW, Fit, milliwatts
from wattif_dagster.importing.rows import Reason
from wattif_dagster.importing.spill import SECONDS_PER_DAY, Spill
from wattif_dagster.importing.staging import LANDED, Staging

BLOCK_ROWS = 250_000
SECOND_BITS, METER_BITS = 17, 26
"""Of the key that is sorted: the second of the day, and the meter. The day has the bits above."""


@dataclass(frozen=True, eq=False)
class Block:
    """Readings of one day, in the order of meters and times; each array has the shape (rows,).

    `meters` are places in the sorted serials, `seconds` are of the day, readings are in mW.
    `replaced` counts the rows of files whose time has a later row.
    """

    day: int
    meters: NDArray[np.int64]
    seconds: NDArray[np.int64]
    mw: NDArray[np.int64]
    from_files: NDArray[np.bool_]
    replaced: int


@dataclass(frozen=True)
class Ordered:
    """Rows in order: those of meters that fit the interval, as mW."""

    engine: duckdb.DuckDBPyConnection
    spill: Spill
    serials: Sequence[str]
    """The serials in order."""
    places: pa.Table
    """The place of each meter among them, by its number."""
    interval: int
    unit_kw: float

    def blocks(self) -> Iterator[Block]:
        """The readings, a day after the other."""
        first = min(self.spill.days, default=0)
        query = f"""
            SELECT ((t // {SECONDS_PER_DAY} - {first}) << {SECOND_BITS + METER_BITS})
              | (place << {SECOND_BITS}) | t % {SECONDS_PER_DAY} AS key, mw, seq
            FROM ({self._readings})
            ORDER BY key
        """
        held: pa.RecordBatch | None = None
        for batch in stream(self.engine, query, BLOCK_ROWS, **self._tables):
            if not batch.num_rows:
                continue
            if held is not None:
                batch = pa.concat_batches([held, batch])
            # The next batch may go on with the last time of this one.
            key = batch.column("key").to_numpy()
            last = int(np.searchsorted(key, key[-1]))
            held = batch.slice(last)
            yield from _cut(batch.slice(0, last), first)
        if held is not None:
            yield from _cut(held, first)

    def find_changed_days(self, landed: Sequence[int]) -> set[int]:
        """Find the days whose readings differ from what is landed of them."""
        if not landed:
            return set(self.spill.days)
        query = f"""
            SELECT DISTINCT day FROM (
              SELECT t // {SECONDS_PER_DAY} AS day,
                ARG_MAX(mw, seq) AS now, MAX(mw) FILTER (seq = {LANDED}) AS before
              FROM ({self._readings})
              WHERE t // {SECONDS_PER_DAY} IN ({", ".join(map(str, landed))})
              GROUP BY place, t
            )
            WHERE now IS DISTINCT FROM before
        """
        changed = fetch(self.engine, query, **self._tables).column("day").to_pylist()
        return (set(self.spill.days) - set(landed)) | set(changed)

    @property
    def _readings(self) -> str:
        return f"""
            SELECT place, t, {milliwatts(self.unit_kw)} AS mw, seq
            FROM staged JOIN places USING (meter)
            WHERE t % {self.interval} = 0 AND ABS(mw) <= {HIGHEST_MW}
        """

    @property
    def _tables(self) -> dict[str, object]:
        return {"staged": self.spill.read(), "places": self.places}


def put_in_order(
    engine: duckdb.DuckDBPyConnection,
    staging: Staging,
    spill: Spill,
    fit: Fit,
    interval: int,
    unit_kw: float,
) -> Ordered:
    """Reject what does not fit, and make the order of the rest."""
    fitting = [n for n in range(len(staging.serials)) if n not in fit.other_interval]
    fitting.sort(key=staging.serials.__getitem__)
    places = pa.table(
        {
            "meter": pa.array(fitting, pa.int32()),
            "place": pa.array(range(len(fitting)), pa.int64()),
        }
    )
    if fit.unfit:
        query = f"""
            SELECT meter, t, value, seq, place IS NULL AS other, t % {interval} != 0 AS between
            FROM staged LEFT JOIN places USING (meter)
            WHERE seq != {LANDED}
              AND (other OR between OR ABS({milliwatts(unit_kw)}) > {HIGHEST_MW})
        """
        for batch in stream(engine, query, BLOCK_ROWS, staged=spill.read(), places=places):
            for row in batch.to_pylist():
                reason = Reason.OFF_INTERVAL if row["between"] else Reason.RANGE
                reason = Reason.OTHER_INTERVAL if row["other"] else reason
                staging.reject_staged(reason, row["meter"], row["t"], row["value"], row["seq"])
    serials = [staging.serials[meter] for meter in fitting]
    return Ordered(engine, spill, serials, places, interval, unit_kw)


def _cut(rows: pa.RecordBatch, first_day: int) -> Iterator[Block]:
    """Cut rows at the ends of days, and keep the last row of each time."""
    if not rows.num_rows:
        return
    key, mw, seq = (rows.column(name).to_numpy() for name in ("key", "mw", "seq"))
    days = key >> (SECOND_BITS + METER_BITS)
    ends = [*(np.flatnonzero(np.diff(days)) + 1).tolist(), len(days)]
    begin = 0
    for end in ends:
        part = slice(begin, end)
        begin = end
        is_last = _find_last(key[part], seq[part])
        dropped = seq[part][~is_last]
        kept = key[part][is_last]
        yield Block(
            day=int(days[part][0]) + first_day,
            meters=(kept >> SECOND_BITS) & ((1 << METER_BITS) - 1),
            seconds=kept & ((1 << SECOND_BITS) - 1),
            mw=mw[part][is_last],
            from_files=seq[part][is_last] != LANDED,
            replaced=int((dropped != LANDED).sum()),
        )


def _find_last(key: NDArray[np.int64], seq: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Find the row with the largest `seq` of each key. Keys are in order, and few are repeated."""
    is_end = np.append(np.diff(key) != 0, True)
    if is_end.all():
        return is_end
    order = np.lexsort((seq, key))
    is_last = np.zeros(len(key), np.bool_)
    is_last[order[is_end]] = True
    return is_last
