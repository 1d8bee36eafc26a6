"""The counts of the checks: right on a sound day, and each moved by its own fault."""

from dataclasses import asdict, replace

import orjson
import pytest
from wattif_dagster.reconcile.readings import (
    HoursQuality,
    ReadingsQuality,
    hours_quality,
    readings_quality,
)
from wattif_dagster.warehouse.rollup import hourly_consumption_sql

from wattif_dagster import schemas
from wattif_dagster.defs.meter_readings.load import load_readings
from wattif_dagster.ingest.layout import day_prefix
from wattif_dagster.metering.serials import serial_text
from wattif_dagster_tests.reconcile.conftest import MONDAY, MakeWarehouse, Warehouse

SOUND = ReadingsQuality(
    row_count=480,
    serials=5,
    registered_serials=5,
    unregistered=0,
    silent=0,
    repeated=0,
    misplaced=0,
    out_of_range=0,
    repeated_by_meter={},
    out_of_range_by_meter={},
)
Rows = list[dict[str, object]]


def quality(warehouse: Warehouse) -> ReadingsQuality:
    return readings_quality(warehouse.bigquery, MONDAY, 900)


def only_object(warehouse: Warehouse) -> str:
    (item,) = warehouse.gcs.list(day_prefix(MONDAY))
    return item.name


def spoil(warehouse: Warehouse, rows: Rows) -> None:
    """Put other rows in the place of the day's readings."""
    name = only_object(warehouse)
    warehouse.gcs.write(name, b"".join(orjson.dumps(row) + b"\n" for row in rows))
    if warehouse.bigquery.readings_type == "native":
        uri = f"{warehouse.gcs.uri}/{name}"
        warehouse.bigquery.load_partition(schemas.METER_READINGS, MONDAY, [uri], "spoiled")


def landed(warehouse: Warehouse) -> tuple[Rows, list[str]]:
    """The day's rows, in one object, and its serials."""
    fleet = warehouse.land()
    load_readings(warehouse.gcs, warehouse.bigquery, MONDAY)
    found = warehouse.gcs.read(only_object(warehouse))
    assert found is not None
    return [orjson.loads(line) for line in found[0].splitlines()], serial_text(fleet.serials)


@pytest.fixture(params=["native", "external"])
def warehouse(make_warehouse: MakeWarehouse, request: pytest.FixtureRequest) -> Warehouse:
    return make_warehouse(table_type=request.param)


def test_a_sound_day(warehouse: Warehouse) -> None:
    landed(warehouse)
    assert quality(warehouse) == SOUND


def test_each_fault_moves_its_count(warehouse: Warehouse) -> None:
    rows, serials = landed(warehouse)

    def counted(spoiled: Rows) -> dict[str, object]:
        """The counts that are not a sound day's."""
        spoil(warehouse, spoiled)
        sound = asdict(SOUND)
        return {name: n for name, n in asdict(quality(warehouse)).items() if n != sound[name]}

    assert counted([*rows, rows[7], rows[7]]) == {
        "row_count": 482,
        "repeated": 2,
        "repeated_by_meter": {rows[7]["serial"]: 2},
    }
    silent = [row for row in rows if row["serial"] != serials[0]]
    assert counted(silent) == {"row_count": 384, "serials": 4, "silent": 1}
    unknown = {**rows[0], "serial": "MAC99999999"}
    assert counted([*rows, unknown]) == {"row_count": 481, "serials": 6, "unregistered": 1}
    off_grid = {**rows[0], "timestamp": "2024-01-01T00:00:01Z"}
    assert counted([off_grid, *rows[1:]]) == {"misplaced": 1}
    for value in (-100.001, 100.001):
        assert counted([{**rows[0], "reading": value}, *rows[1:]]) == {
            "out_of_range": 1,
            "out_of_range_by_meter": {rows[0]["serial"]: 1},
        }
    for value in (-100.0, 100.0):
        assert counted([{**rows[0], "reading": value}, *rows[1:]]) == {}


def test_a_timestamp_of_another_day_is_misplaced(make_warehouse: MakeWarehouse) -> None:
    """Only in an external table can it be: a load refuses it."""
    warehouse = make_warehouse(table_type="external")
    rows, _ = landed(warehouse)
    before = {**rows[0], "timestamp": "2023-12-31T23:45:00Z"}
    after = {**rows[1], "timestamp": "2024-01-02T00:00:00Z"}
    spoil(warehouse, [before, after, *rows[2:]])
    assert quality(warehouse) == replace(SOUND, misplaced=2)


def test_a_day_of_nothing(warehouse: Warehouse) -> None:
    landed(warehouse)
    if warehouse.bigquery.readings_type == "native":
        readings = warehouse.bigquery.quoted(schemas.METER_READINGS)
        nothing = f"SELECT serial, timestamp, reading FROM {readings} WHERE FALSE"
        warehouse.bigquery.replace_partition(schemas.METER_READINGS, MONDAY, nothing)
    else:
        spoil(warehouse, [])
    assert quality(warehouse) == replace(SOUND, row_count=0, serials=0, silent=5)


def test_hours_that_lack_readings_are_counted(warehouse: Warehouse) -> None:
    rows, _ = landed(warehouse)

    def counted() -> HoursQuality:
        sql = hourly_consumption_sql(warehouse.bigquery, MONDAY, 900)
        warehouse.bigquery.replace_partition(schemas.HOURLY_CONSUMPTION, MONDAY, sql)
        return hours_quality(warehouse.bigquery, MONDAY, 4)

    assert counted() == HoursQuality(5, 120, 0, 480, faulty_by_meter={})
    spoil(warehouse, [*rows[5:], rows[-1]])
    first, last = str(rows[0]["serial"]), str(rows[-1]["serial"])
    assert counted() == HoursQuality(5, 119, 2, 476, faulty_by_meter={first: 2, last: 1})
