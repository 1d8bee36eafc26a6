"""`wattif import`: what it says, and that the graph goes on from it."""

import gzip
from importlib.resources import files
from pathlib import Path

import pytest

from wattif_dagster.settings import Endpoints, Settings
from wattif_dagster_tests.cli.conftest import Run
from wattif_dagster_tests.support.runs import make_resources

FILES = {"WATTIF_SOURCE__KIND": "files", "WATTIF_SOURCE__FIRST_DAY": "2024-01-01"}
DAYS = ("--start", "2024-01-01", "--end", "2024-01-02")
SELECT = ("--select", "meter_registry,raw_readings,meter_readings,hourly_consumption,meter_days")


@pytest.fixture
def wattif(wattif: Run, local_cloud_home: Path, local_cloud: Endpoints, tmp_path: Path) -> Run:
    """Run the command on the session's local cloud, with a Dagster home of the test's own."""
    assert local_cloud.gcs
    home = tmp_path / "dagster"
    home.mkdir()
    dagster_yaml = (files("wattif_dagster") / "dagster.yaml").read_bytes()
    (home / "dagster.yaml").write_bytes(dagster_yaml)
    homes = {"WATTIF_HOME": str(local_cloud_home), "DAGSTER_HOME": str(home)}
    return lambda *words, **more: wattif(*words, **homes, **more)


def write_file(folder: Path, *rows: str) -> str:
    (folder / "readings.csv").write_text("serial,time,kwh\n" + "".join(f"{row}\n" for row in rows))
    return "readings.csv"


def list_hours(serial: str, day: str, hours: int = 24) -> list[str]:
    return [f"{serial},{day} {n:02}:00,0.{n:03}" for n in range(hours)]


def test_dry_run_tells_the_settings(wattif: Run, tmp_path: Path) -> None:
    file = write_file(tmp_path, *list_hours("A", "2023-12-31", 3), "A,2023-02-30,1")
    said = wattif("import", "--dry-run", file)
    assert said.returncode == 0, said.stderr
    assert " readings read            4 " in said.stdout
    assert "1 time: The timestamp is not a time. First: readings.csv, row 5" in said.stdout
    assert said.stdout.endswith(
        "  WATTIF_SOURCE__KIND=files\n  WATTIF_SOURCE__FIRST_DAY=2023-12-31\n"
    )


def test_simulated_fleet_takes_no_import(wattif: Run, tmp_path: Path) -> None:
    said = wattif("import", write_file(tmp_path, *list_hours("A", "2024-01-01")))
    assert said.returncode == 1
    assert said.stderr == (
        "wattif: The readings are simulated. To import your own, set WATTIF_SOURCE__KIND=files and "
        "WATTIF_SOURCE__FIRST_DAY, which `wattif import --dry-run FILE` tells.\n"
    )


def test_import_and_simulation_do_not_share_a_bucket(
    wattif: Run, tmp_path: Path, settings: Settings
) -> None:
    make_resources(settings)
    file = write_file(tmp_path, *list_hours("A", "2024-01-01"))
    assert wattif("generate", "--start", "2024-01-01", "--end", "2024-01-01").returncode == 0
    refused = wattif("import", file, **FILES)
    assert "holds a simulated fleet, and imported readings do not mix with it" in refused.stderr


def test_generate_and_demo_refuse_imported_readings(wattif: Run) -> None:
    generate = wattif("generate", "--start", "2024-01-01", "--end", "2024-01-01", **FILES)
    assert "has imported readings, so none are generated" in generate.stderr
    assert "The demo simulates a fleet" in wattif("demo", **FILES).stderr
    replace = wattif("backfill", *DAYS, "--replace", **FILES)
    assert "--replace is for simulated fleets" in replace.stderr


