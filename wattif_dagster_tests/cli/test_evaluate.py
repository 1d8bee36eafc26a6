"""`wattif evaluate`: what it refuses, and one run from files through the real detector."""

from pathlib import Path

import numpy as np
import orjson
import pyarrow.parquet as pq
import pytest

from wattif_dagster.evaluation.hours import Hours
from wattif_dagster.metering.anomalies.titles import title_kind
from wattif_dagster.settings import Settings
from wattif_dagster_tests.cli.conftest import Run


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--labels", "labels.csv"), "--labels are those of a file. Give it with --hourly."),
        (
            ("--hourly", "hours.parquet", "--labels", "labels.csv", "--share", "0.1"),
            "--labels say what is wrong. Leave out --share and --seeds.",
        ),
    ],
)
def test_evaluate_refuses_options_that_disagree(
    wattif: Run, tmp_path: Path, words: tuple[str, ...], says: str
):
    write_hours(tmp_path)
    done = wattif("evaluate", *words)
    assert done.returncode == 1
    assert done.stderr.strip() == f"wattif: {says}"


def test_unreadable_file_starts_nothing(wattif: Run, settings: Settings):
    done = wattif("evaluate", "--hourly", "none.parquet", "--labels", "none.csv")
    assert done.returncode == 1
    assert "none.parquet cannot be read" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (settings.home / "evaluation").exists()


def write_hours(folder: Path) -> None:
    kilowatts = np.random.default_rng(1).uniform(0.2, 0.6, (3, 24 * 8))
    count = np.full(kilowatts.shape, 4)
    count[1, -3:] = 0
    hours = Hours(
        ["attic", "barn", "7"],
        np.datetime64("2023-05-01T00", "h"),
        *(kilowatts, kilowatts * 1.5, kilowatts / 2),
        count,
    )
    pq.write_table(hours.table(), folder / "hours.parquet")


@pytest.mark.slow
def test_hours_of_a_file_are_scored(wattif: Run, local_cloud_home: Path, tmp_path: Path):
    write_hours(tmp_path)
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


@pytest.mark.slow
def test_evaluate_injects_into_a_file_without_labels(
    wattif: Run, local_cloud_home: Path, tmp_path: Path
):
    write_hours(tmp_path)
    words = ("--hourly", "hours.parquet", "--share", "1", "--seeds", "2", "--json", "figures.json")
    done = wattif("evaluate", *words, WATTIF_HOME=str(local_cloud_home))
    assert done.returncode == 0, done.stderr
    figures = orjson.loads((tmp_path / "figures.json").read_bytes())["layered"]
    assert [seed["meters"] for seed in figures["seeds"]] == [3, 3]
    assert any(seed["bad_meters"] for seed in figures["seeds"])
    kinds = {kind for seed in figures["seeds"] for kind in seed["kinds"]}
    assert set(figures["recall_by_kind"]) == kinds
    for kind in kinds:
        assert title_kind(kind) in done.stdout
    for words in ("VUS-PR", "precision at k", "by behaviour"):
        assert words in done.stdout
