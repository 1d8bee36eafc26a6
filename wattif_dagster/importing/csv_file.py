"""Reads CSV: fields are separated by the mark that the first line has most of."""

import codecs
import csv
import io
from collections.abc import Iterator
from typing import IO

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv

from wattif_dagster.errors import UserError
from wattif_dagster.importing.columns import choose_columns
from wattif_dagster.importing.files import BOM, InputFile
from wattif_dagster.importing.options import ImportOptions
from wattif_dagster.importing.rows import BadRow, Batch, Reason
from wattif_dagster.importing.tables import make_batches

BLOCK_BYTES = 8 * 1024 * 1024
MARKS = ",;\t|"
HEADER_ROWS = 1
_TEXTS = pa.dictionary(pa.int32(), pa.binary())


def read_header(file: InputFile) -> tuple[list[str], str]:
    """Read the names of the columns, and the mark between fields. Raises UserError."""
    line = file.head.removeprefix(BOM).lstrip(b"\r\n").splitlines()[0]
    try:
        text = line.decode()
    except UnicodeDecodeError:
        raise UserError(f"The first line of {file.path} is not UTF-8. Save it as UTF-8.") from None
    mark = max(MARKS, key=text.count)
    (names,) = csv.reader([text], delimiter=mark)
    return names, mark


def read_csv(file: InputFile, options: ImportOptions) -> Iterator[Batch]:
    """Read the rows below the header. Raises UserError for a column that is not there."""
    header, mark = read_header(file)
    chosen = choose_columns(header, options, str(file.path))
    bad: list[BadRow] = []

    def put_aside(row: pa_csv.InvalidRow) -> str:
        bad.append(BadRow(row.number or 0, Reason.COLUMNS, row.text))
        return "skip"

    with file.open() as content:
        try:
            blocks = pa_csv.open_csv(
                _Utf8(content),
                read_options=pa_csv.ReadOptions(use_threads=False, block_size=BLOCK_BYTES),
                parse_options=pa_csv.ParseOptions(delimiter=mark, invalid_row_handler=put_aside),
                convert_options=pa_csv.ConvertOptions(
                    include_columns=[*chosen.used],
                    column_types=dict.fromkeys(chosen.used, _TEXTS),
                    check_utf8=False,
                ),
            )
            first = HEADER_ROWS + 1
            for block in blocks:
                # The parser is ahead of the block: later bad rows are those of later blocks.
                rows, skipped = _number_rows(block.num_rows, first, [each.row for each in bad])
                first += block.num_rows + skipped
                columns = dict(zip(block.schema.names, block.columns, strict=True))
                yield from make_batches(columns, chosen, rows, bad[:skipped])
                del bad[:skipped]
        except pa.ArrowInvalid as error:
            if "Empty CSV file" not in str(error):
                raise UserError(f"{file.path} cannot be read as CSV ({error}).") from None
    if bad:
        yield from make_batches(_no_rows(chosen.used), chosen, np.empty(0, np.int64), bad)


class _Utf8(io.RawIOBase):
    """The content with a mark in place of bytes that are not UTF-8, which Arrow cannot report."""

    def __init__(self, content: IO[bytes]) -> None:
        self._content = content
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def readable(self) -> bool:
        """It is."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Read about so many bytes; none at the end."""
        while data := self._content.read(size):
            if text := self._decoder.decode(data).encode():
                return text
        return self._decoder.decode(b"", final=True).encode()


def _number_rows(count: int, first: int, bad: list[int]) -> tuple[np.ndarray, int]:
    """Number rows from the first one on, past bad ones; returns how many of these are passed."""
    skipped = 0
    for row in bad:
        if row >= first + count + skipped:
            break
        skipped += 1
    rows = np.arange(first, first + count + skipped, dtype=np.int64)
    return np.setdiff1d(rows, bad[:skipped], assume_unique=True), skipped


def _no_rows(columns: tuple[str, ...]) -> dict[str, pa.Array]:
    return {name: pa.array([], _TEXTS) for name in columns}