def test_days_before_the_first_are_refused(wattif: Run, tmp_path: Path) -> None:
    file = write_file(tmp_path, *list_hours("A", "2023-12-31"))
    refused = wattif("import", file, **FILES)
    assert refused.stderr.splitlines()[-1] == (
        "wattif: The readings begin on 2023-12-31, before WATTIF_SOURCE__FIRST_DAY=2024-01-01. "
        "Set it to 2023-12-31. Nothing was landed."
    )


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", b"", "a.csv is empty."),
        ("a.csv", b"a,b\n1,2\n", "No column of a.csv is known to be the serial."),
        (
            "a.csv.gz",
            gzip.compress(b"serial,time,kwh\n" * 99, mtime=0)[:-9],
            "only a part of a gzip file",
        ),
    ],
)
def test_file_that_is_none_is_one_sentence(
    wattif: Run, tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    (tmp_path / name).write_bytes(content)
    refused = wattif("import", name, "--dry-run")
    assert refused.returncode == 1
    assert said in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize(
    ("words", "timezone", "first_day"),
    [
        ((), "UTC", "2024-01-01"),
        ((), "Europe/Berlin", "2023-12-31"),
        (("--timezone", "UTC"), "Europe/Berlin", "2024-01-01"),
    ],
)
def test_local_times_are_of_the_homes_time_zone(
    wattif: Run, tmp_path: Path, words: tuple[str, ...], timezone: str, first_day: str
) -> None:
    """Midnight in Berlin is 23:00 of the day before."""
    file = write_file(tmp_path, *list_hours("A", "2024-01-01", 3))
    said = wattif("import", "--dry-run", *words, file, WATTIF_TIMEZONE=timezone)
    assert said.stdout.endswith(f"  WATTIF_SOURCE__FIRST_DAY={first_day}\n"), said.stderr


def test_unknown_time_zone_is_one_sentence(wattif: Run, tmp_path: Path) -> None:
    refused = wattif("import", write_file(tmp_path), "--timezone", "Mars")
    assert refused.stderr == (
        "wattif: There is no time zone 'Mars'. Use an IANA name such as Europe/Berlin or UTC.\n"
    )


def test_backfill_remakes_what_an_import_changes(wattif: Run, tmp_path: Path) -> None:
    rows = [row for day in ("01", "02") for row in list_hours("$a_$ O'Brien", f"2024-01-{day}")]
    first = wattif("import", write_file(tmp_path, *rows), **FILES)
    assert "2 of 2 days changed and were landed." in first.stdout
    assert "wattif backfill --start 2024-01-01 --end 2024-01-02" in first.stdout
    made = wattif("backfill", *DAYS, *SELECT, **FILES)
    assert made.returncode == 0, made.stderr
    nothing = wattif("backfill", *DAYS, *SELECT, **FILES)
    assert "Nothing to do" in nothing.stdout
    wattif("import", write_file(tmp_path, "$a_$ O'Brien,2024-01-02 05:00,9"), **FILES)
    plan = wattif("backfill", *DAYS, *SELECT, "--dry-run", **FILES)
    assert "4 of 10 partitions to make (4 stale), in 1 runs" in plan.stderr
    again = wattif("backfill", *DAYS, *SELECT, **FILES)
    assert again.returncode == 0, again.stderr
    verified = wattif("verify", *DAYS, **FILES)
    assert [line.split()[1] for line in verified.stdout.splitlines()[:2]] == ["agrees"] * 2


def test_new_meter_makes_later_fleets_stale(wattif: Run, tmp_path: Path) -> None:
    rows = [row for day in ("01", "02") for row in list_hours("A", f"2024-01-{day}")]
    wattif("import", write_file(tmp_path, *rows), **FILES)
    registry = ("--select", "meter_registry")
    assert wattif("backfill", *DAYS, *registry, **FILES).returncode == 0
    wattif("import", write_file(tmp_path, *list_hours("B", "2024-01-01")), **FILES)
    plan = wattif("backfill", *DAYS, *registry, "--dry-run", **FILES)
    assert "2 of 2 partitions to make (2 stale)" in plan.stderr


def test_day_without_an_import_is_one_sentence(wattif: Run) -> None:
    failed = wattif("backfill", *DAYS, "--select", "raw_readings", **FILES)
    assert failed.returncode == 1
    assert "No readings of 2024-01-01 were imported into" in failed.stderr
