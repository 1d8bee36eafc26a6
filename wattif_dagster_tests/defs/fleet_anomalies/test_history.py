"""The history of the fleet's anomalies is as long as that of the roll-up, or refused."""

from datetime import date, timedelta

import pytest

from wattif_dagster import schemas
from wattif_dagster.defs.fleet_anomalies.history import find_history
from wattif_dagster.detection.fleet import HISTORY_DAYS
from wattif_dagster.errors import UserError
from wattif_dagster.resources.bigquery import BigQueryWarehouse
from wattif_dagster.schemas import Table
from wattif_dagster.settings import Settings
from wattif_dagster_tests.support.runs import make_resources
from wattif_dagster_tests.support.warehouse import add_rows

FRIDAY = date(2024, 3, 1)


@pytest.fixture
def bigquery(settings: Settings) -> BigQueryWarehouse:
    return make_resources(settings)["wattif_bigquery"]


def before(*numbers: int) -> list[date]:
    return [FRIDAY - timedelta(days=number) for number in numbers]


def make(bigquery: BigQueryWarehouse, table: Table, days: list[date]) -> None:
    add_rows(bigquery, table, [{table.partition_by: f"{day}T05:00:00Z"} for day in days])


def test_history_leaves_out_days_never_made(bigquery: BigQueryWarehouse) -> None:
    days = before(HISTORY_DAYS + 1, HISTORY_DAYS, 9, 8, 1, 0, -1)
    for table in (schemas.HOURLY_CONSUMPTION, schemas.FLEET_HOURS):
        make(bigquery, table, days)
    assert find_history(bigquery, FRIDAY) == days[1:5]


def test_days_without_fleet_hours_are_refused(bigquery: BigQueryWarehouse) -> None:
    """They were rolled up before there was that table."""
    make(bigquery, schemas.HOURLY_CONSUMPTION, before(HISTORY_DAYS + 1, 20, 19, 18, 5, 1, 0))
    make(bigquery, schemas.FLEET_HOURS, before(1, 0))
    with pytest.raises(UserError) as refused:
        find_history(bigquery, FRIDAY)
    assert str(refused.value) == (
        "hourly_consumption has 2024-02-10...2024-02-12, 2024-02-25, and fleet_hours does not. "
        "Make hourly_consumption of these days again: `wattif backfill "
        "--start 2024-02-10 --end 2024-02-25 --select hourly_consumption --again`."
    )


def test_day_without_hours_is_refused(bigquery: BigQueryWarehouse) -> None:
    for table in (schemas.HOURLY_CONSUMPTION, schemas.FLEET_HOURS):
        make(bigquery, table, before(1))
    with pytest.raises(UserError, match="2024-03-01 has no hourly consumption"):
        find_history(bigquery, FRIDAY)
