"""Stores scans, jobs and operations in one SQLite file, which one process can open.

Every write is a transaction, so a crash leaves the state from before or after it. Messages are
stored in their wire format. Other columns hold the values that queries need.
"""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from google.cloud.dataplex_v1.types import DataScan, DataScanJob
from google.longrunning.operations_pb2 import Operation

from .errors import already_exists, not_found
from .names import extract_location, extract_scan

MAX_JOBS_PER_SCAN = 300
MAX_OPERATIONS = 1000  # in one project and location

_SCHEMA = """
CREATE TABLE IF NOT EXISTS scans (
    name TEXT PRIMARY KEY, parent TEXT NOT NULL, message BLOB NOT NULL,
    high_water TEXT,  -- highest value of the incremental field so far
    expires TEXT      -- when a one-time scan is deleted, ISO 8601 in UTC
);
CREATE TABLE IF NOT EXISTS jobs (
    sequence INTEGER PRIMARY KEY, name TEXT UNIQUE NOT NULL, message BLOB NOT NULL,
    scan TEXT NOT NULL REFERENCES scans (name) ON DELETE CASCADE,
    state INTEGER NOT NULL,
    listed INTEGER NOT NULL  -- 0: job of a one-time scan, which the API does not show
);
CREATE INDEX IF NOT EXISTS jobs_by_scan ON jobs (scan);
CREATE TABLE IF NOT EXISTS operations (
    sequence INTEGER PRIMARY KEY, name TEXT UNIQUE NOT NULL, message BLOB NOT NULL,
    parent TEXT NOT NULL
);
"""


class StoreError(Exception):
    """The database cannot be opened."""


