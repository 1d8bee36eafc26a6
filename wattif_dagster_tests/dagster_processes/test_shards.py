"""A day landed by several processes, as Dagster's multiprocess executor starts them."""

import pytest
from dagster import DagsterEventType

from wattif_dagster import keys
from wattif_dagster.ingest.layout import day_prefix, manifest_name
from wattif_dagster_tests.assets.runs import day
from wattif_dagster_tests.dagster_processes.conftest import Project
from wattif_dagster_tests.ingest.conftest import contents

pytestmark = pytest.mark.slow

LAND = (
    *("dagster", "asset", "materialize", "-m", "wattif_dagster.definitions"),
    *("--select", "key:wattif/meter_registry or key:wattif/raw_readings"),
)
SHARDS = {
    "WATTIF_INGEST__SHARDS": "2",
    "WATTIF_INGEST__METERS_PER_OBJECT": "1",
    "WATTIF_STEP_EXECUTOR": "multiprocess",
}


def landed(project: Project, number: int) -> dict[str, bytes]:
    """Readings and manifest of the day."""
    gcs = project.resources["gcs"]
    return contents(gcs, day_prefix(day(number))) | contents(gcs, manifest_name(day(number)))


def test_each_shard_has_a_process_and_the_bytes_are_those_of_one(project: Project):
    whole = project.run(*LAND, "--partition", str(day(1)), WATTIF_INGEST__METERS_PER_OBJECT="1")
    assert whole.returncode == 0, whole.stderr
    of_one = landed(project, 1)
    project.resources["gcs"].delete(list(of_one))

    asked = f"{day(1)}...{day(2)}"
    sharded = project.run(*LAND, "--partition-range", asked, **SHARDS)
    assert sharded.returncode == 0, sharded.stderr
    assert landed(project, 1) == of_one
    assert len(landed(project, 2)) == 5
    run = project.instance.get_runs(limit=1)[0]
    started = project.instance.all_logs(run.run_id, of_type=DagsterEventType.STEP_WORKER_STARTED)
    step = keys.RAW_READINGS.to_python_identifier()
    assert {f"{step}.land_shard[0]", f"{step}.land_shard[1]"} <= {log.step_key for log in started}
    for number, times in ((1, 2), (2, 1)):
        assert len(project.materializations(keys.RAW_READINGS, day(number))) == times
