"""Starts, recognizes and ends background processes that outlive the command that starts them."""

import os
import subprocess
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

import psutil
from pydantic import BaseModel

from wattif_dagster.errors import UserError

CREATION_TOLERANCE_S = 2.0
"""Largest difference between two creation times of one process, where only they are known."""

STOP_GRACE_S = 10.0
"""Time that a process has to end after SIGTERM, before it gets SIGKILL."""

_DIRECT = {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
"""The services talk only to each other, and never through a proxy."""

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")

_children: dict[int, subprocess.Popen[bytes]] = {}
"""Processes that this process started. They are polled, so that an ended one is no zombie."""


class Identity(BaseModel, frozen=True):
    """Tells a process from every other one, also from a later one that has the same pid."""

    pid: int
    created: float
    """Seconds since the epoch. On Linux it moves with the system clock."""
    started: str | None = None
    """The boot id and the clock ticks from that boot to the start of the process. None where the
    system is not Linux and in files of older versions: then `created` is compared."""
    command: tuple[str, ...]

    def find_process(self) -> psutil.Process | None:
        """The living process, or None when it has ended, also if its pid is in use again."""
        if child := _children.get(self.pid):
            child.poll()
        try:
            process = psutil.Process(self.pid)
            same = (
                self._started_with(process)
                and tuple(process.cmdline()[1:]) == self.command[1:]
                and process.status() != psutil.STATUS_ZOMBIE
            )
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            return None
        return process if same else None

    def _started_with(self, process: psutil.Process) -> bool:
        if self.started is not None:
            return _read_start(process.pid) == self.started
        return abs(process.create_time() - self.created) <= CREATION_TOLERANCE_S


def start(command: Sequence[str], folder: Path, log: Path) -> Identity:
    """Start a process that survives this one, its terminal and Ctrl-C.

    The process appends its output to the log. Raises UserError when the command cannot be started
    and OSError when the log cannot be opened. No process is left when this function raises.
    """
    with log.open("ab") as output:
        try:
            child = subprocess.Popen(
                command,
                cwd=folder,
                env=os.environ | _DIRECT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            raise UserError(f"cannot start {command[0]}: {error.strerror}") from None
    try:
        identity = _identify(child, command)
    except BaseException:
        child.kill()
        child.wait()
        raise
    _children[child.pid] = child
    return identity


def stop(identities: Iterable[Identity]) -> None:
    """End the processes and wait until they are gone.

    A process that has the pid of an ended one is left alone.
    """
    living = [process for identity in identities if (process := identity.find_process())]
    for process in living:
        with suppress(psutil.NoSuchProcess):
            process.terminate()
    _, remaining = psutil.wait_procs(living, timeout=STOP_GRACE_S)
    for process in remaining:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(remaining, timeout=STOP_GRACE_S)


def listens(process: psutil.Process, ports: Iterable[int]) -> bool:
    """Whether the process itself, and not another one, listens on all the ports."""
    try:
        own = {
            connection.laddr.port
            for connection in process.net_connections(kind="tcp")
            if connection.status == psutil.CONN_LISTEN
        }
    except psutil.NoSuchProcess:
        return False
    return own.issuperset(ports)


def _identify(child: subprocess.Popen[bytes], command: Sequence[str]) -> Identity:
    process = psutil.Process(child.pid)
    created = process.create_time()
    started = _read_start(child.pid)
    # Popen returns a moment before the kernel shows the new command line.
    with suppress(psutil.NoSuchProcess):  # it has ended already
        while child.poll() is None and not process.cmdline():
            time.sleep(0.001)
    return Identity(pid=child.pid, created=created, started=started, command=tuple(command))


def _read_start(pid: int) -> str | None:
    """The boot id and the start of the process in clock ticks since that boot.

    A step of the system clock does not change them. None without such a process and where the
    system does not have these files. Source: proc_pid_stat(5), field 22.
    """
    try:
        boot = _BOOT_ID.read_text().strip()
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return None
    # Field 2 is the name in parentheses, which may itself hold spaces and parentheses.
    fields_from_3 = stat.rpartition(b")")[2].split()
    return f"{boot} {int(fields_from_3[19])}"
