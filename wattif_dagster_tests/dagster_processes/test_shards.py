"""A day landed by several processes, as Dagster's multiprocess executor starts them."""

import pytest
from dagster import DagsterEventType

from wattif_dagster import keys
from wattif_dagster.ingest.layout import day_prefix, manifest_name
from wattif_dagster.resources.build import build_resources
from wattif_dagster_tests.support.runs import day, run_days
from wattif_dagster_tests.dagster_processes.conftest import Project
from wattif_dagster_tests.support.landing import contents

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


def landed(project: Project) -> dict[str, bytes]:
    """Readings and manifest of the day."""
    gcs = project.resources["wattif_gcs"]
    return contents(gcs, day_prefix(day(1))) | contents(gcs, manifest_name(day(1)))


def test_each_shard_has_a_process_and_the_bytes_are_those_of_one(project: Project):
    one_a_file = project.settings.ingest.model_copy(update={"meters_per_object": 1})
    resources = build_resources(project.settings.model_copy(update={"ingest": one_a_file}))
    assets = [keys.METER_REGISTRY, keys.RAW_READINGS]
    assert run_days(resources, project.instance, assets, day(1), day(1)).success
    of_one = landed(project)
    assert len(of_one) == 4
    project.resources["wattif_gcs"].delete(list(of_one))

    sharded = project.run(*LAND, **SHARDS)
    assert sharded.returncode == 0, sharded.stderr
    assert landed(project) == of_one
    run = project.instance.get_runs(limit=1)[0]
    started = project.instance.all_logs(run.run_id, of_type=DagsterEventType.STEP_WORKER_STARTED)
    step = keys.RAW_READINGS.to_python_identifier()
    assert {f"{step}.land_shard[0]", f"{step}.land_shard[1]"} <= {log.step_key for log in started}
    assert len(project.materializations(keys.RAW_READINGS, day(1))) == 2
