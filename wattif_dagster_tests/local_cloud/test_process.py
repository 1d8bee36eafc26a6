"""Background processes, with small real ones."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from wattif_dagster.errors import UserError
from wattif_dagster.local_cloud import process
from wattif_dagster.local_cloud.process import Identity

Start = Callable[[str], Identity]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a Python program in the background; its output goes to `log` in tmp_path."""
    started: list[Identity] = []

    def start(program: str) -> Identity:
        command = [sys.executable, "-c", program]
        started.append(process.start(command, tmp_path, tmp_path / "log"))
        return started[-1]

    yield start
    process.stop(started)


def wait_for(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_runs_until_stopped(start: Start) -> None:
    identity = start("import time; time.sleep(600)")
    found = identity.process()
    assert found is not None
    assert found.pid == identity.pid
    process.stop([identity])
    assert identity.process() is None


def test_an_ended_child_leaves_no_zombie(start: Start) -> None:
    identity = start("pass")
    wait_for(lambda: identity.process() is None and not psutil.pid_exists(identity.pid))


def test_has_a_session_and_files_of_its_own(start: Start, tmp_path: Path) -> None:
    """Ctrl-C, a closed terminal and the starter's sockets do not reach it."""
    (tmp_path / "log").write_text("before\n")
    with (tmp_path / "secret").open("w") as inheritable:
        os.set_inheritable(inheritable.fileno(), True)
        identity = start(
            "import os, sys, psutil;"
            "files = {os.path.basename(file.path) for file in psutil.Process().open_files()};"
            "print(os.getsid(0) == os.getpid(), sys.stdin.read() == '', files)"
        )
        wait_for(lambda: identity.process() is None)
    assert (tmp_path / "log").read_text() == "before\nTrue True {'log'}\n"


def test_kills_what_does_not_listen(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "STOP_GRACE_S", 0.3)
    identity = start(
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        "print('deaf', flush=True); time.sleep(600)"
    )
    wait_for((tmp_path / "log").read_text)
    process.stop([identity])
    assert identity.process() is None


@pytest.mark.parametrize("change", [{"created": 1.0}, {"command": ("python", "-c", "other")}])
def test_leaves_a_foreign_process_alone(start: Start, change: dict[str, object]) -> None:
    """A pid that was given to another process: created at another time, or another program."""
    stranger = start("import time; time.sleep(600)")
    mistaken = stranger.model_copy(update=change)
    assert mistaken.process() is None
    process.stop([mistaken])
    assert stranger.process() is not None


def test_a_pid_that_no_one_has() -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    assert Identity(pid=ended.pid, created=time.time(), command=("x",)).process() is None


def test_knows_who_listens(start: Start, tmp_path: Path) -> None:
    identity = start(
        "import socket, time; s = socket.create_server(('127.0.0.1', 0));"
        "print(s.getsockname()[1], flush=True); time.sleep(600)"
    )
    wait_for((tmp_path / "log").read_text)
    port = int((tmp_path / "log").read_text())
    assert process.listens(psutil.Process(identity.pid), [port])
    assert not process.listens(psutil.Process(), [port])


def test_says_when_it_cannot_start(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot start /no/such/program: No such file"):
        process.start(["/no/such/program"], tmp_path, tmp_path / "log")
