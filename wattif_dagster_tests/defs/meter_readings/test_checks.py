"""Readings are spoilt between the load and the check; the right check fails and stops the run."""

from collections.abc import Iterator, Sequence
from datetime import date

import pytest
from dagster import AssetCheckSeverity, DagsterInstance, ExecuteInProcessResult

from wattif_dagster import keys, schemas
from wattif_dagster.resources.bigquery import BigQueryWarehouse
from wattif_dagster.resources.bigquery_tables import of_day
from wattif_dagster.resources.build import Resources
from wattif_dagster.schemas import Table
from wattif_dagster.settings import Endpoints
from wattif_dagster_tests.support.runs import (
    day,
    evaluations,
    partitions,
    make_resources,
    run_days,
    said,
    make_settings,
)

LANDED = [keys.METER_REGISTRY, keys.RAW_READINGS]


class Spoiling(BigQueryWarehouse):
    """Changes one day's partition of a table as soon as it has been made.

    `change` is a SELECT without its FROM, with {one} for the condition of a single row.
    """

    spoilt_table: str
    spoilt_day: str
    change: str

    def load_partition(self, table: Table, day: date, uris: Sequence[str], version: str) -> int:
        rows = super().load_partition(table, day, uris, version)
        self._spoil(table, day)
        return rows

    def replace_partition(self, table: Table, day: date, select: str) -> None:
        super().replace_partition(table, day, select)
        self._spoil(table, day)

    def _spoil(self, table: Table, day: date) -> None:
        if (table.name, str(day)) == (self.spoilt_table, self.spoilt_day):
            of_the_day = of_day(table, day)
            one = (
                f"serial = (SELECT MIN(serial) FROM {self.quoted(table)} WHERE {of_the_day}) "
                f"AND `{table.partition_by}` = TIMESTAMP '{day} 12:00:00+00'"
            )
            change = self.change.format(one=one, table=self.quoted(table), of_day=of_the_day)
            super().replace_partition(table, day, change)


@pytest.fixture(scope="module")
def resources(local_cloud: Endpoints, tmp_path_factory: pytest.TempPathFactory) -> Resources:
    settings = make_settings(local_cloud, tmp_path_factory.mktemp("spoilt") / "home", meters=3)
    resources = make_resources(settings)
    with DagsterInstance.ephemeral() as instance:
        assert run_days(resources, instance, LANDED, day(1), day(2)).success
    return resources


@pytest.fixture
def instance() -> Iterator[DagsterInstance]:
    with DagsterInstance.ephemeral() as made:
        yield made


def run_spoilt(
    resources: Resources,
    instance: DagsterInstance,
    table: Table,
    spoilt: date,
    change: str,
    last: date,
) -> ExecuteInProcessResult:
    bigquery = resources["wattif_bigquery"]
    spoiling = Spoiling(
        cloud=bigquery.cloud,
        dataset=bigquery.dataset,
        location=bigquery.location,
        spoilt_table=table.name,
        spoilt_day=str(spoilt),
        change=change,
    )
    assets = [keys.METER_READINGS, keys.HOURLY_CONSUMPTION, keys.FLEET_ANOMALIES]
    return run_days({**resources, "bigquery": spoiling}, instance, assets, day(1), last)


def changed(table: Table = schemas.METER_READINGS, **columns: str) -> str:
    """The table's rows of the day, with those columns of one row changed."""
    selected = [
        f"IF({{one}}, {columns[name]}, {name}) AS {name}" if name in columns else name
        for name in table.column_names
    ]
    return f"SELECT {', '.join(selected)} FROM {{table}} WHERE {{of_day}}"


READINGS = changed()
HOURS = changed(schemas.HOURLY_CONSUMPTION)


@pytest.mark.parametrize(
    ("change", "failing"),
    [
        (f"{READINGS} AND NOT ({{one}})", {"rows_match_manifest": 1}),
        (
            f"{READINGS} UNION ALL {READINGS} AND {{one}}",
            {"rows_match_manifest": 1, "no_duplicates": 1},
        ),
        (
            changed(timestamp="TIMESTAMP_SUB(timestamp, INTERVAL 1800 SECOND)"),
            {"no_duplicates": 1},
        ),
        (
            changed(timestamp="TIMESTAMP_ADD(timestamp, INTERVAL 1 SECOND)"),
            {"timestamps_on_interval": 1},
        ),
        (changed(serial="'MAC99999999'"), {"serials_match_registry": 1}),
        (changed(reading="500.0"), {"readings_in_range": 1}),
        (
            f"{READINGS} AND serial != (SELECT MIN(serial) FROM {{table}} WHERE {{of_day}})",
            {"rows_match_manifest": 48, "serials_match_registry": 1},
        ),
    ],
    ids=[
        "a reading lost",
        "a reading twice",
        "a timestamp twice",
        "off the interval",
        "an unknown meter",
        "out of range",
        "a silent meter",
    ],
)
def test_spoilt_readings_fail_the_right_check_and_are_not_rolled_up(
    resources: Resources, instance: DagsterInstance, change: str, failing: dict[str, int]
):
    result = run_spoilt(resources, instance, schemas.METER_READINGS, day(1), change, day(1))
    checks = evaluations(result)
    found = {
        name: said(check)["faults_by_day"] for name, check in checks.items() if not check.passed
    }
    assert found == {name: {str(day(1)): faults} for name, faults in failing.items()}
    assert all(check.severity == AssetCheckSeverity.ERROR for check in checks.values())
    assert not result.success
    assert partitions(instance, result, keys.METER_READINGS) == [str(day(1))]
    assert partitions(instance, result, keys.HOURLY_CONSUMPTION) == []
    assert "hours_complete" not in checks


def test_in_a_range_the_check_names_the_day(resources: Resources, instance: DagsterInstance):
    change = changed(reading="-500.0")
    result = run_spoilt(resources, instance, schemas.METER_READINGS, day(2), change, day(2))
    check = evaluations(result)["readings_in_range"]
    assert said(check)["faults_by_day"] == {str(day(2)): 1}
    assert list(said(check)["counts_by_day"]) == [str(day(1)), str(day(2))]
    assert partitions(instance, result, keys.HOURLY_CONSUMPTION) == []


@pytest.mark.parametrize(
    "change",
    [
        f"{HOURS} AND NOT ({{one}})",
        changed(schemas.HOURLY_CONSUMPTION, n_readings="1"),
    ],
    ids=["an hour lost", "an hour with too few readings"],
)
def test_a_spoilt_roll_up_is_not_judged(
    resources: Resources, instance: DagsterInstance, change: str
):
    result = run_spoilt(resources, instance, schemas.HOURLY_CONSUMPTION, day(1), change, day(1))
    check = evaluations(result)["hours_complete"]
    assert not check.passed
    assert said(check)["faults_by_day"] == {str(day(1)): 1}
    assert partitions(instance, result, keys.HOURLY_CONSUMPTION) == [str(day(1))]
    assert partitions(instance, result, keys.FLEET_ANOMALIES) == []
