"""The Dagster home of a command: what is made, what is left alone, and what is refused."""

import subprocess
import sys
from pathlib import Path

import pytest

from wattif_dagster.cli.instance import ensure_dagster_home
from wattif_dagster_tests.support.in_process import run_in_process


@pytest.fixture(autouse=True)
def _unset_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    """DAGSTER_HOME, which the code sets; it is empty before, as good as unset."""
    monkeypatch.setenv("DAGSTER_HOME", "")


def test_edited_dagster_yaml_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    folder = ensure_dagster_home(tmp_path)
    assert folder == tmp_path / "dagster"
    config = folder / "dagster.yaml"
    assert "concurrency:" in config.read_text()
    config.write_text("telemetry: {enabled: false}")
    monkeypatch.setenv("DAGSTER_HOME", "")
    assert ensure_dagster_home(tmp_path) == folder
    assert config.read_text() == "telemetry: {enabled: false}"
    assert list(folder.iterdir()) == [config]


def test_dagster_home_that_is_set_is_left_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    assert ensure_dagster_home(tmp_path / "home") == tmp_path
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({"DAGSTER_HOME": "relative"}, "DAGSTER_HOME=relative is not the absolute path of a"),
        ({"DAGSTER_HOME": "/nonexistent"}, "DAGSTER_HOME=/nonexistent is not the absolute path"),
        ({"WATTIF_HOME": "/dev/null/x"}, "/dev/null/x/dagster cannot be made (Not a directory). "),
    ],
)
def test_unusable_folder_is_one_sentence(
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    environment: dict[str, str],
    sentence: str,
):
    (tmp_path / "relative").mkdir()
    done = run_in_process(("wattif", "runs"), environment, tmp_path, capfd)
    assert done.returncode == 1
    (said,) = done.stderr.splitlines()
    assert said.startswith(f"wattif: {sentence}")


@pytest.mark.parametrize("text", ["telemtry: {}", "telemetry: [", "- telemetry"])
def test_bad_dagster_yaml_is_one_sentence(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], text: str
):
    (tmp_path / "dagster.yaml").write_text(text)
    environment = {"DAGSTER_HOME": str(tmp_path)}
    done = run_in_process(("wattif", "runs"), environment, tmp_path, capfd)
    assert done.returncode == 1
    (said,) = done.stderr.splitlines()
    assert said.startswith(f"wattif: Dagster cannot use {tmp_path}: ")
    assert "Fix its dagster.yaml, or set DAGSTER_HOME to another folder." in said


def test_folder_that_dagster_cannot_write_to_is_one_sentence(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
):
    (tmp_path / "history").write_text("is no folder")
    environment = {"DAGSTER_HOME": str(tmp_path)}
    done = run_in_process(("wattif", "runs"), environment, tmp_path, capfd)
    assert done.returncode == 1
    (said,) = done.stderr.splitlines()
    assert said.startswith(f"wattif: Dagster cannot use {tmp_path}: ")


def test_damaged_database_is_one_sentence_with_a_way_out(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
):
    (tmp_path / "dagster.yaml").write_text("telemetry: {enabled: false}")
    (tmp_path / "history").mkdir()
    (tmp_path / "history" / "runs.db").write_bytes(b"SQLite format 3\0 and then garbage" * 100)
    done = run_in_process(("wattif", "runs"), {"DAGSTER_HOME": str(tmp_path)}, tmp_path, capfd)
    assert done.returncode == 1
    (said,) = done.stderr.splitlines()
    assert said.startswith(f"wattif: Dagster cannot use {tmp_path}: ")
    assert said.endswith("remove the folder: the history of runs is lost, and no data.")


@pytest.mark.parametrize("name", ["a%20b", "job%2Ffeature", "a?b", "a#b"])
def test_path_that_sqlite_takes_for_a_url_is_refused(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], name: str
):
    folder = tmp_path / name
    folder.mkdir()
    done = run_in_process(("wattif", "runs"), {}, folder, capfd)
    assert done.returncode == 1
    (said,) = done.stderr.splitlines()
    assert said.startswith(f"wattif: Dagster cannot use {folder}/.wattif/dagster, because of ")


def test_plain_percent_in_the_path_works(tmp_path: Path, capfd: pytest.CaptureFixture[str]):
    folder = tmp_path / "100%"
    folder.mkdir()
    assert run_in_process(("wattif", "runs"), {}, folder, capfd).returncode == 0


@pytest.mark.slow
def test_first_commands_of_a_home_can_run_at_once(tmp_path: Path):
    wattif = Path(sys.executable).with_name("wattif")
    commands = [
        subprocess.Popen(
            [wattif, "runs"], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for _ in range(3)
    ]
    for command in commands:
        _, stderr = command.communicate(timeout=120)
        assert command.returncode == 0, stderr
