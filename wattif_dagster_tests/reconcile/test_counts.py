"""The counts of the checks: right for a sound day, and each changed by its own fault."""

from dataclasses import asdict, replace

import orjson
import pytest

from wattif_dagster import schemas
from wattif_dagster.ingest.layout import day_prefix
from wattif_dagster.reconcile.counts import (
    HoursCounts,
    ReadingsCounts,
    count_hours,
    count_readings,
)
from wattif_dagster_tests.support.warehouse import MONDAY, MakeWarehouse, Warehouse

Rows = list[dict[str, object]]
INTERVAL = 900


@pytest.fixture(params=["native", "external"])
def warehouse(make_warehouse: MakeWarehouse, request: pytest.FixtureRequest) -> Warehouse:
    return make_warehouse(INTERVAL, table_type=request.param)


def land(warehouse: Warehouse) -> Rows:
    """Land and load the day in one object; returns its rows."""
    warehouse.land()
    warehouse.load()
    found = warehouse.gcs.read(find_object(warehouse))
    assert found is not None
    return [orjson.loads(line) for line in found[0].splitlines()]


def find_object(warehouse: Warehouse) -> str:
    (item,) = warehouse.gcs.list(day_prefix(MONDAY))
    return item.name


def replace_readings(warehouse: Warehouse, rows: Rows) -> None:
    """Replace the day's readings, in the bucket or in the table."""
    name = find_object(warehouse)
    warehouse.gcs.write(name, b"".join(orjson.dumps(row) + b"\n" for row in rows))
    if warehouse.bigquery.readings_type == "native":
        uri = f"{warehouse.gcs.uri}/{name}"
        warehouse.bigquery.load_partition(schemas.METER_READINGS, MONDAY, [uri], "replaced")


def count(warehouse: Warehouse) -> ReadingsCounts:
    return count_readings(warehouse.bigquery, MONDAY, INTERVAL)


def add_milliwatts(rows: Rows) -> int:
    return sum(round(float(str(row["reading"])) * 1_000_000) for row in rows)


def make_sound_counts(rows: Rows) -> ReadingsCounts:
    return ReadingsCounts(
        readings=480,
        milliwatts=add_milliwatts(rows),
        unregistered=0,
        silent=0,
        repeated=0,
        misplaced=0,
        out_of_range=0,
        repeated_by_meter={},
        out_of_range_by_meter={},
    )


def test_sound_day_has_all_readings_and_no_fault(warehouse: Warehouse) -> None:
    rows = land(warehouse)
    assert count(warehouse) == make_sound_counts(rows)


def test_each_fault_changes_its_own_count(warehouse: Warehouse) -> None:
    rows = land(warehouse)
    sound = asdict(make_sound_counts(rows))
    first = rows[0]["serial"]

    def find_changes(faulty: Rows) -> dict[str, object]:
        """The counts that differ from those of a sound day; the milliwatts are always right."""
        replace_readings(warehouse, faulty)
        found = asdict(count(warehouse))
        assert found.pop("milliwatts") == add_milliwatts(faulty)
        return {name: n for name, n in found.items() if n != sound[name]}

    assert find_changes([*rows, rows[7], rows[7]]) == {
        "readings": 482,
        "repeated": 2,
        "repeated_by_meter": {rows[7]["serial"]: 2},
    }
    others = [row for row in rows if row["serial"] != first]
    assert find_changes(others) == {"readings": 384, "silent": 1}
    unknown = {**rows[0], "serial": "MAC99999999"}
    assert find_changes([*rows, unknown]) == {"readings": 481, "unregistered": 1}
    off_interval = {**rows[0], "timestamp": "2024-01-01T00:00:01Z"}
    assert find_changes([off_interval, *rows[1:]]) == {"misplaced": 1}
    for value in (-100.001, 100.001):
        assert find_changes([{**rows[0], "reading": value}, *rows[1:]]) == {
            "out_of_range": 1,
            "out_of_range_by_meter": {first: 1},
        }
    for value in (-100.0, 100.0):
        assert find_changes([{**rows[0], "reading": value}, *rows[1:]]) == {}


def test_timestamp_of_another_day_is_misplaced(make_warehouse: MakeWarehouse) -> None:
    """Only an external table can have one, because a load refuses it."""
    warehouse = make_warehouse(table_type="external")
    rows = land(warehouse)
    before = {**rows[0], "timestamp": "2023-12-31T23:45:00Z"}
    after = {**rows[1], "timestamp": "2024-01-02T00:00:00Z"}
    replace_readings(warehouse, [before, after, *rows[2:]])
    assert count(warehouse) == replace(make_sound_counts(rows), misplaced=2)


def test_day_without_rows_has_silent_meters_only(warehouse: Warehouse) -> None:
    rows = land(warehouse)
    if warehouse.bigquery.readings_type == "native":
        readings = warehouse.bigquery.quoted(schemas.METER_READINGS)
        nothing = f"SELECT serial, timestamp, reading FROM {readings} WHERE FALSE"
        warehouse.bigquery.replace_partition(schemas.METER_READINGS, MONDAY, nothing)
    else:
        replace_readings(warehouse, [])
    assert count(warehouse) == replace(make_sound_counts(rows), readings=0, milliwatts=0, silent=5)


def test_hours_without_all_readings_are_counted(warehouse: Warehouse) -> None:
    rows = land(warehouse)

    def count_rolled_up() -> HoursCounts:
        warehouse.roll_up()
        return count_hours(warehouse.bigquery, MONDAY, INTERVAL)

    assert count_rolled_up() == HoursCounts(
        5, 120, 0, 480, add_milliwatts(rows), faulty_by_meter={}
    )
    changed = [*rows[5:], rows[-1]]
    replace_readings(warehouse, changed)
    first, last = str(rows[0]["serial"]), str(rows[-1]["serial"])
    assert count_rolled_up() == HoursCounts(
        5, 119, 2, 476, add_milliwatts(changed), faulty_by_meter={first: 2, last: 1}
    )
