"""deploy/celery on one machine: broker, Postgres, daemon and two workers, one of them killed."""

import os
import signal
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from dagster import DagsterInstance, DagsterRun, DagsterRunStatus, RunsFilter
from dagster._core.execution.backfill import PartitionBackfill

from wattif_dagster import keys, schemas
from wattif_dagster.definitions import build_defs
from wattif_dagster.deploy.celery_steps import QUEUE
from wattif_dagster.ingest.layout import day_prefix
from wattif_dagster.ingest.manifest import read_manifest
from wattif_dagster.resources.bigquery_tables import of_day
from wattif_dagster.resources.build import Resources
from wattif_dagster.settings import Endpoints
from wattif_dagster_tests.assets.runs import (
    RANGE_START,
    day,
    resources_of,
    run_days,
    settings_of,
)
from wattif_dagster_tests.dagster_processes.celery_cluster import (
    HURRY,
    NAMES,
    Cluster,
    cluster_of,
    servers,
)
from wattif_dagster_tests.dagster_processes.conftest import wait_until
from wattif_dagster_tests.dagster_processes.days import assert_day_is_landed
from wattif_dagster_tests.dagster_processes.test_backfills import WORKSPACE
from wattif_dagster_tests.dagster_processes.test_shards import LAND, SHARDS
from wattif_dagster_tests.ingest.conftest import contents

pytestmark = pytest.mark.slow

DAYS = [day(number) for number in range(1, 7)]
SHARDED_DAYS = [day(21), day(22)]
LANDED = [
    keys.METER_REGISTRY,
    keys.RAW_READINGS,
    keys.INJECTED_ANOMALIES,
    keys.METER_READINGS,
    keys.HOURLY_CONSUMPTION,
]
BACKFILL = "days"


@pytest.fixture(scope="module")
def variables() -> Iterator[dict[str, str]]:
    with servers() as made:
        yield made


def test_the_steps_of_a_run_are_spread_over_the_workers(
    variables: dict[str, str], local_cloud: Endpoints, tmp_path: Path
):
    """Each lands a shard of each day, and the bytes are those of one process."""
    sharded = {**variables, **SHARDS, "WATTIF_STEP_EXECUTOR": "celery"}
    asked = "...".join(map(str, SHARDED_DAYS))
    with cluster_of(sharded, local_cloud, tmp_path, "-Q", QUEUE) as cluster:
        wait_until(cluster.are_up, "the workers did not start")
        project = cluster.project
        done = project.run(*LAND, "--partition-range", asked)
        assert done.returncode == 0, done.stderr
        (run,) = project.instance.get_runs()
        by, step = cluster.workers_of_steps(run), keys.RAW_READINGS.to_python_identifier()
        assert {by[f"{step}.land_shard[{number}]"] for number in (0, 1)} == set(NAMES)
        for made in SHARDED_DAYS:
            assert len(project.materializations(keys.RAW_READINGS, made)) == 1
        landed = contents(project.resources["gcs"])
    alone = settings_of(local_cloud, tmp_path / "alone", meters=3)
    ingest = alone.ingest.model_copy(update={"meters_per_object": 1})
    resources = resources_of(alone.model_copy(update={"ingest": ingest}))
    with DagsterInstance.ephemeral() as instance:
        assert run_days(resources, instance, LANDED[:2], *SHARDED_DAYS).success
    assert landed == contents(resources["gcs"])
    assert any(name.startswith(day_prefix(SHARDED_DAYS[1])) for name in landed)


@pytest.fixture(scope="module")
def cluster(
    variables: dict[str, str], local_cloud: Endpoints, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cluster]:
    """With a backfill: the daemon looks for it when it starts, and then every 30 s."""
    hurried = {**variables, **HURRY, "WATTIF_BACKFILL_DAYS_PER_RUN": "1"}
    with cluster_of(hurried, local_cloud, tmp_path_factory.mktemp("celery")) as made:
        instance = made.project.instance
        instance.add_backfill(
            PartitionBackfill.from_asset_partitions(
                backfill_id=BACKFILL,
                asset_graph=build_defs().resolve_asset_graph(),
                partition_names=list(map(str, DAYS)),
                asset_selection=LANDED,
                backfill_timestamp=time.time(),
                tags={},
                dynamic_partitions_store=instance,
                all_partitions=False,
                title=None,
                description=None,
                run_config=None,
            )
        )
        with made.project.running("dagster-daemon", "run", *WORKSPACE):
            yield made


