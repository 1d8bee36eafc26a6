"""Reads hours and episodes from Parquet or CSV files that WattIf did not make."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as csv
import pyarrow.parquet as pq

from wattif_dagster.errors import UserError
from wattif_dagster.evaluation.hours import FULL_DAY, Hours, Truth
from wattif_dagster.evaluation.truth import collect_benign, collect_episodes

HOURLY_COLUMNS = {
    "serial": pa.string(),
    "time_hour_rolled": pa.timestamp("us", tz="UTC"),
    "avg_kw": pa.float64(),
    "max_kw": pa.float64(),
    "min_kw": pa.float64(),
    "n_readings": pa.int64(),
}
LABEL_COLUMNS = {
    "serial": pa.string(),
    "kind": pa.string(),
    "starts_at": pa.timestamp("us", tz="UTC"),
    "ends_at": pa.timestamp("us", tz="UTC"),
}
OPTIONAL_LABEL_COLUMNS = {
    "label_date": pa.date32(),
    "touched_hours": pa.string(),
    "kwh_withheld": pa.float64(),
}
MOST_HOURS = 24 * 366 * 5


def read_hours(path: Path) -> Hours:
    """Read the hours of a file with HOURLY_COLUMNS. Raises UserError for a file
    that cannot be used."""
    table = _read(path, HOURLY_COLUMNS)
    if not table.num_rows:
        raise UserError(f"{path} has no rows. Write hourly consumption into it.")
    times = table["time_hour_rolled"].cast(pa.timestamp("us")).to_numpy()
    at = times.astype("datetime64[h]")
    if (at != times).any():
        raise UserError(
            f"{path} has a time_hour_rolled that is not the start of an hour. Round it down."
        )
    start = at.min().astype("datetime64[D]").astype("datetime64[h]")
    hour = (at - start).astype(np.int64)
    if hour.max() >= MOST_HOURS:
        raise UserError(f"{path} spans more than 5 years. Cut it to the days to evaluate.")
    serials, meter = np.unique(table["serial"].to_numpy(), return_inverse=True)
    shape = len(serials), (int(hour.max()) // FULL_DAY + 1) * FULL_DAY
    if len(np.unique(meter * shape[1] + hour)) < len(hour):
        raise UserError(f"{path} has two rows of the same serial and hour. Keep one of them.")
    count = np.zeros(shape, np.int64)
    count[meter, hour] = table["n_readings"].to_numpy()
    if (count < 0).any() or not count.any():
        raise UserError(
            f"{path} has no positive n_readings, or a negative one. Count the readings."
        )
    kilowatts = {}
    for name in ("avg_kw", "max_kw", "min_kw"):
        values = table[name].to_numpy()
        if not np.isfinite(values).all():
            raise UserError(f"{path} has a {name} that is not a finite number. Remove that row.")
        kilowatts[name] = np.full(shape, np.nan)
        kilowatts[name][meter, hour] = np.where(count[meter, hour] > 0, values, np.nan)
    return Hours(serials.tolist(), start, **kilowatts, n_readings=count)


def read_labels(path: Path, hours: Hours) -> Truth:
    """Read the episodes and benign changes of a file with LABEL_COLUMNS and optional ones.

    Raises UserError.
    """
    rows = _read(path, LABEL_COLUMNS, OPTIONAL_LABEL_COLUMNS).to_pylist()
    if any(row["ends_at"] <= row["starts_at"] for row in rows):
        raise UserError(
            f"{path} has an episode whose ends_at is not after its starts_at. Correct it."
        )
    try:
        return Truth(collect_episodes(rows, hours), collect_benign(rows, hours))
    except (ValueError, TypeError):
        raise UserError(
            f"{path} has touched_hours that are not a JSON list of hours. Write them like [0,1]."
        ) from None


def _read(path: Path, columns: dict[str, Any], optional: dict[str, Any] | None = None) -> pa.Table:
    known = columns | (optional or {})
    try:
        if path.suffix.lower() == ".csv":
            # A column is read as what it is meant to be: serials may look like numbers.
            options = csv.ConvertOptions(column_types=known)
            table = csv.read_csv(path, convert_options=options)
        else:
            table = pq.read_table(path)
        missing = [name for name in columns if name not in table.column_names]
        if missing:
            raise UserError(f"{path} has no column {missing[0]}. It needs {', '.join(columns)}.")
        table = table.select([name for name in known if name in table.column_names])
        table = table.cast(pa.schema([(name, known[name]) for name in table.column_names]))
    except (OSError, pa.ArrowException) as error:
        reason = str(error).splitlines()[0]
        raise UserError(
            f"{path} cannot be read as Parquet or CSV: {reason.removesuffix('.')}."
        ) from None
    for name in columns:
        if table[name].null_count:
            raise UserError(f"{path} has an empty {name}. Every row needs one.")
    return table
