"""Rows are changed between the load and the check: the right check fails and stops the run."""

from collections.abc import Sequence
from datetime import date

import pytest
from dagster import AssetCheckSeverity, DagsterInstance

from wattif_dagster import keys, schemas
from wattif_dagster.resources.bigquery import BigQueryWarehouse
from wattif_dagster.resources.build import build_resources
from wattif_dagster.schemas import Table
from wattif_dagster.settings import Endpoints, Settings
from wattif_dagster_tests.support.instances import open_instance
from wattif_dagster_tests.support.runs import (
    FinishedRun,
    day,
    make_resources,
    make_settings,
    read_metadata,
    run_day,
)

LANDED = [keys.METER_REGISTRY, keys.RAW_READINGS]
CHECKED = [keys.METER_READINGS, keys.HOURLY_CONSUMPTION, keys.FLEET_ANOMALIES]


class SpoilingWarehouse(BigQueryWarehouse):
    """Changes the partition of one table as soon as it has been made.

    `change` is a SELECT without its FROM, with {one} for the condition of a single row.
    """

    spoilt_table: str
    change: str

    def load_partition(self, table: Table, day: date, uris: Sequence[str], version: str) -> int:
        rows = super().load_partition(table, day, uris, version)
        self._spoil(table, day)
        return rows

    def replace_partition(self, table: Table, day: date, select: str) -> None:
        super().replace_partition(table, day, select)
        self._spoil(table, day)

    def _spoil(self, table: Table, day: date) -> None:
        if table.name == self.spoilt_table:
            partition = self.partition_filter(table, day)
            one = (
                f"serial = (SELECT MIN(serial) FROM {self.quoted(table)} WHERE {partition}) "
                f"AND `{table.partition_by}` = TIMESTAMP '{day} 12:00:00+00'"
            )
            change = self.change.format(one=one, table=self.quoted(table), partition=partition)
            super().replace_partition(table, day, change)


@pytest.fixture(scope="module")
def landed(local_cloud: Endpoints, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of a fleet whose first day is landed."""
    settings = make_settings(local_cloud, tmp_path_factory.mktemp("spoilt") / "home", meters=3)
    make_resources(settings)
    with open_instance(settings.home / "instance") as instance:
        assert run_day(settings, instance, LANDED, day(1)).success
    return settings


def run_spoilt(
    settings: Settings, instance: DagsterInstance, table: Table, change: str
) -> FinishedRun:
    bigquery = build_resources(settings)["wattif_bigquery"]
    spoiling = SpoilingWarehouse(
        cloud=bigquery.cloud,
        dataset=bigquery.dataset,
        location=bigquery.location,
        spoilt_table=table.name,
        change=change,
    )
    return run_day(settings, instance, CHECKED, day(1), {"wattif_bigquery": spoiling})


def change_columns(table: Table = schemas.METER_READINGS, **columns: str) -> str:
    """Select the table's rows of the day, with these columns of one row changed."""
    selected = [
        f"IF({{one}}, {columns[name]}, {name}) AS {name}" if name in columns else name
        for name in table.column_names
    ]
    return f"SELECT {', '.join(selected)} FROM {{table}} WHERE {{partition}}"


READINGS = change_columns()
HOURS = change_columns(schemas.HOURLY_CONSUMPTION)


@pytest.mark.parametrize(
    ("change", "failing"),
    [
        (f"{READINGS} AND NOT ({{one}})", {"rows_match_manifest": 1}),
        (
            f"{READINGS} UNION ALL {READINGS} AND {{one}}",
            {"rows_match_manifest": 1, "no_duplicates": 1},
        ),
        (
            change_columns(timestamp="TIMESTAMP_SUB(timestamp, INTERVAL 1800 SECOND)"),
            {"no_duplicates": 1},
        ),
        (
            change_columns(timestamp="TIMESTAMP_ADD(timestamp, INTERVAL 1 SECOND)"),
            {"timestamps_on_interval": 1},
        ),
        (change_columns(serial="'MAC99999999'"), {"serials_match_registry": 1}),
        (change_columns(reading="500.0"), {"readings_in_range": 1}),
        (
            f"{READINGS} AND serial != (SELECT MIN(serial) FROM {{table}} WHERE {{partition}})",
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
def test_spoilt_readings_fail_the_right_check(
    landed: Settings, instance: DagsterInstance, change: str, failing: dict[str, int]
):
    run = run_spoilt(landed, instance, schemas.METER_READINGS, change)
    checks = run.evaluations()
    found = {
        name: read_metadata(check)["unexplained_faults"]
        for name, check in checks.items()
        if not check.passed
    }
    assert found == failing
    for name in failing:
        assert checks[name].severity == AssetCheckSeverity.ERROR
        assert checks[name].blocking
    assert {check.partition for check in checks.values()} == {str(day(1))}
    assert not run.success
    assert run.partitions(keys.METER_READINGS) == [str(day(1))]
    assert run.partitions(keys.HOURLY_CONSUMPTION) == []
    assert "hours_complete" not in checks


def test_check_of_sound_readings_has_all_counts(landed: Settings, instance: DagsterInstance):
    run = run_spoilt(landed, instance, schemas.METER_READINGS, READINGS)
    assert read_metadata(run.evaluations()["no_duplicates"]).keys() == {
        "unexplained_faults",
        "manifest_rows",
        *(
            "readings",
            "milliwatts",
            "unregistered",
            "silent",
            "repeated",
            "misplaced",
            "out_of_range",
        ),
    }
    assert all(check.passed for check in run.evaluations().values())


@pytest.mark.parametrize(
    "change",
    [
        f"{HOURS} AND NOT ({{one}})",
        change_columns(schemas.HOURLY_CONSUMPTION, n_readings="1"),
    ],
    ids=["an hour lost", "an hour with too few readings"],
)
def test_spoilt_roll_up_is_not_scored(landed: Settings, instance: DagsterInstance, change: str):
    run = run_spoilt(landed, instance, schemas.HOURLY_CONSUMPTION, change)
    check = run.evaluations()["hours_complete"]
    assert not check.passed
    assert check.severity == AssetCheckSeverity.ERROR
    assert read_metadata(check)["unexplained_faults"] == 1
    assert run.partitions(keys.HOURLY_CONSUMPTION) == [str(day(1))]
    assert run.partitions(keys.FLEET_ANOMALIES) == []
