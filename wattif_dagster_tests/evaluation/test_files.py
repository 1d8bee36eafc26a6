"""Hours and labels from files, whatever their meters are called; bad files get one sentence."""

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from wattif_dagster.errors import UserError
from wattif_dagster.evaluation.files import read_hours, read_labels
from wattif_dagster.evaluation.hours import Hours

HOURLY = "serial,time_hour_rolled,avg_kw,max_kw,min_kw,n_readings\n"
ROW = "007,2024-01-01T01:00:00Z,0.5,0.9,0.1,4\n"
LABELS = "serial,kind,starts_at,ends_at\n"


def write(folder: Path, text: str) -> Path:
    file = folder / "file.csv"
    file.write_text(text)
    return file


def test_csv_and_parquet_give_the_same_hours(tmp_path: Path):
    values = np.arange(1.0, 49.0).reshape(2, 24)
    count = np.full((2, 24), 4)
    start = np.datetime64("2024-01-01T00", "h")
    table = Hours(["00012", "home 2"], start, values, values, values, count).table()
    pq.write_table(table, tmp_path / "file.parquet")
    lines = (
        f"{row['serial']},{row['time_hour_rolled']:%Y-%m-%dT%H:%M:%SZ},"
        f"{row['avg_kw']},{row['max_kw']},{row['min_kw']},{row['n_readings']}"
        for row in table.to_pylist()
    )
    csv = write(tmp_path, HOURLY + "\n".join(lines) + "\n")
    for file in (csv, tmp_path / "file.parquet"):
        found = read_hours(file)
        assert found.serials == ["00012", "home 2"]
        assert found.start == start
        assert found.expected_readings == 4
        assert (found.avg_kw == values).all()
        assert (found.n_readings == count).all()


def test_missing_hour_has_no_readings(tmp_path: Path):
    hours = read_hours(write(tmp_path, HOURLY + ROW))
    assert hours.serials == ["007"]
    assert hours.n_readings[0].tolist() == [0, 4] + [0] * 22
    assert np.isnan(hours.avg_kw[0, 0])


def test_labels_without_touched_hours_touch_all_hours(tmp_path: Path):
    hours = read_hours(write(tmp_path, HOURLY + ROW))
    row = "007,leak,2024-01-01T03:30:00Z,2024-01-01T06:00:00Z\n"
    other = "unknown,leak,2024-01-01T03:30:00Z,2024-01-01T06:00:00Z\n"
    benign = "007,B4,2024-01-01T00:00:00Z,2024-01-01T02:00:00Z\n"
    truth = read_labels(write(tmp_path, LABELS + row + other + benign), hours)
    (episode,) = truth.episodes
    (change,) = truth.benign
    assert (change.kind, change.touched.tolist()) == ("B4", [0, 1])
    assert (episode.kind, episode.start, episode.end) == ("leak", 3, 6)
    assert episode.touched.tolist() == [3, 4, 5]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("serial,avg_kw\n1,2\n", "no column time_hour_rolled"),
        (HOURLY, "no rows"),
        (HOURLY + ROW + ROW, "two rows of the same serial and hour"),
        (HOURLY + ROW.replace("01:00", "01:30"), "not the start of an hour"),
        (HOURLY + ROW.replace("0.5", "much"), "cannot be read"),
        (HOURLY + ROW.replace("0.5", "nan"), "avg_kw"),
        (HOURLY + ROW.replace(",4", ",-4"), "n_readings"),
        (HOURLY + ROW.replace(",4", ",0"), "no positive n_readings"),
        (HOURLY + ROW.replace("007", "7" * 65), "longer than 64"),
        ("serial,time_hour_rolled\n1,2024-01-01T01:00:00Z\n", "consumption_hour_rolled"),
    ],
)
def test_wrong_file_is_refused_in_a_sentence(tmp_path: Path, text: str, says: str):
    with pytest.raises(UserError, match=says) as refused:
        read_hours(write(tmp_path, text))
    assert "\n" not in str(refused.value)


def test_missing_file_is_refused(tmp_path: Path):
    with pytest.raises(UserError, match="cannot be read"):
        read_hours(tmp_path / "none.parquet")


def test_touched_hours_must_be_a_list(tmp_path: Path):
    hours = read_hours(write(tmp_path, HOURLY + ROW))
    head = LABELS.replace("\n", ",label_date,touched_hours\n")
    row = "007,T1,2024-01-01T03:00:00Z,2024-01-01T06:00:00Z,2024-01-01,three\n"
    with pytest.raises(UserError, match="touched_hours"):
        read_labels(write(tmp_path, head + row), hours)


def test_energy_alone_is_one_reading_an_hour(tmp_path: Path):
    head = "serial,time_hour_rolled,consumption_hour_rolled\n"
    hours = read_hours(write(tmp_path, head + "007,2024-01-01T01:00:00Z,0.5\n"))
    assert hours.expected_readings == 1
    for kilowatts in (hours.avg_kw, hours.max_kw, hours.min_kw):
        assert kilowatts[0, 1] == 0.5