class Store:
    """The state of the service. Several threads can use it.

    Methods that look up one resource raise ApiError NOT_FOUND.
    """

    def __init__(self, path: Path) -> None:
        """Open or create the database. Raises StoreError."""
        self._lock = threading.RLock()
        try:
            self._db = sqlite3.connect(
                path, isolation_level=None, check_same_thread=False, timeout=0
            )
            self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA foreign_keys = ON")
            self._db.executescript(_SCHEMA)
        except sqlite3.DatabaseError as error:
            in_use = error.sqlite_errorcode == sqlite3.SQLITE_BUSY
            reason = "another process is using it" if in_use else str(error)
            raise StoreError(f"cannot open {path}: {reason}") from error

    def close(self) -> None:
        """Close the database. No other method may be called afterwards."""
        with self._lock:
            self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Run the block in one transaction, which an exception rolls back."""
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def _execute(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._db.execute(sql, values).fetchall()

    # Scans

    def add_scan(self, scan: DataScan) -> None:
        """Store a new scan. Raises ApiError ALREADY_EXISTS."""
        try:
            self._execute(
                "INSERT INTO scans (name, parent, message) VALUES (?, ?, ?)",
                scan.name,
                extract_location(scan.name),
                DataScan.serialize(scan),
            )
        except sqlite3.IntegrityError:
            raise already_exists(scan.name) from None

    def get_scan(self, name: str) -> DataScan:
        """The scan of the name."""
        return _parse_scan(self._read_message("scans", name))

    def list_scans(self, parent: str) -> list[DataScan]:
        """All scans of a location, sorted by name."""
        rows = self._execute("SELECT message FROM scans WHERE parent = ? ORDER BY name", parent)
        return [_parse_scan(message) for (message,) in rows]

    def save_scan(self, scan: DataScan) -> None:
        """Replace a stored scan."""
        self._execute(
            "UPDATE scans SET message = ? WHERE name = ?", DataScan.serialize(scan), scan.name
        )

    def delete_scan(self, name: str) -> None:
        """Delete a scan and its jobs."""
        self._execute("DELETE FROM scans WHERE name = ?", name)

    def get_high_water(self, scan: str) -> str | None:
        """The highest value of the incremental field in successful jobs."""
        return self._execute("SELECT high_water FROM scans WHERE name = ?", scan)[0][0]

    def save_high_water(self, scan: str, value: str | None) -> None:
        """Store the value at which the next incremental job starts."""
        self._execute("UPDATE scans SET high_water = ? WHERE name = ?", value, scan)

    def expire_scan(self, name: str, moment: datetime) -> None:
        """Set the time, in UTC, at which the scan expires."""
        self._execute("UPDATE scans SET expires = ? WHERE name = ?", moment.isoformat(), name)

    def delete_expired(self, now: datetime) -> None:
        """Delete the scans that expire at `now`, in UTC, or before."""
        self._execute("DELETE FROM scans WHERE expires <= ?", now.isoformat())

    # Jobs

    def add_job(self, job: DataScanJob, *, listed: bool) -> None:
        """Store a new job, and delete the oldest jobs beyond MAX_JOBS_PER_SCAN."""
        scan = extract_scan(job.name)
        self._execute(
            "INSERT INTO jobs (name, message, scan, state, listed) VALUES (?, ?, ?, ?, ?)",
            job.name,
            DataScanJob.serialize(job),
            scan,
            int(job.state),
            listed,
        )
        self._execute(
            "DELETE FROM jobs WHERE scan = ? AND sequence NOT IN "
            "(SELECT sequence FROM jobs WHERE scan = ? ORDER BY sequence DESC LIMIT ?)",
            scan,
            scan,
            MAX_JOBS_PER_SCAN,
        )

    def get_job(self, name: str) -> DataScanJob:
        """The job of the name."""
        return _parse_job(self._read_message("jobs", name))

    def save_job(self, job: DataScanJob) -> None:
        """Replace a stored job."""
        self._execute(
            "UPDATE jobs SET message = ?, state = ? WHERE name = ?",
            DataScanJob.serialize(job),
            int(job.state),
            job.name,
        )

    def list_jobs(self, scan: str) -> list[DataScanJob]:
        """The jobs of a scan that the API shows, newest first."""
        rows = self._execute(
            "SELECT message FROM jobs WHERE scan = ? AND listed ORDER BY sequence DESC", scan
        )
        return [_parse_job(message) for (message,) in rows]

    def is_listed(self, job: str) -> bool:
        """Whether the API shows the job."""
        return bool(self._execute("SELECT 1 FROM jobs WHERE name = ? AND listed", job))

    def list_jobs_in(self, *states: DataScanJob.State) -> list[DataScanJob]:
        """All jobs in one of the states, oldest first."""
        marks = ", ".join("?" * len(states))
        rows = self._execute(
            f"SELECT message FROM jobs WHERE state IN ({marks}) ORDER BY sequence",
            *map(int, states),
        )
        return [_parse_job(message) for (message,) in rows]

    # Operations

    def add_operation(self, operation: Operation) -> None:
        """Store a new operation, and delete the oldest ones beyond MAX_OPERATIONS."""
        parent = extract_location(operation.name)
        self._execute(
            "INSERT INTO operations (name, parent, message) VALUES (?, ?, ?)",
            operation.name,
            parent,
            operation.SerializeToString(),
        )
        self._execute(
            "DELETE FROM operations WHERE parent = ? AND sequence NOT IN "
            "(SELECT sequence FROM operations WHERE parent = ? ORDER BY sequence DESC LIMIT ?)",
            parent,
            parent,
            MAX_OPERATIONS,
        )

    def get_operation(self, name: str) -> Operation:
        """The operation of the name."""
        return Operation.FromString(self._read_message("operations", name))

    def list_operations(self, parent: str) -> list[Operation]:
        """All operations of a location, sorted by name."""
        rows = self._execute(
            "SELECT message FROM operations WHERE parent = ? ORDER BY name", parent
        )
        return [Operation.FromString(message) for (message,) in rows]

    def delete_operation(self, name: str) -> None:
        """Delete an operation."""
        self._execute("DELETE FROM operations WHERE name = ?", name)

    def _read_message(self, table: str, name: str) -> bytes:
        sql = f"SELECT message FROM {table} WHERE name = ?"
        rows = self._execute(sql, name)
        if not rows:
            raise not_found(name)
        return rows[0][0]


def _parse_scan(message: bytes) -> DataScan:
    return cast(DataScan, DataScan.deserialize(message))


def _parse_job(message: bytes) -> DataScanJob:
    return cast(DataScanJob, DataScanJob.deserialize(message))
