"""The command line refuses wrong options with one sentence each."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from .conftest import Process

COMMAND = [sys.executable, "-m", "wattif_dagster.local_cloud.dataplex"]
ENDPOINT = ["--bigquery-endpoint", "http://127.0.0.1:1"]


def refusal(*options: str | Path) -> str:
    """The output on stderr of a command that fails."""
    command = [*COMMAND, *ENDPOINT, *map(str, options)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert ended.returncode != 0
    assert "Traceback" not in ended.stderr
    return ended.stderr


def test_help_names_every_option() -> None:
    told = subprocess.run([*COMMAND, "--help"], capture_output=True, text=True, check=True).stdout
    for option in ("--grpc-port", "--rest-port", "--data-dir", "--project", "--bigquery-endpoint"):
        assert option in told


def test_command_explains_directory_and_ports_in_use(
    start_process: Callable[..., Process], tmp_path: Path
) -> None:
    service = start_process()
    assert "another process is using it" in refusal("--data-dir", tmp_path / "state")
    for option, port in (("--grpc-port", service.grpc_port), ("--rest-port", service.rest_port)):
        said = refusal("--data-dir", tmp_path / "other", option, str(port))
        assert f"cannot bind 127.0.0.1:{port}" in said


def test_command_explains_invalid_options(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "file" in refusal("--data-dir", tmp_path / "file")
    assert "'70000' is not a port" in refusal("--data-dir", tmp_path, "--rest-port", "70000")
    endpoint = refusal("--data-dir", tmp_path, "--bigquery-endpoint", "localhost:9050")
    assert "is not of the form http://host:port" in endpoint


def test_package_imports_little_of_the_project() -> None:
    listing = (
        "import sys, wattif_dagster.local_cloud.dataplex.server; "
        "print(*(m for m in sys.modules if m.startswith(('wattif_dagster', 'dagster'))))"
    )
    printed = subprocess.run(
        [sys.executable, "-c", listing], capture_output=True, text=True, check=True
    ).stdout
    own = "wattif_dagster.local_cloud.dataplex"
    strangers = [name for name in printed.split() if not name.startswith(own)]
    assert sorted(strangers) == [
        "wattif_dagster",
        "wattif_dagster.local_cloud",
        "wattif_dagster.scan_rules",
        "wattif_dagster.student_t",
    ]
