"""Reads hours and episodes from Parquet or CSV files that WattIf did not make."""

from pathlib import Path

import numpy as np
import pyarrow as pa

from wattif_dagster.errors import UserError
from wattif_dagster.evaluation.hours import FULL_DAY, Hours, Truth
from wattif_dagster.evaluation.truth import collect_benign, collect_episodes
from wattif_dagster.scoring.files import (
    HOURLY_COLUMNS,
    POWER,
    holds_readings,
    merge_hours,
    read_batches,
    read_hourly,
)

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
    table = pa.concat_tables([pa.schema(HOURLY_COLUMNS).empty_table(), *read_hourly(path)])
    if holds_readings(path):
        table = merge_hours(table)
    if not table.num_rows:
        raise UserError(f"{path} has no rows. Write hourly consumption into it.")
    at = table["time_hour_rolled"].cast(pa.timestamp("us")).to_numpy().astype("datetime64[h]")
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
    if not count.any():
        raise UserError(f"{path} has no positive n_readings. Count the readings of each hour.")
    kilowatts = {}
    for name in POWER:
        kilowatts[name] = np.full(shape, np.nan)
        values = np.where(count[meter, hour] > 0, table[name].to_numpy(), np.nan)
        kilowatts[name][meter, hour] = values
    return Hours(serials.tolist(), start, **kilowatts, n_readings=count)


def read_labels(path: Path, hours: Hours) -> Truth:
    """Read the episodes and benign changes of a file with LABEL_COLUMNS and optional ones.

    Raises UserError.
    """
    batches = read_batches(path, LABEL_COLUMNS, OPTIONAL_LABEL_COLUMNS)
    rows = [row for batch in batches for row in batch.to_pylist()]
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
