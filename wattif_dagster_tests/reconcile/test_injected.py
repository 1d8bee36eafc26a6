"""Injected faults in a real run: their checks warn, and the loss of anything else is still seen."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from dagster import AssetCheckSeverity, DagsterInstance, ExecuteInProcessResult
from hypothesis import given
from hypothesis import strategies as st
from wattif_dagster.warehouse.reconcile import count_day

from wattif_dagster import keys, schemas
from wattif_dagster.ingest.labels import Label
from wattif_dagster.reconcile.injected import faulty_hours, readings_beyond_range, repeated_rows
from wattif_dagster.resources.bigquery_tables import of_day
from wattif_dagster.resources.build import Resources
from wattif_dagster.settings import Endpoints
from wattif_dagster_tests.support.runs import (
    day,
    evaluations,
    failures,
    make_resources,
    run_days,
    said,
    make_settings,
)

LANDED = [keys.METER_REGISTRY, keys.RAW_READINGS, keys.INJECTED_ANOMALIES]
ROLLED_UP = [keys.METER_READINGS, keys.HOURLY_CONSUMPTION]


@pytest.fixture(scope="module")
def resources(local_cloud: Endpoints, tmp_path_factory: pytest.TempPathFactory) -> Resources:
    home: Path = tmp_path_factory.mktemp("injected") / "home"
    settings = make_settings(
        local_cloud,
        home,
        meters=30,
        load="household",
        anomaly_share=1.0,
        anomaly_kinds="F6,F7,F8",
        anomaly_onset_day=0,
        anomaly_onset_days=1,
    )
    return make_resources(settings)


@pytest.fixture(scope="module")
def result(resources: Resources) -> Iterator[ExecuteInProcessResult]:
    with DagsterInstance.ephemeral() as instance:
        yield run_days(resources, instance, [*LANDED, *ROLLED_UP], day(1), day(2))


def test_a_check_that_a_fault_breaks_warns_and_names_it(result: ExecuteInProcessResult):
    assert failures(result) == {}
    checks = evaluations(result)
    for name in ("no_duplicates", "hours_complete"):
        assert not checks[name].passed
        assert checks[name].severity == AssetCheckSeverity.WARN
        assert said(checks[name])["faults_by_day"] == {}
    assert list(said(checks["no_duplicates"])["injected_by_day"][str(day(1))]) == ["F7 duplicated"]
    kinds = said(checks["hours_complete"])["injected_by_day"][str(day(1))]
    assert list(kinds) == ["F6 missing", "F7 duplicated"]
    assert checks["rows_match_manifest"].passed
    assert checks["serials_match_registry"].passed


@pytest.mark.usefixtures("result")
def test_counts_still_reconcile(resources: Resources):
    counts = count_day(resources["wattif_gcs"], resources["wattif_bigquery"], day(1))
    assert counts.agree
    assert counts.rendered != 30 * 48


@pytest.mark.usefixtures("result")
def test_the_labels_are_in_the_warehouse(resources: Resources):
    bigquery, table = resources["wattif_bigquery"], schemas.INJECTED_ANOMALIES
    (row,) = bigquery.rows(
        f"SELECT COUNT(*) AS n, COUNT(DISTINCT kind) AS kinds FROM {bigquery.quoted(table)} "
        f"WHERE {of_day(table, day(1))}"
    )
    assert row == {"n": 30, "kinds": 3}


serials = st.sampled_from(["A", "B", "C", "D"])
counts = st.dictionaries(serials, st.integers(1, 24))


@given(counts, counts)
def test_only_what_a_label_says_is_excused(injected: dict[str, int], lost: dict[str, int]):
    """Whatever is lost beyond the labels is counted, in labelled meters and in others."""
    labels = [Label(serial, "F6", tuple(range(n))) for serial, n in injected.items()]
    found = {s: injected.get(s, 0) + lost.get(s, 0) for s in injected.keys() | lost.keys()}
    finding = faulty_hours(sum(found.values()), found, labels)
    assert finding.unexplained == sum(lost.values())
    assert finding.injected == ({"F6 missing": list(injected)} if injected else {})


def test_an_injected_fault_that_is_not_found_is_a_fault():
    assert repeated_rows(0, {}, [Label("A", "F7", (1, 2))], 360).unexplained == 720
    assert repeated_rows(719, {"A": 719}, [Label("A", "F7", (1, 2))], 360).unexplained == 1


def test_readings_beyond_range_are_excused_for_the_meter_alone():
    tenfold = [Label("A", "F8", (0,)), Label("C", "T1", (0,))]
    finding = readings_beyond_range(12, {"A": 5, "B": 4, "C": 3}, tenfold)
    assert finding.unexplained == 7
    assert finding.injected == {"F8 tenfold": ["A"]}
