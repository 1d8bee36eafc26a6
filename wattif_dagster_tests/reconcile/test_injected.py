"""Injected faults in a real run: their checks warn, and every other fault is still an error."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from dagster import AssetCheckSeverity
from hypothesis import given
from hypothesis import strategies as st

from wattif_dagster import keys, schemas
from wattif_dagster.ingest.labels import Label
from wattif_dagster.metering.anomalies.titles import title_kind
from wattif_dagster.reconcile.day import reconcile_days
from wattif_dagster.reconcile.injected import (
    explain_faulty_hours,
    explain_out_of_range,
    explain_repeated,
)
from wattif_dagster.resources.build import Resources, build_resources
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

LOADED = [
    keys.METER_REGISTRY,
    keys.RAW_READINGS,
    keys.INJECTED_ANOMALIES,
    keys.METER_READINGS,
    keys.HOURLY_CONSUMPTION,
]


@pytest.fixture(scope="module")
def faulty(local_cloud: Endpoints, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The settings of a fleet in which every meter has a fault from the first day on."""
    return make_settings(
        local_cloud,
        tmp_path_factory.mktemp("injected") / "home",
        meters=30,
        load="household",
        anomaly_share=1.0,
        anomaly_kinds="F6,F7,F8",
        anomaly_onset_day=0,
        anomaly_onset_days=1,
    )


@pytest.fixture(scope="module")
def run(faulty: Settings) -> Iterator[FinishedRun]:
    make_resources(faulty)
    with open_instance(faulty.home / "instance") as instance:
        yield run_day(faulty, instance, LOADED, day(1))


@pytest.fixture
def resources(faulty: Settings, run: FinishedRun) -> Resources:
    """The resources after the run."""
    assert run.success, run.failures()
    return build_resources(faulty)


def test_injected_fault_warns_and_names_its_meters(run: FinishedRun):
    assert run.failures() == {}
    checks = run.evaluations()
    for name in ("no_duplicates", "hours_complete"):
        assert not checks[name].passed
        assert checks[name].severity == AssetCheckSeverity.WARN
        assert read_metadata(checks[name])["unexplained_faults"] == 0
    assert list(read_metadata(checks["no_duplicates"])["injected"]) == ["F7 duplicated"]
    kinds = read_metadata(checks["hours_complete"])["injected"]
    assert list(kinds) == ["F6 missing", "F7 duplicated"]
    assert checks["rows_match_manifest"].passed
    assert checks["serials_match_registry"].passed


def test_day_with_injected_faults_agrees(resources: Resources):
    gcs, bigquery = resources["wattif_gcs"], resources["wattif_bigquery"]
    (found,) = reconcile_days(gcs, bigquery, [day(1)])
    assert found.agrees, found.differences
    assert found.uploaded != 30 * 48


def test_labels_are_loaded(resources: Resources):
    bigquery, table = resources["wattif_bigquery"], schemas.INJECTED_ANOMALIES
    row = bigquery.row(
        f"SELECT COUNT(*) AS n, COUNT(DISTINCT kind) AS kinds FROM {bigquery.quoted(table)} "
        f"WHERE {bigquery.partition_filter(table, day(1))}"
    )
    assert row == {"n": 30, "kinds": 3}


def test_restless_day_in_local_time_agrees(local_cloud: Endpoints, tmp_path: Path):
    settings = make_settings(
        local_cloud,
        tmp_path / "home",
        meters=100,
        load="household",
        homes="restless",
        timezone="Europe/Berlin",
        seed=4,
    )
    resources = make_resources(settings)
    with open_instance(settings.home / "instance") as instance:
        run = run_day(settings, instance, LOADED, day(1))
    assert run.success, run.failures()
    hours = run.evaluations()["hours_complete"]
    assert list(read_metadata(hours)["injected"]) == ["B7 gap in readings"]
    (found,) = reconcile_days(resources["wattif_gcs"], resources["wattif_bigquery"], [day(1)])
    assert found.agrees, found.differences
    table = resources["wattif_bigquery"].quoted(schemas.INJECTED_ANOMALIES)
    rows = resources["wattif_bigquery"].rows(f"SELECT kind, kwh_withheld FROM {table}")
    assert {"B4", "B7"} <= {row["kind"] for row in rows}
    assert not any(row["kwh_withheld"] for row in rows)


serials = st.sampled_from(["A", "B", "C", "D"])
counts = st.dictionaries(serials, st.integers(1, 24))


@given(st.sampled_from(["F6", "B7"]), counts, counts)
def test_only_labelled_faults_are_excused(
    kind: str, injected: dict[str, int], others: dict[str, int]
):
    """Every fault without a label counts, in labelled meters and in others."""
    labels = [Label(serial, kind, tuple(range(n))) for serial, n in injected.items()]
    found = {s: injected.get(s, 0) + others.get(s, 0) for s in injected.keys() | others.keys()}
    finding = explain_faulty_hours(sum(found.values()), found, labels)
    assert finding.unexplained == sum(others.values())
    assert finding.injected == ({title_kind(kind): list(injected)} if injected else {})


def test_injected_fault_that_is_not_found_is_a_fault():
    assert explain_repeated(0, {}, [Label("A", "F7", (1, 2))], 360).unexplained == 720
    assert explain_repeated(719, {"A": 719}, [Label("A", "F7", (1, 2))], 360).unexplained == 1


def test_out_of_range_readings_are_excused_for_their_meter():
    tenfold = [Label("A", "F8", (0,)), Label("C", "T1", (0,))]
    finding = explain_out_of_range(12, {"A": 5, "B": 4, "C": 3}, tenfold)
    assert finding.unexplained == 7
    assert finding.injected == {"F8 tenfold": ["A"]}
