"""Reads Parquet and CSV files in batches, each checked: hourly consumption, or other columns."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.csv as csv
import pyarrow.parquet as pq

from wattif_dagster.errors import UserError

Columns: TypeAlias = Mapping[str, pa.DataType]
Progress: TypeAlias = Callable[[int, int], object]
"""Is told how much of a file is read, and of how much."""

KEYS = {"serial": pa.string(), "time_hour_rolled": pa.timestamp("us", tz="UTC")}
POWER = {"avg_kw": pa.float64(), "max_kw": pa.float64(), "min_kw": pa.float64()}
HOURLY_COLUMNS = {**KEYS, **POWER, "n_readings": pa.int64()}
ENERGY = "consumption_hour_rolled"
"""The energy of the hour, kWh. A file may have it alone in place of POWER and n_readings."""
BATCH_ROWS, BATCH_BYTES = 250_000, 2**24
"""Of a batch of Parquet and of CSV."""
LONGEST_SERIAL = 64


def read_hourly(path: Path, report: Progress | None = None) -> Iterator[pa.Table]:
    """Read hourly consumption in batches with HOURLY_COLUMNS. Raises UserError.

    Where a file has nothing but the energy of each hour, the hour has one reading, its mean power.
    """
    optional = {**HOURLY_COLUMNS, ENERGY: pa.float64()}
    for batch in read_batches(path, KEYS, optional, report):
        if ENERGY in batch.column_names and not {*POWER, "n_readings"} & {*batch.column_names}:
            batch = _from_energy(batch)
        _require(path, batch, HOURLY_COLUMNS)
        batch = batch.select([*HOURLY_COLUMNS])
        _check_hours(path, batch)
        yield batch


def read_batches(
    path: Path,
    columns: Columns,
    optional: Columns,
    report: Progress | None = None,
) -> Iterator[pa.Table]:
    """Read the columns, and those of the optional ones that there are. Raises UserError."""
    known = {**columns, **optional}
    try:
        for batch in _open(path, known, report):
            table = pa.table(batch)
            table = table.select([name for name in known if name in table.column_names])
            table = table.cast(pa.schema([(name, known[name]) for name in table.column_names]))
            _require(path, table, columns)
            yield table
    except (OSError, pa.ArrowException, UnicodeDecodeError) as error:
        reason = str(error).splitlines()[0].removesuffix(".")
        raise UserError(f"{path} cannot be read as Parquet or CSV: {reason}.") from None


def _open(path: Path, known: Columns, report: Progress | None) -> Iterator[pa.RecordBatch]:
    if path.suffix.lower() == ".csv":
        # A column is read as what it is meant to be: serials may look like numbers.
        convert = csv.ConvertOptions(column_types=dict(known))
        blocks = csv.ReadOptions(block_size=BATCH_BYTES)
        with path.open("rb") as file:
            for batch in csv.open_csv(file, read_options=blocks, convert_options=convert):
                yield batch
                if report:
                    report(file.tell(), path.stat().st_size)
        return
    with pq.ParquetFile(path) as file:
        names, done = [name for name in file.schema_arrow.names if name in known], 0
        for batch in file.iter_batches(BATCH_ROWS, columns=names):
            yield batch
            done += len(batch)
            if report:
                report(done, file.metadata.num_rows)


def _require(path: Path, table: pa.Table, columns: Columns) -> None:
    missing = [name for name in columns if name not in table.column_names]
    if missing:
        more = f", or {', '.join(KEYS)} and {ENERGY}" if "n_readings" in columns else ""
        raise UserError(f"{path} has no column {missing[0]}. It needs {', '.join(columns)}{more}.")
    for name in columns:
        if table[name].null_count:
            raise UserError(f"{path} has an empty {name}. Every row needs one.")


def _from_energy(batch: pa.Table) -> pa.Table:
    kilowatts, once = batch[ENERGY], pa.array(np.ones(len(batch), np.int64))
    columns = [*(batch[name] for name in KEYS), *(kilowatts for _ in POWER), once]
    return pa.table(columns, pa.schema(HOURLY_COLUMNS))


def _check_hours(path: Path, batch: pa.Table) -> None:
    """Raise UserError for a serial, a time or a number that no hour has."""
    lengths = set(map(len, batch["serial"].unique().to_pylist()))
    if lengths and not 1 <= min(lengths) <= max(lengths) <= LONGEST_SERIAL:
        raise UserError(
            f"{path} has a serial that is empty or longer than {LONGEST_SERIAL} characters. "
            f"Give each meter one of 1 to {LONGEST_SERIAL}."
        )
    times = batch["time_hour_rolled"].cast(pa.timestamp("us")).to_numpy()
    if (times.astype("datetime64[h]") != times).any():
        raise UserError(
            f"{path} has a time_hour_rolled that is not the start of an hour. Round it down."
        )
    for name in POWER:
        if not np.isfinite(batch[name].to_numpy()).all():
            raise UserError(f"{path} has a {name} that is not a finite number. Remove that row.")
    if (batch["n_readings"].to_numpy() < 0).any():
        raise UserError(f"{path} has a negative n_readings. Count the readings of the hour.")
