"""raw_readings in shards is the same asset and makes the same objects."""

import pytest
from dagster import AssetsDefinition, DagsterInstance, GraphDefinition, OpDefinition

from wattif_dagster import daily_asset, keys
from wattif_dagster.definitions import build_defs
from wattif_dagster.ingest.layout import day_prefix, manifest_name, registry_state_name
from wattif_dagster.ingest.manifest import Manifest, read_manifest
from wattif_dagster.resources.gcs import GcsTransferManager
from wattif_dagster.settings import Settings
from wattif_dagster_tests.support.faults import Proxy, status
from wattif_dagster_tests.support.runs import day, make_resources, run_day

SHARDS = 2
STEPS = keys.RAW_READINGS.to_python_identifier()
REGISTERED = [keys.METER_REGISTRY]
LANDED = [keys.RAW_READINGS]


def use_shards(settings: Settings, shards: int) -> Settings:
    ingest = settings.ingest.model_copy(update={"shards": shards, "meters_per_object": 2})
    return settings.model_copy(update={"ingest": ingest})


@pytest.fixture
def whole(settings: Settings) -> Settings:
    """Settings with one shard."""
    return use_shards(settings, 1)


@pytest.fixture
def sharded(settings: Settings) -> Settings:
    """Settings with several shards."""
    return use_shards(settings, SHARDS)


@pytest.fixture
def gcs(sharded: Settings) -> GcsTransferManager:
    return make_resources(sharded)["wattif_gcs"]


def find_asset(settings: Settings) -> AssetsDefinition:
    (found,) = [
        asset
        for asset in build_defs(settings).assets or ()
        if isinstance(asset, AssetsDefinition) and keys.RAW_READINGS in asset.keys
    ]
    return found


def read_day(gcs: GcsTransferManager) -> tuple[dict[str, bytes | None], Manifest]:
    """Read the day's objects by name, and its manifest."""
    objects = {item.name: gcs.read(item.name) for item in gcs.list(day_prefix(day(1)))}
    manifest = read_manifest(gcs, day(1))
    assert manifest
    assert manifest.differences(gcs.list(day_prefix(day(1)))) == []
    return {name: found[0] if found else None for name, found in objects.items()}, manifest


def test_sharded_asset_has_the_same_spec(whole: Settings, sharded: Settings):
    one, other = find_asset(whole), find_asset(sharded)
    assert isinstance(one.node_def, OpDefinition)
    assert isinstance(other.node_def, GraphDefinition)
    assert other.get_asset_spec() == one.get_asset_spec()
    assert other.backfill_policy == one.backfill_policy
    assert other.required_resource_keys == one.required_resource_keys


def test_shards_make_the_same_objects(
    instance: DagsterInstance, gcs: GcsTransferManager, whole: Settings, sharded: Settings
):
    assert run_day(whole, instance, [*REGISTERED, *LANDED], day(1)).success
    objects, manifest = read_day(gcs)
    gcs.delete([*objects, manifest_name(day(1))])
    run = run_day(sharded, instance, LANDED, day(1))
    assert run.success, run.failures()
    assert read_day(gcs) == (objects, manifest)
    metadata = run.metadata(keys.RAW_READINGS)
    assert metadata["dagster/partition_row_count"] == manifest.total_rows
    assert metadata["objects"] == len(manifest.objects) == 3
    steps = {stats.step_key for stats in instance.get_run_step_stats(run.run.run_id)}
    assert {f"{STEPS}.land_shard[{number}]" for number in range(SHARDS)} <= steps


def test_shards_of_an_unregistered_day_fail_and_resume(
    instance: DagsterInstance, gcs: GcsTransferManager, sharded: Settings
):
    assert run_day(sharded, instance, REGISTERED, day(1)).success
    fleet = gcs.read(registry_state_name(day(1)))
    assert fleet
    gcs.delete([registry_state_name(day(1))])
    failed = run_day(sharded, instance, LANDED, day(1))
    ((step, message),) = failed.failures().items()
    assert step == f"{STEPS}.complete_day"
    assert "here is no registry of 2024-01-01" in message
    assert failed.partitions(keys.RAW_READINGS) == []
    gcs.write(registry_state_name(day(1)), fleet[0])
    assert run_day(sharded, instance, LANDED, day(1)).partitions(keys.RAW_READINGS) == [str(day(1))]


def test_last_step_lands_a_shard_that_failed(
    gcs_proxy: Proxy, instance: DagsterInstance, gcs: GcsTransferManager, sharded: Settings
):
    assert run_day(sharded, instance, REGISTERED, day(1)).success
    gcs_proxy.on("GET", "fleet.bin", status(403))
    run = run_day(sharded, instance, LANDED, day(1))
    assert run.success, run.failures()
    ((step, message),) = run.errors()
    assert step == f"{STEPS}.land_shard[0]"
    assert message.startswith("Shard 0 failed, and the last step lands it: ")
    assert run.partitions(keys.RAW_READINGS) == [str(day(1))]
    read_day(gcs)


def test_shard_is_retried_after_a_transient_error(
    gcs_proxy: Proxy,
    instance: DagsterInstance,
    gcs: GcsTransferManager,
    sharded: Settings,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(daily_asset, "RETRY_DELAY_SECONDS", 0)
    impatient = GcsTransferManager(cloud=gcs.cloud, bucket=gcs.bucket, retry_seconds=0)
    assert run_day(sharded, instance, REGISTERED, day(1)).success
    gcs_proxy.on("GET", "fleet.bin", status(503))
    run = run_day(sharded, instance, LANDED, day(1), {"wattif_gcs": impatient})
    assert run.success, run.failures()
    assert run.retries() == [f"{STEPS}.land_shard[0]"]
    assert run.partitions(keys.RAW_READINGS) == [str(day(1))]
