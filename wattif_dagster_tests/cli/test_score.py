"""`wattif score`: what it refuses, and runs over a file and over landed days."""

import csv
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow.csv as arrow_csv
import pyarrow.parquet as pq
import pytest

from wattif_dagster.evaluation.hours import Hours
from wattif_dagster.scoring.output import FLAGGED_COLUMNS
from wattif_dagster.settings import Settings
from wattif_dagster_tests.cli.conftest import Run
from wattif_dagster_tests.support.runs import make_resources
from wattif_dagster_tests.support.warehouse import MakeWarehouse

METERS, DAYS = 15, 24
TENFOLD, SILENT, YOUNG = "home 02", "home 05", "home 14"


def make_hours() -> Hours:
    """Homes with an evening peak; two of them go wrong on the last day, one is new."""
    rng = np.random.default_rng(1)
    shape = 0.3 + 0.2 * (np.arange(24 * DAYS) % 24 >= 18)
    kilowatts = shape * rng.uniform(0.8, 1.2, (METERS, 24 * DAYS))
    kilowatts[2, -24:] *= 10
    count = np.full(kilowatts.shape, 4)
    count[5, -12:] = count[14, : -24 * 3] = 0
    serials = [f"home {n:02d}" for n in range(METERS)]
    start = np.datetime64("2023-05-01T00", "h")
    return Hours(serials, start, kilowatts, kilowatts * 1.2, kilowatts * 0.8, count)


def read_flagged(out: Path) -> dict[str, dict[str, str]]:
    with (out / "flagged_meters.csv").open(encoding="utf-8", newline="") as file:
        return {row["serial"]: row for row in csv.DictReader(file)}


@pytest.mark.slow
def test_meters_of_a_file_are_scored(wattif: Run, local_cloud_home: Path, tmp_path: Path):
    arrow_csv.write_csv(make_hours().table(), tmp_path / "hours.csv")
    words = ("--hourly", "hours.csv", "--out", "found", "--days", "17")
    done = wattif("score", *words, WATTIF_HOME=str(local_cloud_home))
    assert done.returncode == 0, done.stderr
    assert "17 days of 15 meters are scored, 2023-05-08 to 2023-05-24, of 24 days." in done.stdout
    assert "16 of them are provisional: fewer than 42 days lie before them" in done.stdout
    assert "1 of them are judged by the rules alone" in done.stdout
    assert "1 meters have fewer than 7 days of history" in done.stdout
    assert "file read" in done.stderr
    assert "days 24/24" in done.stderr

    scores = pq.read_table(tmp_path / "found" / "anomaly_scores.parquet").to_pylist()
    hours = {(row["serial"], row["time_hour_rolled"]) for row in scores}
    assert len(hours) == len(scores) == 24 * (14 * 17 + 3)
    assert all(row["provisional"] for row in scores)
    assert any(row["lower"] and row["lower"] < row["avg_kw"] < row["upper"] for row in scores)

    flagged = read_flagged(tmp_path / "found")
    assert tuple(next(iter(flagged.values()))) == FLAGGED_COLUMNS
    assert "an hour is higher than expected" in flagged[TENFOLD]["reasons"]
    assert flagged[TENFOLD]["first_flagged"] >= "2023-05-24"
    assert flagged[SILENT]["reasons"] == "readings are missing (12 h)"
    assert flagged[SILENT]["hours_by_rules"] == "12"
    assert YOUNG not in flagged
    picture = (tmp_path / "found" / "worst_meters.png").read_bytes()
    assert picture.startswith(b"\x89PNG")
    assert f"{TENFOLD}: " in done.stdout


@pytest.mark.slow
def test_landed_days_are_scored(
    wattif: Run, settings: Settings, local_cloud_home: Path, tmp_path: Path
):
    make_resources(settings)["wattif_gcs"].ensure_bucket()
    home = {"WATTIF_HOME": str(local_cloud_home)}
    done = wattif("generate", "--start", "2024-01-01", "--end", "2024-01-03", **home)
    assert done.returncode == 0, done.stderr
    done = wattif("score", "--out", "found", **home)
    assert done.returncode == 0, done.stderr
    assert "3 days of 9 meters are scored, 2024-01-01 to 2024-01-03, of 3 days." in done.stdout
    assert "Readings in a complete hour: 4." in done.stdout
    assert "3 of them are judged by the rules alone" in done.stdout
    scores = pq.read_table(tmp_path / "found" / "anomaly_scores.parquet")
    assert scores["avg_kw"].null_count < len(scores)
    assert read_flagged(tmp_path / "found").keys() <= set(scores["serial"].to_pylist())


@pytest.mark.parametrize("text", ["serial,avg_kw\na,1\n", "a\tb\n\x00"])
def test_score_of_an_unusable_file_starts_nothing(wattif: Run, tmp_path: Path, text: str):
    (tmp_path / "hours.csv").write_text(text)
    done = wattif("score", "--hourly", "hours.csv", "--out", "found")
    assert done.returncode == 1
    assert done.stderr.startswith("wattif: hours.csv ")
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "found").exists()


def test_score_refuses_a_folder_that_is_a_file(wattif: Run, tmp_path: Path):
    pq.write_table(make_hours().table(), tmp_path / "hours.parquet")
    (tmp_path / "found").mkdir()
    (tmp_path / "found" / "flagged_meters.csv").mkdir()
    done = wattif("score", "--hourly", "hours.parquet", "--out", "found")
    assert done.returncode == 1
    assert "found/flagged_meters.csv cannot be written" in done.stderr
    assert done.stderr.strip().endswith("Choose another --out.")


def test_score_of_an_empty_bucket_says_so(wattif: Run, local_cloud_home: Path):
    done = wattif("score", "--out", "found", WATTIF_HOME=str(local_cloud_home))
    assert done.returncode == 1
    assert "has no day. Land some with `wattif import` or `wattif generate`" in done.stderr


def test_landed_days_of_two_intervals_are_refused(
    wattif: Run, local_cloud_home: Path, make_warehouse: MakeWarehouse
):
    make_warehouse(interval_seconds=900).land(date(2024, 1, 1))
    make_warehouse(interval_seconds=1800).land(date(2024, 1, 2))
    done = wattif("score", "--out", "found", WATTIF_HOME=str(local_cloud_home))
    assert done.returncode == 1
    assert "2024-01-01 has readings of 900 seconds and 2024-01-02 of 1800." in done.stderr
