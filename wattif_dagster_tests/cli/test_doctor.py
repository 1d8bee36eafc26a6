"""`wattif doctor`: what it prints, and what its exit code says."""

from pathlib import Path

import pytest

from wattif_dagster.cli import doctor
from wattif_dagster.doctor import rest
from wattif_dagster.local_cloud.ports import free_ports
from wattif_dagster_tests.cli.conftest import Run
from wattif_dagster_tests.support.google_apis import PROJECT, TOKEN, serve_google_apis
from wattif_dagster_tests.support.services import write_key_file


@pytest.fixture(autouse=True)
def _free_ui_port(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever serves the real one."""
    monkeypatch.setattr(doctor, "UI_PORT", free_ports({"ui": None})["ui"])


def test_doctor_finds_the_running_local_cloud_fine(wattif: Run, local_cloud_home: Path) -> None:
    done = wattif("doctor", WATTIF_HOME=str(local_cloud_home))
    assert done.returncode == 0, done.stdout
    assert done.stdout.splitlines()[-1] == (
        "9 checks of the local cloud: 9 fine, 0 wrong, 0 not checked."
    )


def test_doctor_names_the_command_that_starts_services(wattif: Run, tmp_path: Path) -> None:
    done = wattif("doctor", WATTIF_HOME=str(tmp_path / "none"))
    assert done.returncode == 1
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith("gcs "))
    assert lines[first : first + 2] == [
        "gcs             wrong  It does not run.",
        "                wattif up",
    ]
    assert lines[-1] == "9 checks of the local cloud: 6 fine, 3 wrong, 0 not checked."


def test_doctor_asks_google_cloud(
    wattif: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with serve_google_apis() as apis:
        monkeypatch.setattr(rest, "ADDRESS", f"{apis.url}/{{service}}")
        on_google = {
            "WATTIF_TARGET": "gcp",
            "WATTIF_PROJECT": PROJECT,
            "WATTIF_BUCKET": "my-bucket",
            "WATTIF_DATASET": "wattif",
            "WATTIF_AUTH": "key_file",
            "WATTIF_KEY_FILE": str(write_key_file(tmp_path, f"{apis.url}/{TOKEN}")),
            # The library asks Google, in a thread, in which regions a key is valid: not from here.
            "HTTPS_PROXY": "http://127.0.0.1:1",
        }
        sound = wattif("doctor", **on_google)
        assert sound.returncode == 0, sound.stdout
        assert sound.stdout.splitlines()[-1] == (
            "19 checks of project my-project: 19 fine, 0 wrong, 0 not checked."
        )
        del apis.answers[TOKEN]
        refused = wattif("doctor", **on_google)
    assert refused.returncode == 1
    assert refused.stdout.splitlines()[-1] == (
        "19 checks of project my-project: 3 fine, 1 wrong, 15 not checked."
    )
    assert "not checked: mend this first: credentials" in refused.stdout
