"""The whole path for one day on a real Google Cloud project; removes its scan too."""

from collections.abc import Iterator
from datetime import date
from uuid import uuid4

import pytest
from dagster import DagsterInstance
from wattif_dagster.warehouse.anomalies import anomaly_rows
from wattif_dagster.warehouse.reconcile import count_day

from wattif_dagster.definitions import build_defs
from wattif_dagster.metering.simulation import Simulation
from wattif_dagster.resources.build import Resources
from wattif_dagster.settings import Settings
from wattif_dagster.settings.scan import ScanOptions
from wattif_dagster_tests.support.gcp_project import (
    NEEDS_PROJECT,
    resources_on_project,
    settings_on_project,
)

DAY = date(2024, 1, 1)

pytestmark = NEEDS_PROJECT


@pytest.fixture(params=["native", "external"])
def settings(request: pytest.FixtureRequest) -> Settings:
    return settings_on_project(
        Simulation(meters=3, interval_seconds=900),
        table_type=request.param,
        scan=ScanOptions(scan_id=f"wattif-test-{uuid4().hex[:12]}"),
    )


@pytest.fixture
def resources(settings: Settings) -> Iterator[Resources]:
    with resources_on_project(settings) as made:
        yield made
        scans = made["wattif_dataplex"]
        scans.client.delete_data_scan(
            request={"name": scans.scan_name(settings.scan.scan_id), "force": True}
        )


def test_a_day_reconciles_and_is_scanned(resources: Resources):
    with DagsterInstance.ephemeral() as instance:
        result = (
            build_defs(resources)
            .resolve_job_def("daily")
            .execute_in_process(partition_key=DAY.isoformat(), instance=instance)
        )
    assert result.success
    counts = count_day(resources["wattif_gcs"], resources["wattif_bigquery"], DAY)
    assert counts.rendered == 3 * 96
    assert counts.agree
    assert len(anomaly_rows(resources["wattif_bigquery"], DAY)) == 48
    assert len(result.get_asset_check_evaluations()) >= 13
