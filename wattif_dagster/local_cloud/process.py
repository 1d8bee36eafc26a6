"""Background processes: started so that they outlive the starter, told apart, and ended."""

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
"""The system clock's corrections shift the creation times that the system reports."""

STOP_GRACE_S = 10.0
"""Time between the polite signal and the one that cannot be refused."""

_DIRECT = {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
"""The services talk to each other and to no one else: never through a proxy."""

_children: dict[int, subprocess.Popen[bytes]] = {}
"""Processes this one started: polled now and then, so that an ended one leaves no zombie."""


class Identity(BaseModel, frozen=True):
    """Tells a process from any other, also from one that got its pid after it ended."""

    pid: int
    created: float
    """Seconds since the epoch."""
    command: tuple[str, ...]

    def process(self) -> psutil.Process | None:
        """The living process, or None when it ended or the pid is now someone else's."""
        if child := _children.get(self.pid):
            child.poll()
        try:
            process = psutil.Process(self.pid)
            same = (
                abs(process.create_time() - self.created) <= CREATION_TOLERANCE_S
                and tuple(process.cmdline()[1:]) == self.command[1:]
                and process.status() != psutil.STATUS_ZOMBIE
            )
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            return None
        return process if same else None


def start(command: Sequence[str], folder: Path, log: Path) -> Identity:
    """Start a process that survives this one, its terminal and Ctrl-C; append its output to log.

    Raises UserError when it cannot be started.
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
    _children[child.pid] = child
    process = psutil.Process(child.pid)
    created = process.create_time()
    # Popen returns a moment before the kernel shows the new command line.
    with suppress(psutil.NoSuchProcess):  # it ended already
        while child.poll() is None and not process.cmdline():
            time.sleep(0.001)
    return Identity(pid=child.pid, created=created, command=tuple(command))


def stop(identities: Iterable[Identity]) -> None:
    """End the processes and wait until they are gone; a process that is not ours is left alone."""
    living = [process for identity in identities if (process := identity.process())]
    for process in living:
        with suppress(psutil.NoSuchProcess):
            process.terminate()
    _, stubborn = psutil.wait_procs(living, timeout=STOP_GRACE_S)
    for process in stubborn:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(stubborn, timeout=STOP_GRACE_S)


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
