"""The hourly roll-up against numpy."""

import gzip

import numpy as np
import orjson
import pytest

from wattif_dagster import schemas
from wattif_dagster.ingest.layout import day_prefix
from wattif_dagster_tests.support.warehouse import MONDAY, TUESDAY, MakeWarehouse, Warehouse

HOURLY = schemas.HOURLY_CONSUMPTION


def read_landed_kw(warehouse: Warehouse) -> dict[str, np.ndarray]:
    """Read Monday's readings from the bucket: by serial, an array of the shape (24, readings)."""
    by_serial: dict[str, list[float]] = {}
    for item in warehouse.gcs.list(day_prefix(MONDAY)):
        found = warehouse.gcs.read(item.name)
        assert found is not None
        data = gzip.decompress(found[0]) if item.name.endswith(".gz") else found[0]
        for line in data.splitlines():
            reading = orjson.loads(line)
            by_serial.setdefault(reading["serial"], []).append(reading["reading"])
    return {serial: np.reshape(values, (24, -1)) for serial, values in by_serial.items()}


@pytest.mark.parametrize("table_type", ["native", "external"])
@pytest.mark.parametrize("interval_seconds", [60, 900, 3600])
def test_energy_is_power_times_the_interval(
    make_warehouse: MakeWarehouse, interval_seconds: int, table_type: str
) -> None:
    warehouse = make_warehouse(interval_seconds, table_type=table_type)
    warehouse.land(compression="gzip")
    warehouse.load()
    warehouse.roll_up()
    expected = read_landed_kw(warehouse)
    rows = warehouse.bigquery.rows(
        f"SELECT * FROM {warehouse.bigquery.quoted(HOURLY)} ORDER BY serial, time_hour_rolled"
    )
    assert len(rows) == 5 * 24
    for index, row in enumerate(rows):
        kw = expected[row["serial"]][index % 24]
        assert row["time_hour_rolled"].isoformat() == f"2024-01-01T{index % 24:02d}:00:00+00:00"
        assert row["n_readings"] == 3600 // interval_seconds == len(kw)
        assert row["consumption_hour_rolled"] == pytest.approx(kw.sum() * interval_seconds / 3600)
        assert row["avg_kw"] == pytest.approx(kw.mean())
        assert (row["max_kw"], row["min_kw"]) == (kw.max(), kw.min())


def test_fleet_hours_are_those_of_all_meters(warehouse: Warehouse) -> None:
    warehouse.land()
    warehouse.load()
    warehouse.roll_up()
    hours = np.array([kw.mean(axis=1) for kw in read_landed_kw(warehouse).values()])
    rows = warehouse.bigquery.day_rows(schemas.FLEET_HOURS, MONDAY, "time")
    assert [row["time"].isoformat() for row in rows] == [
        f"2024-01-01T{hour:02d}:00:00+00:00" for hour in range(24)
    ]
    assert {row["meters"] for row in rows} == {5}
    assert [row["avg_kwh"] for row in rows] == pytest.approx(hours.mean(axis=0))
    assert [row["max_kwh"] for row in rows] == pytest.approx(hours.max(axis=0))


def test_roll_up_replaces_only_its_day(warehouse: Warehouse) -> None:
    for day in (MONDAY, TUESDAY):
        warehouse.land(day)
        warehouse.load(day)
        warehouse.roll_up(day)
        warehouse.roll_up(day)
    assert warehouse.count(HOURLY) == (5 + 6) * 24
    assert warehouse.count(schemas.FLEET_HOURS) == 2 * 24


def test_roll_up_of_an_external_table_reads_only_its_day(make_warehouse: MakeWarehouse) -> None:
    warehouse = make_warehouse(table_type="external")
    for day in (MONDAY, TUESDAY):
        warehouse.land(day)
        warehouse.load(day)
    warehouse.roll_up(MONDAY)
    assert warehouse.count(HOURLY) == 5 * 24
