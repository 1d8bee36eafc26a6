"""A day agrees in manifest, bucket, tables and roll-up, or every difference is named."""

import re
from pathlib import Path
from unittest.mock import ANY

import pytest

from wattif_dagster import schemas
from wattif_dagster.defs.meter_readings.load import load_readings
from wattif_dagster.ingest.landing import Landing
from wattif_dagster.ingest.layout import (
    labels_name,
    manifest_name,
    readings_name,
    registry_state_name,
)
from wattif_dagster.ingest.manifest import Manifest, read_manifest
from wattif_dagster.ingest.pipeline import land_day
from wattif_dagster.ingest.registry import read_fleet
from wattif_dagster.ingest.store import crc32c, encode_crc32c
from wattif_dagster.reconcile.day import Reconciliation, reconcile_days
from wattif_dagster.resources.build import Resources, build_resources
from wattif_dagster.resources.gcs import GcsTransferManager
from wattif_dagster.schemas import Table
from wattif_dagster.settings import Settings
from wattif_dagster.settings.ingest import IngestOptions
from wattif_dagster_tests.support.warehouse import MONDAY, TUESDAY
from wattif_dagster_tests.support.whole_day import make_whole_day

ANOMALIES = {"anomaly_share": 1.0, "anomaly_kinds": "T1", "anomaly_onset_day": 0}
DIRECTORY = "dt=2024-01-01/"


@pytest.fixture(params=["native"])
def resources(settings: Settings, request: pytest.FixtureRequest) -> Resources:
    """The resources of a fleet whose five meters all have labels on Monday."""
    simulation = settings.simulation.model_copy(update={**ANOMALIES, "anomaly_onset_days": 1})
    changes = {"simulation": simulation, "table_type": request.param}
    made = build_resources(settings.model_copy(update=changes))
    made["wattif_gcs"].ensure_bucket()
    return made


@pytest.fixture
def spool_dir(tmp_path: Path) -> str:
    return str(tmp_path / "spool")


@pytest.fixture
def whole(resources: Resources, spool_dir: str) -> Resources:
    """The resources with Monday in every place."""
    make_whole_day(resources, MONDAY, spool_dir)
    return resources


def reconcile(resources: Resources) -> Reconciliation:
    gcs, bigquery = resources["wattif_gcs"], resources["wattif_bigquery"]
    (found,) = reconcile_days(gcs, bigquery, [MONDAY])
    assert found.day == MONDAY
    assert found.agrees == (not found.differences)
    return found


def find_differences(resources: Resources) -> list[str]:
    return list(reconcile(resources).differences)


def read_mondays_manifest(resources: Resources) -> Manifest:
    manifest = read_manifest(resources["wattif_gcs"], MONDAY)
    assert manifest
    return manifest


def replace_a_byte(gcs: GcsTransferManager, name: str) -> str:
    """Change an object without changing its size; returns the difference that is reported."""
    found = gcs.read(name)
    assert found
    changed = found[0][:-1] + b" "
    gcs.write(name, changed)
    was, now = (encode_crc32c(crc32c(data)) for data in (found[0], changed))
    return f"{name} has the CRC-32C {now}, not {was}"


def change_rows(resources: Resources, statement: str, table: Table) -> None:
    bigquery = resources["wattif_bigquery"]
    bigquery.client.query_and_wait(statement.format(bigquery.quoted(table)))


@pytest.mark.parametrize("resources", ["native", "external"], indirect=True)
def test_whole_day_agrees(whole: Resources) -> None:
    found = reconcile(whole)
    assert found.agrees
    assert found.manifest == read_mondays_manifest(whole)
    assert read_mondays_manifest(whole).beside.rows == 5
    assert (found.uploaded, found.loaded, found.rolled_up) == (480, 480, 480)


def test_another_unfinished_revision_is_no_difference(whole: Resources) -> None:
    whole["wattif_gcs"].write(readings_name(MONDAY, "part-00000", "0123abcd", "none"), b"")
    whole["wattif_gcs"].write(labels_name(MONDAY, "0123abcd"), b"")
    assert find_differences(whole) == []


@pytest.mark.parametrize("resources", ["external"], indirect=True)
def test_another_revision_differs_in_an_external_table(whole: Resources) -> None:
    """The table reads everything in the day's folder."""
    name = readings_name(MONDAY, "part-00000", "0123abcd", "none")
    whole["wattif_gcs"].write(name, b"")
    assert find_differences(whole) == [f"{name} is not listed"]


@pytest.mark.parametrize("resources", ["native", "external"], indirect=True)
def test_changed_object_does_not_count_as_uploaded(whole: Resources) -> None:
    *_, last = whole["wattif_gcs"].list(DIRECTORY)
    whole["wattif_gcs"].write(last.name, b"")
    found = reconcile(whole)
    loaded = 480 if whole["wattif_bigquery"].readings_type == "native" else 384
    assert (found.uploaded, found.loaded, found.rolled_up) == (384, loaded, 480)
    assert not found.agrees


