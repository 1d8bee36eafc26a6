"""The fleet of `wattif demo`, and what it refuses before anything is started."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from wattif_dagster.cli.commands import demo
from wattif_dagster.cli.days import find_yesterday
from wattif_dagster.cli.demo_fleet import choose_fleet
from wattif_dagster.errors import UserError
from wattif_dagster_tests.support.settings import read_env_file


@pytest.fixture
def env_file(tmp_path: Path) -> Iterator[Path]:
    """The `.env` of a folder, which is not there yet."""
    with read_env_file(tmp_path / ".env"):
        yield tmp_path / ".env"


def test_new_fleet_ends_yesterday_with_an_incident(env_file: Path):
    settings, days = choose_fleet(None)
    assert days == [find_yesterday() - timedelta(days=n) for n in reversed(range(14))]
    assert settings.simulation.incident_date == str(days[-1])
    assert settings.simulation.first_day == days[0]
    assert f"WATTIF_SIMULATION__START_DATE={days[0]}\n" in env_file.read_text()


def test_anomalies_of_a_new_fleet_begin_within_its_days(env_file: Path):
    settings, days = choose_fleet(56)
    assert env_file.exists()
    assert len(days) == 56
    assert settings.simulation.anomaly_onset_day == 36


def test_fleet_that_is_kept_goes_on_to_yesterday(env_file: Path):
    began = find_yesterday() - timedelta(days=20)
    env_file.write_text(f"WATTIF_SIMULATION__START_DATE={began}\n")
    before = env_file.read_bytes()
    for count, expected in ((None, 21), (3, 3)):
        settings, days = choose_fleet(count)
        assert days == [began + timedelta(days=n) for n in range(expected)]
        assert settings.simulation.first_day == began
    assert env_file.read_bytes() == before


def test_what_is_set_already_stays(env_file: Path, monkeypatch: pytest.MonkeyPatch):
    env_file.write_text("OTHER=1\nWATTIF_SIMULATION__METERS=7")
    monkeypatch.setenv("WATTIF_SIMULATION__ANOMALY_SHARE", "0.125")
    settings, _ = choose_fleet(None)
    assert settings.simulation.meters == 7
    assert settings.simulation.anomaly_share == 0.125
    assert settings.simulation.load == "household"
    lines = env_file.read_text().splitlines()
    assert lines[:2] == ["OTHER=1", "WATTIF_SIMULATION__METERS=7"]
    names = [line.partition("=")[0] for line in lines]
    assert names.count("WATTIF_SIMULATION__METERS") == 1
    assert "WATTIF_SIMULATION__ANOMALY_SHARE" not in names


def test_given_start_needs_no_file(env_file: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("WATTIF_SIMULATION__START_DATE", "2024-01-01")
    assert choose_fleet(2)[1] == [date(2024, 1, 1), date(2024, 1, 2)]
    assert not env_file.exists()


def test_folder_that_cannot_be_written_is_a_sentence(tmp_path: Path):
    with read_env_file(tmp_path / "nowhere" / ".env"), pytest.raises(UserError) as refused:
        choose_fleet(None)
    assert "cannot be written (No such file or directory)" in str(refused.value)


def test_demo_of_future_days_starts_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WATTIF_SIMULATION__START_DATE", "2999-01-01")
    failed = CliRunner().invoke(demo).exception
    assert isinstance(failed, UserError)
    assert str(failed).startswith("The fleet's first day, 2999-01-01, must be in the past")
    assert list(tmp_path.iterdir()) == []
