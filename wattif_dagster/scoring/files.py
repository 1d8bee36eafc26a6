"""Reads Parquet and CSV files in batches, each checked: hourly consumption, or other columns."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
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

TIME = pa.timestamp("us", tz="UTC")
KEYS = {"serial": pa.string(), "time_hour_rolled": TIME}
POWER = {"avg_kw": pa.float64(), "max_kw": pa.float64(), "min_kw": pa.float64()}
HOURLY_COLUMNS = {**KEYS, **POWER, "n_readings": pa.int64()}
ENERGY_COLUMNS = {**KEYS, "consumption_hour_rolled": pa.float64()}
"""The energy of the hour alone, kWh. It is then the only reading of the hour, its mean power."""
READINGS_COLUMNS = {"serial": pa.string(), "timestamp": TIME, "reading": pa.float64()}
"""Mean power of an interval, kW, by its start. Readings are rolled up by the hour."""
BATCH_ROWS, BATCH_BYTES = 250_000, 2**24
"""Of a batch of Parquet and of CSV."""
LONGEST_SERIAL = 64


def read_hourly(path: Path, report: Progress | None = None) -> Iterator[pa.Table]:
    """Read hourly consumption, or what gives it, in batches with HOURLY_COLUMNS.

    An hour of a file of readings may be in several batches (see `holds_readings`). Raises
    UserError.
    """
    columns = _choose_columns(path)
    for batch in read_batches(path, columns, {}, report):
        if columns is READINGS_COLUMNS:
            batch = merge_hours(_from_readings(path, batch))
        elif columns is ENERGY_COLUMNS:
            batch = _from_power(batch, "time_hour_rolled", "consumption_hour_rolled")
        _check_hours(path, batch)
        yield batch


def holds_readings(path: Path) -> bool:
    """Whether the file has readings, so that parts of an hour are to be merged."""
    return _choose_columns(path) is READINGS_COLUMNS


def merge_hours(hours: pa.Table) -> pa.Table:
    """Merge the rows of the same serial and hour into one."""
    energy = pa.array(hours["avg_kw"].to_numpy() * hours["n_readings"].to_numpy())
    found = (
        hours.append_column("energy", energy)
        .group_by([*KEYS], use_threads=False)
        .aggregate([("energy", "sum"), ("max_kw", "max"), ("min_kw", "min"), ("n_readings", "sum")])
    )
    count = found["n_readings_sum"].to_numpy()
    mean = pa.array(found["energy_sum"].to_numpy() / np.maximum(count, 1))
    columns = [found[name] for name in (*KEYS, "max_kw_max", "min_kw_min", "n_readings_sum")]
    return pa.table([*columns[:2], mean, *columns[2:]], pa.schema(HOURLY_COLUMNS))


def read_batches(
    path: Path, columns: Columns, optional: Columns, report: Progress | None = None
) -> Iterator[pa.Table]:
    """Read the columns, and those of the optional ones that there are. Raises UserError."""
    known = {**columns, **optional}
    with _explained(path):
        for batch in _open(path, known, report):
            table = pa.table(batch)
            table = table.select([name for name in known if name in table.column_names])
            table = table.cast(pa.schema([(name, known[name]) for name in table.column_names]))
            _require(path, table, columns)
            yield table


def _choose_columns(path: Path) -> Columns:
    """The columns that the file has, or should have had."""
    with _explained(path):
        if _is_csv(path):
            with csv.open_csv(path) as file:
                names = set(file.schema.names)
        else:
            names = set(pq.read_schema(path).names)
    if "time_hour_rolled" not in names and names >= {*READINGS_COLUMNS}:
        return READINGS_COLUMNS
    if names >= {*ENERGY_COLUMNS} and not names & {*POWER, "n_readings"}:
        return ENERGY_COLUMNS
    return HOURLY_COLUMNS


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, pa.ArrowException, UnicodeDecodeError) as error:
        reason = str(error).splitlines()[0].removesuffix(".")
        raise UserError(f"{path} cannot be read as Parquet or CSV: {reason}.") from None


def _is_csv(path: Path) -> bool:
    return path.suffix.lower() == ".csv"


def _open(path: Path, known: Columns, report: Progress | None) -> Iterator[pa.RecordBatch]:
    if _is_csv(path):
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
        others = (ENERGY_COLUMNS, READINGS_COLUMNS) if columns is HOURLY_COLUMNS else ()
        needed = " or ".join(", ".join(each) for each in (columns, *others))
        raise UserError(f"{path} has no column {missing[0]}. It needs {needed}.")
    for name in columns:
        if table[name].null_count:
            raise UserError(f"{path} has an empty {name}. Every row needs one.")


def _from_readings(path: Path, batch: pa.Table) -> pa.Table:
    """Round the times down to the hour."""
    if not np.isfinite(batch["reading"].to_numpy()).all():
        raise UserError(f"{path} has a reading that is not a finite number. Remove that row.")
    times = batch["timestamp"].cast(pa.timestamp("us")).to_numpy()
    hours = pa.array(times.astype("datetime64[h]").astype("datetime64[us]")).cast(TIME)
    return _from_power(batch.append_column("hour", hours), "hour", "reading")


def _from_power(batch: pa.Table, time: str, power: str) -> pa.Table:
    """One reading a row."""
    kilowatts, once = batch[power], pa.array(np.ones(len(batch), np.int64))
    columns = [batch["serial"], batch[time], *(kilowatts for _ in POWER), once]
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