def test_each_different_object_is_named(whole: Resources) -> None:
    gcs = whole["wattif_gcs"]
    deleted, cut, changed = (item.name for item in read_mondays_manifest(whole).objects)
    gcs.delete([deleted, registry_state_name(MONDAY)])
    gcs.write(cut, b"{")
    gcs.write(f"{DIRECTORY}part-00009.json", b"")
    replaced = replace_a_byte(gcs, changed)
    assert find_differences(whole) == [
        f"{deleted} is missing",
        f"{cut} has 1 bytes, not 14,976",
        replaced,
        f"{DIRECTORY}part-00009.json is not listed",
        f"{registry_state_name(MONDAY)} is missing",
    ]


def test_different_labels_are_named(whole: Resources) -> None:
    assert find_differences(whole) == []
    labels = read_mondays_manifest(whole).beside.name
    difference = replace_a_byte(whole["wattif_gcs"], labels)
    assert find_differences(whole) == [difference]
    whole["wattif_gcs"].delete([labels])
    assert find_differences(whole) == [f"{labels} is missing"]


def test_missing_rows_are_counted_by_table(whole: Resources) -> None:
    change_rows(whole, "DELETE FROM {} WHERE TRUE", schemas.METER_REGISTRY)
    one = "(SELECT MIN(serial) FROM {0})"
    change_rows(whole, f"DELETE FROM {{0}} WHERE serial = {one}", schemas.INJECTED_ANOMALIES)
    change_rows(whole, f"DELETE FROM {{0}} WHERE serial = {one}", schemas.METER_READINGS)
    hour = "TIMESTAMP '2024-01-01 23:00:00+00'"
    change_rows(
        whole, f"DELETE FROM {{}} WHERE time_hour_rolled = {hour}", schemas.HOURLY_CONSUMPTION
    )
    assert find_differences(whole) == [
        "meter_registry has 0 rows, not 5",
        "injected_anomalies has 4 rows, not 5",
        "meter_readings has 384 rows, not 480",
        "hourly_consumption has 460 readings, not 480",
        ANY,
    ]
    assert find_differences(whole)[-1].startswith("fleet_hours adds up to 120 hours of meters and ")


def test_stale_fleet_hours_differ_in_energy(whole: Resources) -> None:
    change_rows(
        whole,
        "UPDATE {} SET avg_kwh = avg_kwh + 0.1 WHERE EXTRACT(HOUR FROM time) = 5",
        schemas.FLEET_HOURS,
    )
    (difference,) = find_differences(whole)
    assert re.fullmatch(
        r"fleet_hours adds up to 120 hours of meters and [\d.]+ kWh, "
        r"hourly_consumption to 120 and [\d.]+",
        difference,
    )


def test_stale_roll_up_differs_in_energy(whole: Resources, spool_dir: str) -> None:
    """The day was landed and loaded again with other readings, as many as before."""
    gcs, bigquery = whole["wattif_gcs"], whole["wattif_bigquery"]
    serials = read_fleet(gcs, whole["wattif_simulation"], MONDAY).serials
    other = whole["wattif_simulation"].model_copy(update={"seed": 8})
    options = IngestOptions(spool_dir=spool_dir, meters_per_object=2)
    manifest = land_day(gcs, Landing(other, MONDAY, serials, options)).manifest
    load_readings(gcs, bigquery, manifest)
    (difference,) = find_differences(whole)
    assert difference.startswith("hourly_consumption adds up to ")
    assert " kWh, meter_readings to " in difference


def test_missing_tables_hide_no_other(whole: Resources) -> None:
    bigquery = whole["wattif_bigquery"]
    change_rows(whole, "DELETE FROM {} WHERE TRUE", schemas.INJECTED_ANOMALIES)
    gone = (schemas.METER_READINGS, schemas.HOURLY_CONSUMPTION)
    for table in gone:
        bigquery.client.delete_table(bigquery.table_name(table))
    assert find_differences(whole) == [
        "injected_anomalies has 0 rows, not 5",
        *(f"table {bigquery.table_name(table)} is missing" for table in gone),
    ]


@pytest.mark.own_sql
def test_unreadable_table_is_a_difference(whole: Resources) -> None:
    """A native table has no column for the folders of an external one."""
    bigquery = whole["wattif_bigquery"].model_copy(update={"readings_type": "external"})
    found = next(reconcile_days(whole["wattif_gcs"], bigquery, [MONDAY]))
    (difference,) = found.differences
    assert difference.startswith("meter_readings cannot be read: ")
    assert "\n" not in difference
    assert (found.uploaded, found.loaded, found.rolled_up) == (480, None, 480)


def test_days_without_a_valid_manifest_are_differences(resources: Resources) -> None:
    """There is no table and no dataset either."""
    gcs = resources["wattif_gcs"]
    gcs.write(f"{DIRECTORY}part-00000.json", b"")
    gcs.write(manifest_name(TUESDAY), b"{")
    monday, tuesday = reconcile_days(gcs, resources["wattif_bigquery"], [MONDAY, TUESDAY])
    assert monday.differences == (
        f"{manifest_name(MONDAY)} is missing",
        f"{DIRECTORY}part-00000.json is not listed",
    )
    assert len(tuesday.differences) == 1
    assert f"Manifest {manifest_name(TUESDAY)} is damaged" in tuesday.differences[0]
    assert monday.manifest is tuesday.manifest is None
