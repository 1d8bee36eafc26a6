"""What is loaded into hourly_consumption, batch by batch."""

from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from wattif_dagster import schemas
from wattif_dagster.errors import UserError
from wattif_dagster.evaluation.files import read_hours
from wattif_dagster.resources.bigquery import BigQueryWarehouse
from wattif_dagster.scoring import files
from wattif_dagster.scoring.days import remake_tables
from wattif_dagster.scoring.hours import examine_hours, find_landed_days, load_file
from wattif_dagster_tests.support.warehouse import Warehouse, add_rows

METERS, HOURS, READINGS = 3, 30, 4


@pytest.fixture
def bigquery(warehouse: Warehouse) -> BigQueryWarehouse:
    remake_tables(warehouse.bigquery)
    return warehouse.bigquery


@pytest.fixture
def readings_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Readings of a quarter of an hour in any order, in batches that part the hours."""
    monkeypatch.setattr(files, "BATCH_ROWS", 50)
    rng = np.random.default_rng(3)
    size = METERS * HOURS * READINGS
    row = rng.permutation(size)
    times = np.datetime64("2024-01-01T00", "us") + row // METERS * np.timedelta64(900, "s")
    serials = [f"home {meter}" for meter in row % METERS]
    table = pa.table(
        {"serial": serials, "timestamp": times, "reading": rng.uniform(-1, 5, size), "x": row}
    )
    file = tmp_path / "readings.parquet"
    pq.write_table(table, file)
    return file


def test_readings_are_rolled_up_by_the_hour(bigquery: BigQueryWarehouse, readings_file: Path):
    load_file(bigquery, readings_file, print)
    assert examine_hours(bigquery, "the file").expected_readings == READINGS
    rows = bigquery.rows(
        f"SELECT * FROM {bigquery.quoted(schemas.HOURLY_CONSUMPTION)} "
        "ORDER BY serial, time_hour_rolled"
    )
    table = pq.read_table(readings_file).to_pandas()
    table["hour"] = table["timestamp"].dt.floor("h")
    by_hour = table.groupby(["serial", "hour"])["reading"].agg(["mean", "max", "min", "count"])
    assert len(rows) == len(by_hour) == METERS * HOURS
    for row, (keys, expected) in zip(rows, by_hour.iterrows(), strict=True):
        assert (row["serial"], row["time_hour_rolled"].replace(tzinfo=None)) == keys
        found = [row[name] for name in ("avg_kw", "max_kw", "min_kw", "n_readings")]
        assert found == pytest.approx(expected.tolist())


def test_evaluation_reads_the_same_hours(bigquery: BigQueryWarehouse, readings_file: Path):
    load_file(bigquery, readings_file, print)
    hours = read_hours(readings_file)
    rows = bigquery.day_rows(
        schemas.HOURLY_CONSUMPTION, date(2024, 1, 2), "serial, time_hour_rolled"
    )
    assert hours.serials == [f"home {meter}" for meter in range(METERS)]
    assert (hours.n_readings[:, :HOURS] == READINGS).all()
    assert not hours.n_readings[:, HOURS:].any()
    for name in ("avg_kw", "max_kw", "min_kw"):
        found = [row[name] for row in rows]
        assert found == pytest.approx(getattr(hours, name)[:, 24:HOURS].ravel())


def test_two_rows_of_an_hour_are_refused(bigquery: BigQueryWarehouse):
    with pytest.raises(UserError, match="the file has no hour with readings"):
        examine_hours(bigquery, "the file")
    hour = {"serial": "a", "time_hour_rolled": "2024-01-01T03:00:00Z", "n_readings": 4}
    add_rows(bigquery, schemas.HOURLY_CONSUMPTION, [hour, {**hour, "serial": "b"}])
    assert examine_hours(bigquery, "the file").expected_readings == 4
    add_rows(bigquery, schemas.HOURLY_CONSUMPTION, [hour])
    with pytest.raises(
        UserError, match="two rows of the same serial and hour: a at 2024-01-01T03:00Z"
    ):
        examine_hours(bigquery, "the file")


def test_landed_days_are_those_with_a_manifest(warehouse: Warehouse):
    days = [date(2024, 1, day) for day in (1, 2)]
    for day in reversed(days):
        warehouse.land(day)
    warehouse.gcs.write("manifests/dt=2024-01-03/0123abcd-0-of-2.json", b"{}")
    assert find_landed_days(warehouse.gcs) == days
