"""The spool: files on their way to the bucket, never more than a budget of bytes."""

import os
import shutil
import socket
import stat
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from wattif_dagster.errors import UserError

ROOT = 0
"""The user id of root."""


class StoppedError(Exception):
    """The work was stopped by an error or an interrupt elsewhere."""


class Spool:
    """A private folder below `directory` that holds at most `budget` bytes.

    A writer reserves bytes before it writes, and waits while the budget is spent. Whoever has
    confirmed a file releases its bytes. Many threads may use one spool.
    """

    def __init__(self, folder: Path, budget: int):
        self.folder = folder
        self.budget = budget
        self.used = 0
        self.high_water = 0
        # Names are used again, because pathlib keeps every name that it ever sees in a table.
        self._names = count()
        self._free_names: list[str] = []
        self._changed = threading.Condition()
        self._stopped = False

    def reserve(self, size: int) -> None:
        """Wait until `size` bytes fit. Raises StoppedError, or UserError when they never will."""
        if size > self.budget:
            raise UserError(
                f"An object of {size:,} bytes does not fit into a spool of {self.budget:,} bytes. "
                "Lower WATTIF_INGEST__METERS_PER_OBJECT or raise WATTIF_INGEST__SPOOL_BUDGET_MIB."
            )
        with self._changed:
            while not self._stopped and self.used + size > self.budget:
                self._changed.wait()
            if self._stopped:
                raise StoppedError
            self.used += size
            self.high_water = max(self.high_water, self.used)

    def write(self, data: bytes | memoryview) -> Path:
        """Write a reserved file. Raises UserError when it cannot be written."""
        with self._changed:
            name = self._free_names.pop() if self._free_names else str(next(self._names))
        path = self.folder / name
        try:
            path.write_bytes(data)
        except OSError as error:
            path.unlink(missing_ok=True)
            raise UserError(
                f"The spool {self.folder.parent} cannot be written ({error.strerror}). "
                "Free some space, or set WATTIF_INGEST__SPOOL_DIR to another disk."
            ) from error
        return path

    def release(self, path: Path, size: int) -> None:
        """Delete a confirmed file and give its bytes back."""
        path.unlink(missing_ok=True)
        with self._changed:
            self.used -= size
            self._free_names.append(path.name)
            self._changed.notify_all()

    def stop(self) -> None:
        """Wake everyone who waits, with StoppedError."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()


@contextmanager
def open_spool(directory: Path, budget: int) -> Iterator[Spool]:
    """Open a spool below `directory`, which is created if necessary. It is removed at the end.

    Spools that killed processes of this machine left there are removed first. Raises UserError
    when the directory cannot be used, or its path leads elsewhere.
    """
    if _leads_elsewhere(directory):
        raise UserError(
            f"The spool directory {directory} leads elsewhere, by '..' or a symbolic link. "
            "Set WATTIF_INGEST__SPOOL_DIR to the path of the directory itself."
        )
    try:
        directory.mkdir(parents=True, exist_ok=True)
        _remove_abandoned(directory)
        folder = Path(tempfile.mkdtemp(prefix=f"{_prefix()}{os.getpid()}-", dir=directory))
    except OSError as error:
        raise UserError(
            f"The spool directory {directory} cannot be used ({error.strerror}). "
            "Set WATTIF_INGEST__SPOOL_DIR to a writable one."
        ) from None
    try:
        yield Spool(folder, budget)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _leads_elsewhere(directory: Path) -> bool:
    """Whether the path has a '..', is a symbolic link, or goes through one that is not root's.

    Root's links belong to the system, as /tmp does on macOS.
    """
    path = directory.absolute()
    through = [_find_link_owner(folder) for folder in path.parents]
    return (
        ".." in directory.parts
        or _find_link_owner(path) is not None
        or any(owner not in (None, ROOT) for owner in through)
    )


def _find_link_owner(path: Path) -> int | None:
    """Find the user who owns the symbolic link; None when the path is no link, or is not there."""
    try:
        found = path.lstat()
    except OSError:
        return None
    return found.st_uid if stat.S_ISLNK(found.st_mode) else None


def _prefix() -> str:
    """How the names of this machine's spools begin. Containers may share the directory, and another
    machine's process ids mean nothing here."""
    return f"spool-{socket.gethostname()}-"


def _remove_abandoned(directory: Path) -> None:
    """Remove the spools of processes of this machine that have ended."""
    for folder in directory.iterdir():
        pid = folder.name.removeprefix(_prefix()).partition("-")[0]
        if folder.name.startswith(_prefix()) and pid.isdigit() and not _is_alive(int(pid)):
            shutil.rmtree(folder, ignore_errors=True)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
