"""A day landed by several processes, as Dagster's multiprocess executor starts them."""

import pytest
from dagster import DagsterEventType

from wattif_dagster import keys
from wattif_dagster.ingest.layout import day_prefix, manifest_name, shards_prefix
from wattif_dagster.resources.gcs import GcsTransferManager
from wattif_dagster_tests.support.project import Project
from wattif_dagster_tests.support.runs import day, run_day

pytestmark = pytest.mark.slow

LAND = (
    *("dagster", "asset", "materialize", "-m", "wattif_dagster.definitions"),
    *("--select", "key:wattif/raw_readings", "--partition", str(day(1))),
)
SHARDS = {
    "WATTIF_INGEST__SHARDS": "2",
    "WATTIF_INGEST__METERS_PER_OBJECT": "1",
    "WATTIF_STEP_EXECUTOR": "multiprocess",
}


def read_checksums(gcs: GcsTransferManager) -> dict[str, int]:
    """The CRC-32C of the day's readings and of its manifest, by name."""
    prefixes = (day_prefix(day(1)), manifest_name(day(1)), shards_prefix(day(1)))
    return {item.name: item.crc32c for prefix in prefixes for item in gcs.list(prefix)}


def test_shards_have_processes_and_the_same_bytes(project: Project):
    gcs = project.resources["wattif_gcs"]
    ingest = project.settings.ingest.model_copy(update={"meters_per_object": 1})
    settings = project.settings.model_copy(update={"ingest": ingest})
    assets = [keys.METER_REGISTRY, keys.RAW_READINGS]
    assert run_day(settings, project.instance, assets, day(1)).success
    whole = read_checksums(gcs)
    assert len(whole) == 4
    gcs.delete(list(whole))

    sharded = project.run(*LAND, **SHARDS)
    assert sharded.returncode == 0, sharded.stderr
    assert read_checksums(gcs) == whole
    run = project.instance.get_runs(limit=1)[0]
    started = project.instance.all_logs(run.run_id, of_type=DagsterEventType.STEP_WORKER_STARTED)
    step = keys.RAW_READINGS.to_python_identifier()
    assert {f"{step}.land_shard[0]", f"{step}.land_shard[1]"} <= {log.step_key for log in started}
    assert len(project.materializations(keys.RAW_READINGS, day(1))) == 2