def runs_of(cluster: Cluster, *statuses: DagsterRunStatus) -> list[DagsterRun]:
    wanted = RunsFilter(tags={"dagster/backfill": BACKFILL}, statuses=statuses)
    return list(cluster.project.instance.get_runs(wanted))


def is_over(cluster: Cluster) -> bool:
    return len(runs_of(cluster, DagsterRunStatus.SUCCESS)) == len(DAYS)


def test_the_days_are_spread_over_the_workers(cluster: Cluster):
    def both_made_a_day() -> bool:
        done = runs_of(cluster, DagsterRunStatus.SUCCESS)
        return {cluster.worker_of(run) for run in done} == set(NAMES)

    wait_until(both_made_a_day, "a worker did nothing")
    assert len(runs_of(cluster)) == len(DAYS)


def kill_in_the_middle(cluster: Cluster, name: str) -> DagsterRun | None:
    """Kill the worker if it has a run that has begun and is not near its end; that run."""
    group = cluster.workers[name].pid
    os.killpg(group, signal.SIGSTOP)  # so that what is seen of it stays so
    for run in runs_of(cluster, DagsterRunStatus.STARTED):
        rolled_up = cluster.project.materializations(keys.HOURLY_CONSUMPTION, run.tags[RANGE_START])
        if cluster.worker_of(run) == name and not rolled_up:
            os.killpg(group, signal.SIGKILL)
            return run
    os.killpg(group, signal.SIGCONT)
    return None


@pytest.fixture(scope="module")
def lost(cluster: Cluster) -> DagsterRun:
    """The run of a worker that was killed."""
    found: list[DagsterRun] = []

    def is_killed() -> bool:
        assert not is_over(cluster), "the days were made before the worker was killed"
        found.extend(filter(None, [kill_in_the_middle(cluster, "two")]))
        return bool(found)

    wait_until(is_killed, "the worker had no run")
    return found[0]


@pytest.mark.usefixtures("lost")
def test_each_day_is_as_a_single_process_makes_it(
    cluster: Cluster, local_cloud: Endpoints, tmp_path: Path
):
    alone = resources_of(settings_of(local_cloud, tmp_path / "alone", meters=3))
    with DagsterInstance.ephemeral() as instance:
        assert run_days(alone, instance, LANDED, DAYS[0], DAYS[-1]).success
    wait_until(lambda: is_over(cluster), "the days were not made")
    for made in DAYS:
        assert_day_is_landed(cluster.project, made)
        for key in LANDED:
            assert cluster.project.materializations(key, made), (key, made)
        assert stored(cluster.project.resources, made) == stored(alone, made)


def stored(resources: Resources, made: date) -> tuple[object, object]:
    """The day's manifest and its roll-up."""
    bigquery, table = resources["bigquery"], schemas.HOURLY_CONSUMPTION
    rows = bigquery.rows(
        f"SELECT * FROM {bigquery.quoted(table)} WHERE {of_day(table, made)} "
        "ORDER BY serial, time_hour_rolled"
    )
    return read_manifest(resources["gcs"], made), rows


def test_the_lost_run_was_noticed_and_made_anew_by_the_other_worker(
    cluster: Cluster, lost: DagsterRun
):
    wait_until(lambda: is_over(cluster), "the days were not made")
    failed = runs_of(cluster, DagsterRunStatus.FAILURE)
    assert [run.run_id for run in failed] == [lost.run_id]
    messages = [log.message for log in cluster.project.instance.all_logs(lost.run_id)]
    assert any("has not answered for" in message for message in messages), messages
    (anew,) = [run for run in runs_of(cluster) if run.parent_run_id == lost.run_id]
    assert cluster.worker_of(anew) == "one"
