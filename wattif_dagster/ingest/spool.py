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
"""Its user id."""


class StoppedError(Exception):
    """The work was stopped by an error or an interrupt elsewhere."""


class Spool:
    """A private folder below `directory` that holds at most `budget` bytes.

    A writer reserves before it writes and waits while the budget is spent; whoever has
    confirmed a file releases it. One instance serves many threads.
    """

    def __init__(self, folder: Path, budget: int):
        self.folder = folder
        self.budget = budget
        self.used = 0
        self.high_water = 0
        # Names are used again: pathlib interns each, in a table that grows by every new one.
        self._names = count()
        self._free_names: list[str] = []
        self._changed = threading.Condition()
        self._stopped = False

    def reserve(self, size: int) -> None:
        """Wait until `size` bytes fit. Raises StoppedError, or UserError when they never will."""
        if size > self.budget:
            raise UserError(
                f"an object of {size:,} bytes does not fit into a spool of {self.budget:,}; "
                "lower meters_per_object or raise spool_budget_mib"
            )
        with self._changed:
            while not self._stopped and self.used + size > self.budget:
                self._changed.wait()
            if self._stopped:
                raise StoppedError
            self.used += size
            self.high_water = max(self.high_water, self.used)

    def write(self, data: bytes | memoryview) -> Path:
        """Write a reserved file. Raises UserError when the disk does not take it."""
        with self._changed:
            name = self._free_names.pop() if self._free_names else str(next(self._names))
        path = self.folder / name
        try:
            path.write_bytes(data)
        except OSError as error:
            path.unlink(missing_ok=True)
            raise UserError(
                f"the spool {self.folder.parent} cannot be written ({error.strerror}); "
                "free some space, or set WATTIF_INGEST__SPOOL_DIR to another disk"
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
    """A spool below `directory`, which is made where it is missing; emptied at the end.

    What a killed process of this machine left there is removed first. Raises UserError when
    the directory cannot be used, or is not where it seems to be.
    """
    if _leads_elsewhere(directory):
        raise UserError(
            f"the spool directory {directory} leads elsewhere, by '..' or a symbolic link; "
            "set WATTIF_INGEST__SPOOL_DIR to the path of the directory itself"
        )
    try:
        directory.mkdir(parents=True, exist_ok=True)
        _remove_abandoned(directory)
        folder = Path(tempfile.mkdtemp(prefix=f"{_prefix()}{os.getpid()}-", dir=directory))
    except OSError as error:
        raise UserError(
            f"the spool directory {directory} cannot be used ({error.strerror}); "
            "set WATTIF_INGEST__SPOOL_DIR to a writable one"
        ) from None
    try:
        yield Spool(folder, budget)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _leads_elsewhere(directory: Path) -> bool:
    """Whether the path has a '..', is a symbolic link or goes through one that is not root's.

    Those of root's are the system's, as /tmp is on macOS. What is not there yet is no link.
    """
    path = directory.absolute()
    through = [_owner_of_link(folder) for folder in path.parents]
    return (
        ".." in directory.parts
        or _owner_of_link(path) is not None
        or any(owner not in (None, ROOT) for owner in through)
    )


def _owner_of_link(path: Path) -> int | None:
    """The id of the user who made the symbolic link; None when it is none or cannot be seen."""
    try:
        found = path.lstat()
    except OSError:
        return None
    return found.st_uid if stat.S_ISLNK(found.st_mode) else None


def _prefix() -> str:
    """What the names of this machine's spools begin with; another machine's pids say nothing here,
    and containers may share the directory."""
    return f"spool-{socket.gethostname()}-"


def _remove_abandoned(directory: Path) -> None:
    """Remove the spools of processes of this machine that are no more."""
    for folder in directory.iterdir():
        pid = folder.name.removeprefix(_prefix()).partition("-")[0]
        if folder.name.startswith(_prefix()) and pid.isdigit() and not _alive(int(pid)):
            shutil.rmtree(folder, ignore_errors=True)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
