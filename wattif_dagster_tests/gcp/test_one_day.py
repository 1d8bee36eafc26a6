"""The whole path for one day on a real Google Cloud project.

Needs WATTIF_TEST_GCP_PROJECT and WATTIF_TEST_GCP_BUCKET (an empty bucket), application default
credentials, and the roles of docs/google-cloud.md. Makes a dataset and a scan of its own, and
removes both with the day's objects.
"""

import os
from collections.abc import Iterator
from datetime import date
from uuid import uuid4

import pytest
from dagster import DagsterInstance

from wattif_dagster.definitions import build_defs
from wattif_dagster.detection.scan_options import ScanOptions
from wattif_dagster.metering.simulation import Simulation
from wattif_dagster.resources.build import Resources, build_resources
from wattif_dagster.settings import Settings
from wattif_dagster.warehouse.anomalies import anomaly_rows
from wattif_dagster.warehouse.reconcile import count_day

PROJECT = os.environ.get("WATTIF_TEST_GCP_PROJECT")
BUCKET = os.environ.get("WATTIF_TEST_GCP_BUCKET")
DAY = date(2024, 1, 1)

pytestmark = [
    pytest.mark.gcp,
    pytest.mark.skipif(
        not (PROJECT and BUCKET),
        reason="needs WATTIF_TEST_GCP_PROJECT and WATTIF_TEST_GCP_BUCKET, a real project",
    ),
]


@pytest.fixture(params=["native", "external"])
def settings(request: pytest.FixtureRequest) -> Settings:
    unique = uuid4().hex[:12]
    return Settings.load(
        target="gcp",
        project=PROJECT,
        bucket=BUCKET,
        dataset=f"wattif_test_{unique}",
        table_type=request.param,
        simulation=Simulation(meters=3, interval_seconds=900),
        scan=ScanOptions(scan_id=f"wattif-test-{unique}"),
    )


@pytest.fixture
def resources(settings: Settings) -> Iterator[Resources]:
    made = build_resources(settings)
    yield made
    made["gcs"].delete(
        [o.name for prefix in ("dt=", "registry/", "manifests/") for o in made["gcs"].list(prefix)]
    )
    made["bigquery"].client.delete_dataset(
        settings.dataset, delete_contents=True, not_found_ok=True
    )
    scans = made["scans"]
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
    counts = count_day(resources["gcs"], resources["bigquery"], DAY)
    assert counts.rendered == 3 * 96
    assert counts.agree
    assert len(anomaly_rows(resources["bigquery"], DAY)) == 48
    assert len(result.get_asset_check_evaluations()) >= 13
