"""`wattif backfill --shards` makes the same bytes, and `wattif retry` does as the run did."""

import pytest
from dagster import DagsterEventType, DagsterRun

from wattif_dagster import keys
from wattif_dagster.ingest.layout import day_prefix, manifest_name, registry_state_name
from wattif_dagster_tests.support.runs import day
from wattif_dagster_tests.dagster_processes.conftest import Project, Run
from wattif_dagster_tests.support.landing import contents

pytestmark = pytest.mark.slow

DAYS, LATER = [day(101), day(102)], day(109)
"""The Dagster home is the local cloud's, where other tests make the first days."""
OBJECTS = 11
"""Of each of these days: the fleet grows by a meter a day."""
STEPS = ("plan_shards", "land_shard[0]", "land_shard[1]", "complete_days")
READINGS = keys.RAW_READINGS.to_python_identifier()
OF_TWO = {f"{READINGS}.{step}" for step in STEPS}


@pytest.fixture(scope="module")
def project(project_at_home: Project) -> Project:
    return project_at_home


def landed(project: Project) -> dict[str, bytes]:
    """Readings and manifests."""
    gcs = project.resources["wattif_gcs"]
    prefixes = [of(made) for made in DAYS for of in (day_prefix, manifest_name)]
    return {name: data for prefix in prefixes for name, data in contents(gcs, prefix).items()}


def steps_of(project: Project, run: DagsterRun) -> set[str]:
    """Those of raw_readings that the run began."""
    began = project.instance.all_logs(run.run_id, of_type=DagsterEventType.STEP_START)
    steps = {str(log.step_key) for log in began}
    return {step for step in steps if step.startswith(READINGS)}


def latest(project: Project) -> DagsterRun:
    return project.instance.get_runs(limit=1)[0]


def test_a_run_in_shards_and_its_retry_make_the_bytes_of_one_step(project: Project, run: Run):
    """The registry of the second day is gone for a while."""
    gcs, registry = project.resources["wattif_gcs"], registry_state_name(DAYS[1])
    days = ("--start", str(DAYS[0]), "--end", str(DAYS[1]))
    whole = run("wattif", "backfill", *days, "--select", "meter_registry,raw_readings")
    assert whole.returncode == 0, whole.stderr
    of_one = landed(project)
    assert len(of_one) == 2 * (OBJECTS + 1)
    fleet = gcs.read(registry)
    assert fleet
    gcs.delete([*of_one, registry])

    failed = run(
        "wattif", "backfill", *days, "--select", "raw_readings", "--again", "--shards", "2"
    )
    assert failed.returncode == 1
    assert f"There is no registry of {DAYS[1]}" in failed.stderr
    broken = latest(project)
    assert steps_of(project, broken) == OF_TWO

    gcs.write(registry, fleet[0])
    retried = run("wattif", "retry", broken.run_id)
    assert retried.returncode == 0, retried.stderr
    assert "1 of 2 days of assets to make" in retried.stderr
    assert steps_of(project, latest(project)) == OF_TWO
    assert landed(project) == of_one


def test_the_command_that_goes_on_has_as_many_shards(project: Project, run: Run):
    """Nobody has made a registry of the day."""
    words = (
        "wattif",
        "backfill",
        "--start",
        str(LATER),
        "--end",
        str(LATER),
        "--select",
        "raw_readings",
    )
    failed = run(*words, "--shards", "2")
    assert failed.returncode == 1
    go_on = failed.stderr.strip().rsplit("go on with: ", 1)[1]
    assert go_on == f"{' '.join(words)} --shards 2"
    assert run(*words[:-1], "meter_registry").returncode == 0
    done = run(*go_on.split())
    assert done.returncode == 0, done.stderr
    assert steps_of(project, latest(project)) == OF_TWO
