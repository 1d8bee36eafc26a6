"""`wattif realism`: its verdict and exit code, its files, and what it refuses."""

import re
from datetime import date
from io import BytesIO
from pathlib import Path

import orjson
import pytest
from PIL import Image

from wattif_dagster.metering.fleet import first_fleet
from wattif_dagster.metering.household.realism import half_hours, realism
from wattif_dagster.metering.simulation import Simulation
from wattif_dagster.settings import Settings
from wattif_dagster_tests.cli.conftest import Run

BERLIN = {"WATTIF_TIMEZONE": "Europe/Berlin"}
FEW = ("--meters", "100", "--days", "8")
SURGE = {
    "WATTIF_SIMULATION__INCIDENT": "surge",
    "WATTIF_SIMULATION__INCIDENT_DATE": "2024-01-10",
    "WATTIF_SIMULATION__INCIDENT_START_HOUR": "18",
    "WATTIF_SIMULATION__INCIDENT_SHARE": "1",
}


def verdicts(text: str) -> list[str]:
    return re.findall(r"^(inside|OUTSIDE) .+: .+; bounds .+; reference: .+$", text, re.M)


def test_simulated_homes_are_inside_all_bounds(wattif: Run, settings: Settings, tmp_path: Path):
    done = wattif("realism", "--picture", "week.png")
    assert done.returncode == 0, done.stdout + done.stderr
    assert verdicts(done.stdout) == ["inside"] * 18
    assert "All 18 statistics are inside their bounds." in done.stdout
    assert done.stderr == "days simulated 28/28\n"
    assert Image.open(tmp_path / "week.png").size == (900, 720)
    assert not (settings.home / "realism.png").exists()


@pytest.mark.parametrize("preset", ["restless", "electric", "solar"])
def test_other_presets_are_inside_all_bounds(wattif: Run, preset: str):
    done = wattif("realism", "--homes", preset, "--picture", "week.png", **BERLIN)
    assert done.returncode == 0, done.stdout + done.stderr
    assert verdicts(done.stdout) == ["inside"] * 9
    assert "All 9 statistics are inside their bounds." in done.stdout


def test_statistic_outside_of_its_bounds_fails(wattif: Run):
    done = wattif("realism", **SURGE)
    assert done.returncode == 1
    outside = verdicts(done.stdout).count("OUTSIDE")
    assert outside > 0
    assert f"{outside} of 18 statistics are outside of their bounds." in done.stdout


def test_few_homes_get_no_verdict(wattif: Run):
    done = wattif("realism", *FEW, **SURGE)
    assert done.returncode == 0
    assert "OUTSIDE" in verdicts(done.stdout)
    assert "No verdict: the bounds are meant for 1,000 or more homes" in done.stdout


def test_figures_and_plot_are_those_of_the_fleet(wattif: Run, settings: Settings, tmp_path: Path):
    done = wattif("realism", *FEW, "--first", "2024-07-01", "--json", "figures.json")
    assert done.returncode == 0, done.stderr
    assert f"plot  {settings.home / 'realism.png'}" in done.stdout
    assert Image.open(BytesIO((settings.home / "realism.png").read_bytes())).format == "PNG"
    figures = orjson.loads((tmp_path / "figures.json").read_bytes())
    statistics = figures.pop("statistics")
    assert figures == {
        "homes": "calm",
        "meters": 100,
        "first": "2024-07-01",
        "days": 8,
        "judged": False,
    }
    first = date(2024, 7, 1)
    simulation = Simulation(load="household", meters=100)
    found = realism(half_hours(simulation, first_fleet(simulation).serials, first, 8), first)
    assert {s["name"]: s["value"] for s in statistics} == {s.name: s.value for s in found}
    assert [s["holds"] for s in statistics] == [s.holds for s in found]
    assert statistics[8]["high"] is None


def test_terminal_gets_a_table(wattif: Run):
    done = wattif("realism", *FEW, TTY_COMPATIBLE="1", NO_COLOR="1", COLUMNS="160")
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", done.stdout)
    assert re.search(r"^ statistic +value +bounds +reference", text, re.M)
    assert re.search(r"^ skewness of hours +[\d.]+ +1\.5 or more +inside +this", text, re.M)
    assert verdicts(text) == []


def test_days_outside_of_the_calendar_are_refused(wattif: Run):
    done = wattif("realism", *FEW, "--first", "9999-12-30")
    assert done.returncode == 1
    assert "wattif: 8 days from 9999-12-30 leave the calendar. Choose another" in done.stderr
    assert "Traceback" not in done.stderr


def test_unwritable_file_is_refused_before_the_work(wattif: Run):
    done = wattif("realism", "--json", "nowhere/figures.json")
    assert done.returncode == 2
    assert "nowhere/figures.json cannot be written (No such file or directory)" in done.stderr
    assert "days simulated" not in done.stderr


def test_homes_out_of_range_are_refused(wattif: Run):
    done = wattif("realism", "--meters", "99999")
    assert done.returncode == 1
    assert done.stderr.startswith("wattif: --meters 99999 is out of range. Use ")
