"""wattif dev: the Dagster UI over the local cloud."""

import os
import signal
import subprocess
import sys
import threading

from filelock import FileLock, Timeout

from wattif_dagster.cli.cloud import ensure_bucket
from wattif_dagster.cli.instance import ensure_dagster_home
from wattif_dagster.cli.interrupts import interrupts_set
from wattif_dagster.errors import UserError
from wattif_dagster.settings import Settings

HOST = "127.0.0.1"
POLL_SECONDS = 0.2


def run(port: int) -> None:
    """Start the local cloud and serve `dagster dev` until a signal ends it."""
    from wattif_dagster.local_cloud.ports import is_free
    from wattif_dagster.local_cloud.supervisor import LocalCloud

    settings = Settings.load()
    home = ensure_dagster_home(settings.home)
    if not is_free(port):
        raise UserError(f"Port {port} of {HOST} is in use. Choose another one with --port.")
    lock = FileLock(home / "dev.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise UserError(
            f"Another `wattif dev` serves {home}. Two would run two daemons on one Dagster "
            "instance. Use that one, or end it first."
        ) from None
    with lock:
        if settings.target == "local":
            LocalCloud(settings.home).up()
            ensure_bucket(settings)
        sys.exit(_serve(port))


def _serve(port: int) -> int:
    """Run `dagster dev` until it ends or a signal ends it; returns the exit code."""
    command = [
        *(sys.executable, "-m", "dagster", "dev"),
        *("-m", "wattif_dagster.definitions", "-h", HOST, "-p", str(port)),
    ]
    # Started from a script `dagster dev` ignores SIGINT and SIGTERM, so its group is ended.
    server = subprocess.Popen(command, start_new_session=True)
    stop = threading.Event()
    try:
        with interrupts_set(stop):
            while server.poll() is None and not stop.wait(POLL_SECONDS):
                pass
        return server.poll() or 0
    finally:
        if server.poll() is None:
            os.killpg(server.pid, signal.SIGTERM)
            try:
                server.wait(timeout=10)
            except subprocess.TimeoutExpired:
                os.killpg(server.pid, signal.SIGKILL)
