"""Rows that are rejected: counted by reason, and kept as NDJSON."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import orjson
from isal import igzip

from wattif_dagster.importing.rows import Reason

ROWS_IN_A_FILE = 200_000
MOST_CHARACTERS = 500
"""Of a rejected text: a line without an end may be as long as the file."""

Text = str | bytes | int | float | None


@dataclass
class Rejected:
    """How many rows have a reason, with the first of them as a sample."""

    rows: int = 0
    sample: dict[str, object] = field(default_factory=dict)


class Rejections:
    """Counts rejected rows and writes them to gzipped files of NDJSON in a folder."""

    def __init__(self, folder: Path) -> None:
        self.by_reason: dict[Reason, Rejected] = {}
        self._folder = folder
        self._file: igzip.IGzipFile | None = None
        self._written = 0

    @property
    def total(self) -> int:
        """Rows that were rejected."""
        return sum(each.rows for each in self.by_reason.values())

    def add(self, file: str, row: int, reason: Reason, texts: Iterable[tuple[str, Text]]) -> None:
        """Add a row, with its texts by name."""
        record: dict[str, object] = {"file": file, "row": row, "reason": reason.key}
        record |= {name: _shorten(text) for name, text in texts}
        found = self.by_reason.setdefault(reason, Rejected())
        if not found.rows:
            found.sample = record
        found.rows += 1
        if self._written % ROWS_IN_A_FILE == 0:
            self.close()
            name = f"{self._written // ROWS_IN_A_FILE:05d}"
            self._file = igzip.IGzipFile(self._folder / name, "wb", compresslevel=1)
        assert self._file is not None
        self._file.write(orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE))
        self._written += 1

    def close(self) -> None:
        """Finish the file that is being written."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def files(self) -> Iterator[Path]:
        """The finished files, in order."""
        self.close()
        yield from sorted(self._folder.iterdir())


def _shorten(text: Text) -> str | int | float | None:
    if isinstance(text, bytes):
        text = text.decode(errors="replace")
    if isinstance(text, str):
        # What Arrow hands on as text may hold half of a character, which JSON cannot.
        return text[:MOST_CHARACTERS].encode("utf-8", "replace").decode()
    return text
