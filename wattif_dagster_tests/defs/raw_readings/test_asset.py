"""raw_readings, landed by runs whose uploads fail."""

import pytest
from dagster import DagsterInstance

from wattif_dagster import daily_asset, keys
from wattif_dagster.resources.gcs import GcsTransferManager
from wattif_dagster.settings import Settings
from wattif_dagster_tests.support.faults import Proxy, status
from wattif_dagster_tests.support.runs import FinishedRun, day, make_resources, run_day


@pytest.fixture
def impatient(
    gcs_proxy: Proxy,  # noqa: ARG001  # resources of the settings use it
    settings: Settings,
    instance: DagsterInstance,
    monkeypatch: pytest.MonkeyPatch,
) -> GcsTransferManager:
    """Sends an upload only once. Its bucket has the registry of the first day."""
    monkeypatch.setattr(daily_asset, "RETRY_DELAY_SECONDS", 0)
    gcs = make_resources(settings)["wattif_gcs"]
    assert run_day(settings, instance, [keys.METER_REGISTRY], day(1)).success
    # Not a copy: Dagster initializes a resource from its original arguments.
    return GcsTransferManager(cloud=gcs.cloud, bucket=gcs.bucket, deadline_seconds=0)


def land(settings: Settings, instance: DagsterInstance, gcs: GcsTransferManager) -> FinishedRun:
    return run_day(settings, instance, [keys.RAW_READINGS], day(1), {"wattif_gcs": gcs})


def test_step_is_retried_after_a_transient_upload_error(
    gcs_proxy: Proxy, settings: Settings, instance: DagsterInstance, impatient: GcsTransferManager
):
    gcs_proxy.on("POST", "/upload/", status(503))
    run = land(settings, instance, impatient)
    assert run.success, run.failures()
    assert len(run.retries()) == 1
    assert run.partitions(keys.RAW_READINGS) == [str(day(1))]


def test_step_is_not_retried_after_a_permanent_upload_error(
    gcs_proxy: Proxy, settings: Settings, instance: DagsterInstance, impatient: GcsTransferManager
):
    gcs_proxy.on("POST", "/upload/", status(400, "not like this"))
    run = land(settings, instance, impatient)
    (message,) = run.failures().values()
    assert "1 of 1 objects did not arrive" in message
    assert run.retries() == []
