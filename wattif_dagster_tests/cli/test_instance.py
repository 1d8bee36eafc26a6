"""The Dagster home of a command: what is made, what is left alone, and what is refused."""

from pathlib import Path

import pytest

from wattif_dagster.cli.instance import ensure_dagster_home
from wattif_dagster_tests.support.in_process import run_in_process


@pytest.fixture(autouse=True)
def _unset_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    """DAGSTER_HOME, which the code sets; it is empty before, as good as unset."""
    monkeypatch.setenv("DAGSTER_HOME", "")


def test_an_edited_dagster_yaml_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    folder = ensure_dagster_home(tmp_path)
    assert folder == tmp_path / "dagster"
    config = folder / "dagster.yaml"
    assert "concurrency:" in config.read_text()
    config.write_text("telemetry: {enabled: false}")
    monkeypatch.setenv("DAGSTER_HOME", "")
    assert ensure_dagster_home(tmp_path) == folder
    assert config.read_text() == "telemetry: {enabled: false}"
    assert list(folder.iterdir()) == [config]


def test_one_that_is_set_is_left_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    assert ensure_dagster_home(tmp_path / "home") == tmp_path
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({"DAGSTER_HOME": "relative"}, "DAGSTER_HOME=relative is not the absolute path of a"),
        ({"DAGSTER_HOME": "/nonexistent"}, "DAGSTER_HOME=/nonexistent is not the absolute path"),
        ({"WATTIF_HOME": "/dev/null/x"}, "/dev/null/x/dagster cannot be made (Not a directory); "),
    ],
)
def test_a_folder_that_cannot_be_used_gets_one_sentence(
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
def test_a_dagster_yaml_that_makes_no_sense_gets_one_sentence(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], text: str
):
    (tmp_path / "dagster.yaml").write_text(text)
    environment = {"DAGSTER_HOME": str(tmp_path)}
    done = run_in_process(("wattif", "runs"), environment, tmp_path, capfd)
    assert done.returncode == 1
    (said,) = done.stderr.splitlines()
    assert said.startswith(f"wattif: Dagster cannot use {tmp_path}: ")
    assert said.endswith("; mend its dagster.yaml, or set DAGSTER_HOME to another folder")


def test_a_folder_that_dagster_cannot_write_to_gets_one_sentence(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
):
    (tmp_path / "history").write_text("is no folder")
    environment = {"DAGSTER_HOME": str(tmp_path)}
    done = run_in_process(("wattif", "runs"), environment, tmp_path, capfd)
    assert done.returncode == 1
    (said,) = done.stderr.splitlines()
    assert said.startswith(f"wattif: Dagster cannot use {tmp_path}: ")
