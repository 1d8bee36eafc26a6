"""`wattif evaluate`: what it refuses, and one run from files through the real detector."""

from pathlib import Path

import numpy as np
import orjson
import pyarrow.parquet as pq
import pytest

from wattif_dagster.evaluation.hours import Hours
from wattif_dagster.settings import Settings
from wattif_dagster_tests.cli.conftest import Run


def test_hourly_and_labels_belong_together(wattif: Run):
    done = wattif("evaluate", "--hourly", "hours.parquet")
    assert done.returncode == 1
    assert (
        done.stderr.strip() == "wattif: --hourly and --labels belong together. Give both or none."
    )


def test_unreadable_file_starts_nothing(wattif: Run, settings: Settings):
    done = wattif("evaluate", "--hourly", "none.parquet", "--labels", "none.csv")
    assert done.returncode == 1
    assert "none.parquet cannot be read" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (settings.home / "evaluation").exists()


@pytest.mark.slow
def test_hours_of_a_file_are_scored(wattif: Run, local_cloud_home: Path, tmp_path: Path):
    kilowatts = np.random.default_rng(1).uniform(0.2, 0.6, (3, 24 * 8))
    count = np.full(kilowatts.shape, 4)
    count[1, -3:] = 0
    hours = Hours(
        ["attic", "barn", "7"],
        np.datetime64("2023-05-01T00", "h"),
        *(kilowatts, kilowatts * 1.5, kilowatts / 2),
        count,
    )
    pq.write_table(hours.table(), tmp_path / "hours.parquet")
    (tmp_path / "labels.csv").write_text(
        "serial,kind,starts_at,ends_at\nbarn,silent,2023-05-08T21:00:00Z,2023-05-09T00:00:00Z\n"
    )
    files = ("--hourly", "hours.parquet", "--labels", "labels.csv", "--json", "figures.json")
    done = wattif("evaluate", *files, WATTIF_HOME=str(local_cloud_home))
    assert done.returncode == 0, done.stderr
    figures = orjson.loads((tmp_path / "figures.json").read_bytes())
    assert figures["layered"]["recall_by_kind"] == {"silent": {"mean": 1, "worst": 1}}
    assert figures["layered"]["seeds"][0]["touched_hours"] == 3
    assert {"seasonal-naive", "IsolationForest"} < set(figures)
    plots = (local_cloud_home / "evaluation" / "files").glob("*.png")
    assert {plot.name for plot in plots} == {"misses.png", "quality.png"}
