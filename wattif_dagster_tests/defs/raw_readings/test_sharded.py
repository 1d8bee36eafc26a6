"""raw_readings in shards is raw_readings, whatever goes through its days."""

import logging
from collections.abc import Iterator

import pytest
from dagster import AssetsDefinition, DagsterInstance, ExecuteInProcessResult, materialize
from wattif_dagster.assets import raw_readings, sharded_readings

from wattif_dagster import keys, retries
from wattif_dagster.definitions import build_defs
from wattif_dagster.defs.meter_registry.asset import meter_registry
from wattif_dagster.ingest.layout import day_prefix, registry_state_name
from wattif_dagster.ingest.manifest import read_manifest
from wattif_dagster.resources.build import Resources
from wattif_dagster.resources.gcs import GcsTransferManager
from wattif_dagster.settings import Settings
from wattif_dagster_tests.support.runs import (
    RANGE_END,
    RANGE_START,
    day,
    failures,
    materializations,
    partitions,
    make_resources,
)
from wattif_dagster_tests.support.faults import Proxy, status
from wattif_dagster_tests.support.landing import contents

SHARDS = 2
STEPS = keys.RAW_READINGS.to_python_identifier()
RANGE = {RANGE_START: str(day(1)), RANGE_END: str(day(2))}


@pytest.fixture
def resources(settings: Settings) -> Resources:
    ingest = settings.ingest.model_copy(update={"shards": SHARDS, "meters_per_object": 2})
    return make_resources(settings.model_copy(update={"ingest": ingest}))


@pytest.fixture
def instance() -> Iterator[DagsterInstance]:
    with DagsterInstance.ephemeral() as made:
        yield made


def run(
    instance: DagsterInstance, resources: Resources, *assets: AssetsDefinition
) -> ExecuteInProcessResult:
    return materialize(
        assets, instance=instance, resources=resources, tags=RANGE, raise_on_error=False
    )


def test_says_of_itself_what_the_other_says():
    one, other = raw_readings.raw_readings, sharded_readings.raw_readings
    assert other.get_asset_spec() == one.get_asset_spec()
    assert other.backfill_policy == one.backfill_policy
    assert other.required_resource_keys == one.required_resource_keys


def test_the_days_of_a_run_are_those_of_the_other_asset(
    instance: DagsterInstance, resources: Resources
):
    whole = run(instance, resources, meter_registry, raw_readings.raw_readings)
    assert whole.success, failures(whole)
    landed = contents(resources["wattif_gcs"])
    for number in (1, 2):
        objects = contents(resources["wattif_gcs"], day_prefix(day(number)))
        resources["wattif_gcs"].delete([*objects, f"manifests/dt={day(number)}.json"])
    result = run(instance, resources, meter_registry, sharded_readings.raw_readings)
    assert result.success, failures(result)
    assert contents(resources["wattif_gcs"]) == landed

    said = dict(materializations(instance, result, keys.RAW_READINGS))
    assert list(said) == [str(day(1)), str(day(2))]
    for number, metadata in enumerate(said.values(), start=1):
        manifest = read_manifest(resources["wattif_gcs"], day(number))
        assert manifest
        assert metadata["dagster/partition_row_count"] == manifest.total_rows
        assert metadata["objects"] == len(manifest.objects)
    steps = {event.step_key for event in result.all_events if event.is_step_success}
    assert {f"{STEPS}.land_shard[{number}]" for number in range(SHARDS)} <= steps


def test_the_days_before_one_that_fails_are_credited(
    instance: DagsterInstance, resources: Resources
):
    """And a resume renders only the rest."""
    gcs = resources["wattif_gcs"]
    registered = run(instance, resources, meter_registry)
    assert registered.success
    fleet = gcs.read(registry_state_name(day(2)))
    assert fleet
    gcs.delete([registry_state_name(day(2))])
    failed = run(instance, resources, sharded_readings.raw_readings)
    (step, said), *others = failures(failed).items()
    assert not others
    assert step == f"{STEPS}.complete_days"
    assert "There is no registry of 2024-01-02" in said
    assert partitions(instance, failed, keys.RAW_READINGS) == [str(day(1))]
    before = list(gcs.list(day_prefix(day(1))))
    assert before

    gcs.write(registry_state_name(day(2)), fleet[0])
    resumed = run(instance, resources, sharded_readings.raw_readings)
    assert resumed.success, failures(resumed)
    assert list(gcs.list(day_prefix(day(1)))) == before
    assert partitions(instance, resumed, keys.RAW_READINGS) == [str(day(1)), str(day(2))]


def test_a_shard_that_fails_for_good_is_left_to_the_last_step(
    gcs_proxy: Proxy, instance: DagsterInstance, resources: Resources
):
    assert run(instance, resources, meter_registry).success
    gcs_proxy.on("GET", "fleet.bin", status(403))
    result = run(instance, resources, sharded_readings.raw_readings)
    assert result.success, failures(result)
    (left,) = [log for log in instance.all_logs(result.run_id) if log.level == logging.ERROR]
    assert left.step_key == f"{STEPS}.land_shard[0]"
    assert left.user_message.startswith("shard 0 is left to the last step: ")
    assert partitions(instance, result, keys.RAW_READINGS) == [str(day(1)), str(day(2))]
    for number in (1, 2):
        manifest = read_manifest(resources["wattif_gcs"], day(number))
        assert manifest
        assert manifest.differences(resources["wattif_gcs"].list(day_prefix(day(number)))) == []


def test_a_shard_is_tried_again_where_the_failure_may_pass(
    gcs_proxy: Proxy,
    instance: DagsterInstance,
    resources: Resources,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(retries, "RETRY_DELAY_SECONDS", 0)
    gcs = resources["wattif_gcs"]
    hurried = GcsTransferManager(cloud=gcs.cloud, bucket=gcs.bucket, retry_seconds=0)
    assert run(instance, resources, meter_registry).success
    gcs_proxy.on("GET", "fleet.bin", status(503))
    result = run(instance, {**resources, "gcs": hurried}, sharded_readings.raw_readings)
    assert result.success, failures(result)
    retried = {event.step_key for event in result.all_events if event.is_step_up_for_retry}
    assert retried == {f"{STEPS}.land_shard[0]"}
    assert partitions(instance, result, keys.RAW_READINGS) == [str(day(1)), str(day(2))]


@pytest.mark.parametrize(
    ("setting", "executor"),
    [
        ("in_process", "in_process"),
        ("multiprocess", "multiprocess"),
        ("celery", "celery"),
        ("k8s", "k8s"),
    ],
)
def test_steps_go_where_the_setting_says(
    monkeypatch: pytest.MonkeyPatch, setting: str, executor: str
):
    monkeypatch.setenv("WATTIF_STEP_EXECUTOR", setting)
    assert build_defs().resolve_job_def("daily").executor_def.name == executor
