"""meter_readings as an external table over the bucket."""

import pytest

from wattif_dagster import schemas
from wattif_dagster.defs.meter_readings.load import load_readings
from wattif_dagster.errors import UserError
from wattif_dagster_tests.reconcile.conftest import MONDAY, TUESDAY, MakeWarehouse, Warehouse


@pytest.fixture
def warehouse(make_warehouse: MakeWarehouse) -> Warehouse:
    return make_warehouse(table_type="external")


def test_counts_the_rows_of_its_day(warehouse: Warehouse) -> None:
    warehouse.land(MONDAY)
    assert load_readings(warehouse.gcs, warehouse.bigquery, MONDAY) == 5 * 96
    warehouse.land(TUESDAY)
    assert load_readings(warehouse.gcs, warehouse.bigquery, TUESDAY) == 6 * 96
    assert load_readings(warehouse.gcs, warehouse.bigquery, MONDAY) == 5 * 96
    assert warehouse.count(schemas.METER_READINGS) == 11 * 96


def test_sees_a_new_landing_at_once(warehouse: Warehouse) -> None:
    warehouse.land()
    load_readings(warehouse.gcs, warehouse.bigquery, MONDAY)
    assert warehouse.count(schemas.METER_READINGS, "reading > 5") == 0
    warehouse.gcs.write(
        "dt=2024-01-01/planted.json",
        b'{"serial":"MAC00000001","timestamp":"2024-01-01T00:00:00Z","reading":9.0}\n',
    )
    assert warehouse.count(schemas.METER_READINGS, "reading > 5") == 1


def test_compressed_objects_are_read(warehouse: Warehouse) -> None:
    warehouse.land(compression="gzip")
    assert load_readings(warehouse.gcs, warehouse.bigquery, MONDAY) == 5 * 96
    made = warehouse.bigquery.client.get_table(
        warehouse.bigquery.table_name(schemas.METER_READINGS)
    )
    config = made.external_data_configuration
    assert config is not None
    assert config.source_uris == [f"{warehouse.gcs.uri}/dt=*.json.gz"]


def test_other_objects_are_refused_for_they_would_hide_the_first_ones(
    warehouse: Warehouse,
) -> None:
    warehouse.land()
    load_readings(warehouse.gcs, warehouse.bigquery, MONDAY)
    warehouse.land(compression="gzip")
    with pytest.raises(UserError, match="drop it, or go back to that bucket and compression"):
        load_readings(warehouse.gcs, warehouse.bigquery, MONDAY)


def test_an_external_table_is_not_loaded_into(
    make_warehouse: MakeWarehouse, warehouse: Warehouse
) -> None:
    warehouse.land()
    load_readings(warehouse.gcs, warehouse.bigquery, MONDAY)
    with pytest.raises(UserError, match="is an external table; drop it"):
        load_readings(warehouse.gcs, make_warehouse(table_type="native").bigquery, MONDAY)


def test_a_native_table_in_its_place_is_refused(
    make_warehouse: MakeWarehouse, warehouse: Warehouse
) -> None:
    warehouse.land()
    load_readings(warehouse.gcs, make_warehouse(table_type="native").bigquery, MONDAY)
    with pytest.raises(UserError, match="is a native table; drop it, or set WATTIF_TABLE_TYPE"):
        load_readings(warehouse.gcs, warehouse.bigquery, MONDAY)
