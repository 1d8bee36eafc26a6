"""raw_readings, landed by a run whose uploads fail."""

from collections.abc import Iterator

import pytest
from dagster import DagsterInstance, ExecuteInProcessResult

from wattif_dagster import keys, retries
from wattif_dagster.resources.build import Resources
from wattif_dagster.resources.gcs import GcsTransferManager
from wattif_dagster.settings import Settings
from wattif_dagster_tests.support.runs import day, failures, partitions, make_resources, run_days
from wattif_dagster_tests.support.faults import Proxy, status


@pytest.fixture
def instance() -> Iterator[DagsterInstance]:
    with DagsterInstance.ephemeral() as made:
        yield made


@pytest.fixture
def hurried(
    gcs_proxy: Proxy,  # noqa: ARG001  # what is built from the settings asks it
    settings: Settings,
    instance: DagsterInstance,
    monkeypatch: pytest.MonkeyPatch,
) -> Resources:
    """Resources that send an upload once, and a registry in their bucket."""
    monkeypatch.setattr(retries, "RETRY_DELAY_SECONDS", 0)
    resources = make_resources(settings)
    assert run_days(resources, instance, [keys.METER_REGISTRY], day(1), day(1)).success
    gcs = resources["wattif_gcs"]
    # Not a copy: Dagster sets up what a resource was made of.
    resources["wattif_gcs"] = GcsTransferManager(
        cloud=gcs.cloud, bucket=gcs.bucket, deadline_seconds=0
    )
    return resources


def land(instance: DagsterInstance, resources: Resources) -> tuple[ExecuteInProcessResult, int]:
    """A run that lands the first day, and how often it tried a step again."""
    result = run_days(resources, instance, [keys.RAW_READINGS], day(1), day(1))
    return result, sum(event.is_step_up_for_retry for event in result.all_events)


def test_a_step_is_tried_again_when_its_upload_may_pass(
    gcs_proxy: Proxy, instance: DagsterInstance, hurried: Resources
):
    gcs_proxy.on("POST", "/upload/", status(503))
    result, retried = land(instance, hurried)
    assert result.success, failures(result)
    assert retried == 1
    assert partitions(instance, result, keys.RAW_READINGS) == [str(day(1))]


def test_a_step_is_not_tried_again_when_its_upload_would_fail_again(
    gcs_proxy: Proxy, instance: DagsterInstance, hurried: Resources
):
    gcs_proxy.on("POST", "/upload/", status(400, "not like this"))
    result, retried = land(instance, hurried)
    (said,) = failures(result).values()
    assert "1 of 1 objects did not arrive" in said
    assert retried == 0
