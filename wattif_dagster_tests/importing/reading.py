"""Files read by their format, as rows of texts and numbers."""

from contextlib import suppress
from pathlib import Path

from wattif_dagster.errors import UserError
from wattif_dagster.importing.csv_file import read_csv
from wattif_dagster.importing.files import Format, inspect_file
from wattif_dagster.importing.green_button import read_green_button
from wattif_dagster.importing.nem12 import read_nem12
from wattif_dagster.importing.options import ImportOptions
from wattif_dagster.importing.parquet_file import read_parquet
from wattif_dagster.importing.rows import Batch

READERS = {
    "csv": lambda file: read_csv(file, ImportOptions()),
    "parquet": lambda file: read_parquet(file, ImportOptions()),
    "nem12": read_nem12,
    "green-button": read_green_button,
}


def read_batches(path: Path, format: Format | None = None) -> list[Batch]:
    """Every batch of the file."""
    file = inspect_file(path, format)
    return list(READERS[file.format](file))


def read_rows(path: Path, format: Format | None = None) -> list[tuple[object, object, object, int]]:
    """Serial, time, value and row number of every row that is none of the bad ones."""
    return [
        row
        for batch in read_batches(path, format)
        for row in zip(
            batch.serials.to_pylist(),
            batch.times.to_pylist(),
            batch.values.to_pylist(),
            batch.rows.tolist(),
            strict=True,
        )
    ]


def read_bad(path: Path) -> list[tuple[int, str]]:
    """Row number and reason of every bad row."""
    return [(bad.row, bad.reason.key) for batch in read_batches(path) for bad in batch.bad]


def read_or_refuse(path: Path, data: bytes, format: Format) -> None:
    """Read garbage as that format: all that may come of it is batches, or a sentence."""
    path.write_bytes(data)
    with suppress(UserError):
        for batch in read_batches(path, format):
            lengths = {len(batch.serials), len(batch.times), len(batch.values), len(batch.rows)}
            assert lengths == {len(batch.rows)}
