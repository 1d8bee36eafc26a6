"""Background processes, tested with small real processes."""

import errno
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
SLEEP = "import time; time.sleep(600)"


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


def test_started_process_runs_until_stop(start: Start) -> None:
    identity = start(SLEEP)
    found = identity.find_process()
    assert found is not None
    assert found.pid == identity.pid
    process.stop([identity])
    assert identity.find_process() is None


def test_find_process_reaps_an_ended_child(start: Start) -> None:
    identity = start("pass")
    wait_for(lambda: identity.find_process() is None and not psutil.pid_exists(identity.pid))


def test_started_process_has_its_own_session_and_files(start: Start, tmp_path: Path) -> None:
    """It gets no Ctrl-C, no hang-up of a terminal and no open file of its starter."""
    (tmp_path / "log").write_text("before\n")
    with (tmp_path / "secret").open("w") as inheritable:
        os.set_inheritable(inheritable.fileno(), True)
        identity = start(
            "import os, sys, psutil;"
            "files = {os.path.basename(file.path) for file in psutil.Process().open_files()};"
            "print(os.getsid(0) == os.getpid(), sys.stdin.read() == '', files)"
        )
        wait_for(lambda: identity.find_process() is None)
    assert (tmp_path / "log").read_text() == "before\nTrue True {'log'}\n"


def test_stop_kills_a_process_that_ignores_sigterm(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "STOP_GRACE_S", 0.3)
    identity = start(
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        "print('deaf', flush=True); time.sleep(600)"
    )
    wait_for((tmp_path / "log").read_text)
    process.stop([identity])
    assert identity.find_process() is None


def test_find_process_survives_a_clock_step(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    identity = start(SLEEP)
    created = psutil.Process.create_time
    monkeypatch.setattr(psutil.Process, "create_time", lambda self: created(self) + 3600)
    found = identity.find_process()
    assert found is not None
    assert found.pid == identity.pid


def test_identity_of_an_older_version_is_read(start: Start) -> None:
    identity = start(SLEEP)
    older = Identity.model_validate_json(identity.model_dump_json(exclude={"started"}))
    assert older.find_process() is not None


@pytest.mark.parametrize(
    "change",
    [
        {"started": "another-boot 1"},
        {"started": None, "created": 1.0},
        {"command": ("python", "-c", "other")},
    ],
)
def test_stop_leaves_a_foreign_process_alone(start: Start, change: dict[str, object]) -> None:
    """Another process has the pid now. It started at another time, or is another program."""
    stranger = start(SLEEP)
    mistaken = stranger.model_copy(update=change)
    assert mistaken.find_process() is None
    process.stop([mistaken])
    assert stranger.find_process() is not None


def test_find_process_is_none_for_an_unused_pid() -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    assert Identity(pid=ended.pid, created=time.time(), command=("x",)).find_process() is None


def test_listens_tells_processes_apart(start: Start, tmp_path: Path) -> None:
    identity = start(
        "import socket, time; s = socket.create_server(('127.0.0.1', 0));"
        "print(s.getsockname()[1], flush=True); time.sleep(600)"
    )
    wait_for((tmp_path / "log").read_text)
    port = int((tmp_path / "log").read_text())
    assert process.listens(psutil.Process(identity.pid), [port])
    assert not process.listens(psutil.Process(), [port])


def test_start_ends_a_process_it_cannot_identify(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: psutil.Process) -> float:
        raise OSError(errno.EMFILE, "Too many open files")

    before = {child.pid for child in psutil.Process().children()}
    with monkeypatch.context() as patch:
        patch.setattr(psutil.Process, "create_time", fail)
        with pytest.raises(OSError, match="Too many open files"):
            process.start([sys.executable, "-c", SLEEP], tmp_path, tmp_path / "log")
    assert {child.pid for child in psutil.Process().children()} <= before


def test_start_explains_a_missing_program(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot start /no/such/program: No such file"):
        process.start(["/no/such/program"], tmp_path, tmp_path / "log")
