"""Importing readings: from files to rendered objects, which are thrown away.

The rates are by the processor time of all threads, so that they are those of a core.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from time import process_time

import duckdb

from benchmarks.measurement import Measurement
from wattif_dagster.importing.options import ImportOptions
from wattif_dagster.importing.run import Import, import_files
from wattif_dagster.ingest.monitor import Monitor
from wattif_dagster.ingest.store import SpooledFile, StoredObject
from wattif_dagster.settings.ingest import IngestOptions

DAYS = 100
READINGS_OF_A_METER = DAYS * 48

_ROWS = """
SELECT 'MAC' || LPAD(CAST(m AS VARCHAR), 6, '0') AS LCLid,
  TIMESTAMP '2013-01-01' + INTERVAL (30 * k) MINUTE AS tstp,
  ROUND(RANDOM() * 0.5, 3) AS "energy(kWh/hh)"
FROM RANGE({meters}) AS meters(m), RANGE({readings}) AS times(k)
"""
_FORMATS = {
    "Parquet, by meter": "{rows} ORDER BY m, k",
    "Parquet, by time": "{rows} ORDER BY k, m",
    "CSV, by meter": "{rows} ORDER BY m, k",
}


class NoStore:
    """A bucket that keeps nothing."""

    uri = "gs://nothing"

    def upload(self, files: Sequence[SpooledFile], stop: Event) -> None:
        """Keep nothing."""

    def list(self, prefix: str) -> Iterator[StoredObject]:
        """Nothing is there."""
        return iter(())

    def delete(self, names: Iterable[str]) -> None:
        """Nothing is there."""

    def read(self, name: str) -> tuple[bytes, int] | None:
        """Nothing is there."""

    def write(self, name: str, data: bytes, *, if_generation: int | None = None) -> None:
        """Keep nothing."""


def run(quick: bool) -> list[Measurement]:
    """Readings per second of a core for each format."""
    meters = 200 if quick else 2000
    with TemporaryDirectory() as name:
        folder = Path(name)
        return [
            Measurement(
                "importing",
                title,
                _measure(_write(folder, title, query, meters), folder),
                "rows/s/core",
            )
            for title, query in _FORMATS.items()
        ]


def _write(folder: Path, title: str, query: str, meters: int) -> Path:
    kind = title.partition(",")[0].lower()
    file = folder / f"{title}.{kind}"
    rows = query.format(rows=_ROWS.format(meters=meters, readings=READINGS_OF_A_METER))
    duckdb.connect().execute(f"COPY ({rows}) TO '{file}' (FORMAT {kind})")
    return file


def _measure(file: Path, folder: Path) -> float:
    options = IngestOptions(spool_dir=str(folder / "spool"))
    tell: Callable[[str, int, int], None] = lambda *_: None  # noqa: E731
    job = Import([file], ImportOptions(), options, None, Monitor(), tell)
    best = 0.0
    for _ in range(2):
        began = process_time()
        report = import_files(NoStore(), job)
        best = max(best, report.landed / (process_time() - began))
    return best
