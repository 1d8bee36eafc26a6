"""Reads each file by its format, and stages what it holds."""

from collections.abc import Callable, Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

from wattif_dagster.errors import CancelledError, UserError
from wattif_dagster.importing.csv_file import read_csv
from wattif_dagster.importing.files import InputFile, inspect_file
from wattif_dagster.importing.green_button import read_green_button
from wattif_dagster.importing.nem12 import MARKET_TIME, read_nem12
from wattif_dagster.importing.options import ImportOptions
from wattif_dagster.importing.parquet_file import read_parquet
from wattif_dagster.importing.rows import Batch
from wattif_dagster.importing.staging import FileStaging, Staging
from wattif_dagster.importing.times import TimeParser, find_day_first
from wattif_dagster.importing.values import uses_decimal_comma
from wattif_dagster.ingest.monitor import Monitor

TABLES = ("csv", "parquet")
"""The formats whose columns and unit are not fixed."""


def stage_file(
    path: Path,
    options: ImportOptions,
    staging: Staging,
    monitor: Monitor,
    on_rows: Callable[[int], None],
) -> None:
    """Stage a file; `on_rows` is called with the number of rows read so far.

    Raises UserError when the file cannot be read as its format, CancelledError when the monitor
    stops it.
    """
    file = inspect_file(path, options.format)
    if file.format not in TABLES and options.unit not in (None, "kwh"):
        raise UserError(f"{path} is {file.format}, which says its unit itself. Leave --unit out.")
    staged: FileStaging | None = None
    for batch in _read(file, options):
        if staged is None:
            staged = _begin(file, options, staging, batch)
        staged.add(batch)
        on_rows(staged.rows)
        if monitor.stop.is_set():
            raise CancelledError
    if staged is not None:
        staged.finish()


def _read(file: InputFile, options: ImportOptions) -> Iterator[Batch]:
    match file.format:
        case "csv":
            return read_csv(file, options)
        case "parquet":
            return read_parquet(file, options)
        case "nem12":
            return read_nem12(file)
        case "green-button":
            return read_green_button(file)


def _begin(file: InputFile, options: ImportOptions, staging: Staging, first: Batch) -> FileStaging:
    """Find out from the first batch how times and values are written."""
    day_first = None
    if options.time_format is None:
        day_first = find_day_first(first.times.dictionary.to_pylist(), str(file.path))
    comma = options.decimal_comma
    if comma is None:
        comma = uses_decimal_comma(first.values)
    default = ZoneInfo(MARKET_TIME) if file.format == "nem12" else options.home_zone
    times = TimeParser(options.zone or default, options.time_format, day_first)
    return FileStaging(staging, times, comma, str(file.path), file.format)
