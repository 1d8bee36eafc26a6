"""Dagster's event log in SQLite, with connections that stay open.

Dagster's own connects for each event. It then compiles each statement again, and closing the last
connection copies the write-ahead log into the database and syncs both files.
"""

import threading
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from dagster import StringSource
from dagster._core.storage.event_log.sqlite.sqlite_event_log import (
    INDEX_SHARD_NAME,
    SqliteEventLogStorage,
)
from sqlalchemy import Connection, Engine, create_engine

BUSY_TIMEOUT_SECONDS = 30
"""How long a process waits while another one writes, as in Dagster's own."""
DATABASES_KEPT = 8
"""A run writes to two: its own, and that of all asset events. A web server reads one per run."""


class SqliteEventLog(SqliteEventLogStorage):
    """The event log of a DAGSTER_HOME, in the same files as Dagster's own, which can read them."""

    def __init__(self, dagster_home: str, inst_data: Any = None) -> None:
        self._engines: dict[str, Engine] = {}
        self._lock = threading.Lock()
        super().__init__(str(Path(dagster_home, "history", "runs")), inst_data)

    @classmethod
    def config_type(cls) -> Any:
        """The only option is the folder."""
        return {"dagster_home": StringSource}

    @classmethod
    def from_config_value(cls, inst_data: Any, config_value: Mapping[str, Any]) -> "SqliteEventLog":
        """Make the event log that dagster.yaml configures."""
        return cls(inst_data=inst_data, **config_value)

    def run_connection(self, run_id: str | None = None) -> AbstractContextManager[Connection]:
        """A transaction in the database of the run."""
        return self._transaction(str(run_id))

    def index_connection(self) -> AbstractContextManager[Connection]:
        """A transaction in the database of all runs' asset events."""
        return self._transaction(INDEX_SHARD_NAME)

    def wipe(self) -> None:
        """Remove all events. Databases of runs are made again when they are needed."""
        self._disconnect()
        super().wipe()
        self._disconnect()

    def dispose(self) -> None:
        """Close the connections."""
        super().dispose()
        self._disconnect()

    def _disconnect(self) -> None:
        with self._lock:
            while self._engines:
                self._engines.popitem()[1].dispose()

    @contextmanager
    def _transaction(self, shard: str) -> Iterator[Connection]:
        with self._lock, self._engine(shard).begin() as connection:
            yield connection

    def _engine(self, shard: str) -> Engine:
        if shard not in self._engines:
            with super().run_connection(shard):
                pass  # this makes the database if it does not exist
            if len(self._engines) == DATABASES_KEPT:
                oldest = next(iter(self._engines))
                self._engines.pop(oldest).dispose()
            self._engines[shard] = create_engine(
                self.conn_string_for_shard(shard),
                connect_args={"timeout": BUSY_TIMEOUT_SECONDS},
            )
        return self._engines[shard]
