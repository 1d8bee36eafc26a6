"""DuckDB over staged rows: it sorts and groups more rows than fit into memory."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa

MEMORY_MIB = 512
"""What DuckDB may use before it goes to disk."""


@contextmanager
def open_engine(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open DuckDB with its temporary files in the folder."""
    connection = duckdb.connect(
        config={
            "memory_limit": f"{MEMORY_MIB}MiB",
            "temp_directory": str(folder / "duckdb"),
            "preserve_insertion_order": False,
            "autoinstall_known_extensions": False,
            "enable_external_access": True,
        }
    )
    try:
        yield connection
    finally:
        connection.close()


def stream(
    engine: duckdb.DuckDBPyConnection, query: str, rows: int, **tables: object
) -> pa.RecordBatchReader:
    """Run a query over Arrow tables or readers by name; returns its rows as they come."""
    for name, table in tables.items():
        engine.register(name, table)
    return engine.sql(query).to_arrow_reader(rows)


def fetch(engine: duckdb.DuckDBPyConnection, query: str, **tables: object) -> pa.Table:
    """Run a query with a small result over Arrow tables or readers by name."""
    return stream(engine, query, 100_000, **tables).read_all()
