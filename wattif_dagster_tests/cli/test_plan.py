"""`wattif plan`: what it prints and writes, without any cloud."""

from pathlib import Path

import orjson

from wattif_dagster.planning.prices import DEFAULT_PRICES
from wattif_dagster.settings import Settings
from wattif_dagster_tests.cli.conftest import Run

NOWHERE = {"WATTIF_HOME": "plan-home"}


def test_plan_prints_and_writes_figures_by_your_prices(
    wattif: Run, settings: Settings, tmp_path: Path
):
    text = DEFAULT_PRICES.read_text().replace("query_tib: 6.25", "query_tib: 1000")
    (tmp_path / "mine.yaml").write_text(text.replace("USD", "EUR"))
    million = ("--meters", "1000000", "--days", "3", "--interval-seconds", "60", "--uplink", "1000")
    files = ("--prices", "mine.yaml", "--json", "plan.json")
    done = wattif("plan", *million, *files, **NOWHERE)
    assert done.returncode == 0, done.stderr
    figures = orjson.loads((tmp_path / "plan.json").read_bytes())
    size, cost = figures["size"], figures["cost"]
    assert size["meter_days"] == 3 * 1_000_000 + 3
    assert size["objects"] == 3 * 100_000 + 2
    assert size["rows"] == 1440 * size["meter_days"]
    assert figures["load_jobs"] == 9
    assert figures["prices"]["currency"] == "EUR"
    assert cost["queries"] > 100
    assert figures["upload_seconds"] == size["stored_bytes"] * 8 / 1e9
    assert f"{size['objects']:,}, 100,001 a day at most" in done.stdout
    assert "Time in BigQuery, Dataplex and Dagster is not included." in done.stdout
    assert f"{cost['queries']:,.2f}" in done.stdout
    assert "The prices in mine.yaml are of 2025-08-11. Check them." in done.stdout
    assert f"Note: {figures['warnings'][0]}" in done.stdout
    assert "WATTIF_INGEST__METERS_PER_OBJECT=101" in figures["warnings"][0]
    assert list((settings.home / "spool").iterdir()) == []


def test_fleet_with_too_many_meters_is_one_sentence(wattif: Run):
    done = wattif("plan", "--meters", "40000000", **NOWHERE)
    assert done.returncode == 1
    assert (
        "WATTIF_SIMULATION__METERS: Input should be less than or equal to 31000000" in done.stderr
    )
    assert "Traceback" not in done.stderr


def test_plan_by_asset_prints_and_writes_each_assets_day(wattif: Run, tmp_path: Path):
    done = wattif("plan", "--by-asset", "--meters", "20", "--json", "days.json", **NOWHERE)
    assert done.returncode == 0, done.stderr
    days = orjson.loads((tmp_path / "days.json").read_bytes())["assets"]
    (raw,) = (day for day in days if day["asset"] == "raw_readings")
    assert raw["amounts"]["class_a"] == 2 + 4
    lines = done.stdout.splitlines()
    assert lines[0].startswith("A day of 20 meters, readings of 900 s, none compression, after ")
    assert [line.split()[0] for line in lines[3:-1]] == [*(day["asset"] for day in days), "total"]
    (printed,) = (line.split() for line in lines if line.startswith("raw_readings "))
    assert printed[1:4] == ["10", "0", "B"]
    assert not any(line.endswith(" ") for line in lines)


def test_plan_by_asset_has_no_days_and_no_times(wattif: Run):
    for option in ("--days", "--uplink"):
        done = wattif("plan", "--by-asset", option, "3", **NOWHERE)
        assert done.returncode == 1
        assert done.stderr == (
            "wattif: --by-asset is about one day and says no times. "
            "Leave out --days and --uplink.\n"
        )
