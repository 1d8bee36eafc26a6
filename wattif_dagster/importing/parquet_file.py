"""Reads Parquet."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from wattif_dagster.errors import UserError
from wattif_dagster.importing.columns import choose_columns
from wattif_dagster.importing.files import InputFile
from wattif_dagster.importing.options import ImportOptions
from wattif_dagster.importing.rows import Batch
from wattif_dagster.importing.tables import make_batches

BATCH_ROWS = 500_000


def read_parquet_header(file: InputFile) -> list[str]:
    """Read the names of the columns. Raises UserError when it is no Parquet file."""
    try:
        return pq.read_schema(file.path).names
    except (pa.ArrowException, OSError) as error:
        raise _damaged(file, error) from None


def read_parquet(file: InputFile, options: ImportOptions) -> Iterator[Batch]:
    """Read the rows. Raises UserError for a column that is not there, and for a damaged file."""
    chosen = choose_columns(read_parquet_header(file), options, str(file.path))
    wide = len(chosen.used) - 2
    first = 1
    try:
        content = pq.ParquetFile(file.path, read_dictionary=[chosen.serial], memory_map=True)
        for batch in content.iter_batches(BATCH_ROWS // wide, columns=[*chosen.used]):
            columns = {name: _simplify(batch.column(name), name, file) for name in chosen.used}
            columns[chosen.serial] = _write_numbers(columns[chosen.serial])
            rows = np.arange(first, first + batch.num_rows, dtype=np.int64)
            first += batch.num_rows
            yield from make_batches(columns, chosen, rows, [])
    except (pa.ArrowException, OSError) as error:
        raise _damaged(file, error) from None


def _simplify(column: pa.Array, name: str, file: InputFile) -> pa.Array:
    """Make it texts, timestamps of microseconds, or numbers. Raises UserError for other types."""
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if pa.types.is_timestamp(kind):
        return pc.cast(column, pa.timestamp("us", kind.tz), safe=False)
    if pa.types.is_date(kind):
        return pc.cast(column, pa.timestamp("us"))
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return column
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_binary(kind):
        return column
    raise UserError(
        f"The column {name!r} of {file.path} is of the type {kind}, which is no reading."
    )


def _write_numbers(serials: pa.Array) -> pa.Array:
    """Write serials that are whole numbers as texts."""
    return serials.cast(pa.string()) if pa.types.is_integer(serials.type) else serials


def _damaged(file: InputFile, error: Exception) -> UserError:
    return UserError(f"{file.path} cannot be read as Parquet ({error}). Nothing is imported.")
