"""meter_readings as an external table over the bucket."""

import pytest

from wattif_dagster import schemas
from wattif_dagster.errors import UserError
from wattif_dagster_tests.support.warehouse import MONDAY, TUESDAY, MakeWarehouse, Warehouse


@pytest.fixture
def warehouse(make_warehouse: MakeWarehouse) -> Warehouse:
    return make_warehouse(table_type="external")


def test_external_table_counts_the_rows_of_each_day(warehouse: Warehouse) -> None:
    warehouse.land(MONDAY)
    assert warehouse.load(MONDAY) == 5 * 96
    warehouse.land(TUESDAY)
    assert warehouse.load(TUESDAY) == 6 * 96
    assert warehouse.load(MONDAY) == 5 * 96
    assert warehouse.count(schemas.METER_READINGS) == 11 * 96


def test_external_table_shows_new_objects_at_once(warehouse: Warehouse) -> None:
    warehouse.land()
    warehouse.load(MONDAY)
    assert warehouse.count(schemas.METER_READINGS, "reading > 5") == 0
    warehouse.gcs.write(
        "dt=2024-01-01/0123abcd/planted.json",
        b'{"serial":"MAC00000001","timestamp":"2024-01-01T00:00:00Z","reading":9.0}\n',
    )
    assert warehouse.count(schemas.METER_READINGS, "reading > 5") == 1


def test_external_table_reads_compressed_objects(warehouse: Warehouse) -> None:
    warehouse.land(compression="gzip")
    assert warehouse.load(MONDAY) == 5 * 96
    made = warehouse.bigquery.client.get_table(
        warehouse.bigquery.table_name(schemas.METER_READINGS)
    )
    config = made.external_data_configuration
    assert config is not None
    assert config.source_uris == [f"{warehouse.gcs.uri}/dt=*.json.gz"]


def test_external_table_refuses_another_compression(
    warehouse: Warehouse,
) -> None:
    warehouse.land()
    warehouse.load(MONDAY)
    warehouse.land(compression="gzip")
    with pytest.raises(UserError, match="Drop it, or go back to that bucket and compression"):
        warehouse.load(MONDAY)


def test_load_into_an_external_table_is_refused(
    make_warehouse: MakeWarehouse, warehouse: Warehouse
) -> None:
    warehouse.land()
    warehouse.load(MONDAY)
    with pytest.raises(UserError, match=r"is an external table\. Drop it"):
        make_warehouse(table_type="native").load()


def test_external_table_with_a_native_tables_name_is_refused(
    make_warehouse: MakeWarehouse, warehouse: Warehouse
) -> None:
    warehouse.land()
    make_warehouse(table_type="native").load()
    with pytest.raises(UserError, match=r"is a native table\. Drop it, or set WATTIF_TABLE_TYPE"):
        warehouse.load(MONDAY)
