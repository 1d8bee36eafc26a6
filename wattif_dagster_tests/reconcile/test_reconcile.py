"""One day's readings counted at every station."""

import pytest
from wattif_dagster.warehouse.reconcile import DayCounts, count_day
from wattif_dagster.warehouse.rollup import hourly_consumption_sql

from wattif_dagster import schemas
from wattif_dagster.defs.meter_readings.load import load_readings
from wattif_dagster.errors import UserError
from wattif_dagster.ingest.layout import day_prefix
from wattif_dagster_tests.reconcile.conftest import MONDAY, MakeWarehouse, Warehouse


@pytest.fixture(params=["native", "external"])
def warehouse(make_warehouse: MakeWarehouse, request: pytest.FixtureRequest) -> Warehouse:
    """A day at every station."""
    warehouse = make_warehouse(table_type=request.param)
    warehouse.land(meters_per_object=2)
    load_readings(warehouse.gcs, warehouse.bigquery, MONDAY)
    sql = hourly_consumption_sql(warehouse.bigquery, MONDAY, 900)
    warehouse.bigquery.replace_partition(schemas.HOURLY_CONSUMPTION, MONDAY, sql)
    return warehouse


def counted(warehouse: Warehouse) -> tuple[int, int, int, int]:
    counts = count_day(warehouse.gcs, warehouse.bigquery, MONDAY)
    four = (counts.rendered, counts.uploaded, counts.loaded, counts.rolled_up)
    assert counts.agree == (len(set(four)) == 1)
    return four


def test_a_whole_day_agrees(warehouse: Warehouse) -> None:
    assert counted(warehouse) == (480, 480, 480, 480)


def test_an_object_that_changed_does_not_count_as_uploaded(warehouse: Warehouse) -> None:
    *_, last = warehouse.gcs.list(day_prefix(MONDAY))
    warehouse.gcs.write(last.name, b"")
    loaded = 480 if warehouse.bigquery.readings_type == "native" else 384
    assert counted(warehouse) == (480, 384, loaded, 480)


def test_a_lost_hour_is_seen(warehouse: Warehouse) -> None:
    hourly, bigquery = schemas.HOURLY_CONSUMPTION, warehouse.bigquery
    later = f"SELECT {', '.join(hourly.column_names)} FROM {bigquery.quoted(hourly)} "
    later += "WHERE time_hour_rolled >= TIMESTAMP '2024-01-01 01:00:00+00'"
    bigquery.replace_partition(hourly, MONDAY, later)
    assert counted(warehouse) == (480, 480, 480, 460)


def test_a_day_that_was_not_landed_is_said(make_warehouse: MakeWarehouse) -> None:
    warehouse = make_warehouse()
    with pytest.raises(UserError, match="2024-01-01 has no manifest"):
        count_day(warehouse.gcs, warehouse.bigquery, MONDAY)


@pytest.mark.parametrize("station", ["rendered", "uploaded", "loaded", "rolled_up"])
def test_any_station_that_differs_is_no_agreement(station: str) -> None:
    equal = dict.fromkeys(("rendered", "uploaded", "loaded", "rolled_up"), 5)
    assert DayCounts(manifest=None, **equal).agree  # type: ignore[arg-type]
    assert not DayCounts(manifest=None, **equal | {station: 4}).agree  # type: ignore[arg-type]
