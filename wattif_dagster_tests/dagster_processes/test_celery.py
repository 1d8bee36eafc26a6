"""deploy/celery on one machine: broker, Postgres, daemon and two workers, one of them killed."""

import os
import signal
import time
from collections.abc import Iterator
from datetime import date

import pytest
from dagster import AssetKey, DagsterInstance, DagsterRun, DagsterRunStatus, RunsFilter
from dagster._core.execution.backfill import PartitionBackfill

from wattif_dagster import keys, schemas
from wattif_dagster.definitions import build_defs
from wattif_dagster.ingest.manifest import read_manifest
from wattif_dagster.resources.bigquery_tables import of_day
from wattif_dagster.resources.build import Resources
from wattif_dagster.settings import Endpoints
from wattif_dagster_tests.support.runs import (
    RANGE_START,
    day,
    make_resources,
    run_days,
    make_settings,
)
from wattif_dagster_tests.support.celery_cluster import (
    NAMES,
    Cluster,
    cluster_of,
    servers,
)
from wattif_dagster_tests.dagster_processes.conftest import wait_until
from wattif_dagster_tests.support.days import assert_day_is_landed
from wattif_dagster_tests.dagster_processes.test_backfills import WORKSPACE
from wattif_dagster_tests.support.landing import contents

pytestmark = pytest.mark.slow

DAYS = [day(number) for number in range(1, 11)]
STEPS_DAYS = [day(21), day(22)]
SHARDED = {"WATTIF_INGEST__SHARDS": "2", "WATTIF_INGEST__METERS_PER_OBJECT": "1"}
LAND = (
    *("dagster", "asset", "materialize", "-m", "wattif_dagster.definitions"),
    *("--select", "key:wattif/meter_registry or key:wattif/raw_readings"),
    *("--partition-range", "...".join(map(str, STEPS_DAYS))),
)
LANDED = [
    keys.METER_REGISTRY,
    keys.RAW_READINGS,
    keys.INJECTED_ANOMALIES,
    keys.METER_READINGS,
    keys.HOURLY_CONSUMPTION,
]
BACKFILL = "days"


@pytest.fixture(scope="module")
def cluster(local_cloud: Endpoints, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("celery")
    with servers() as variables, cluster_of({**variables, **SHARDED}, local_cloud, folder) as made:
        yield made


@pytest.fixture(scope="module")
def alone(local_cloud: Endpoints, tmp_path_factory: pytest.TempPathFactory) -> Resources:
    """To make days with in this process."""
    settings = make_settings(local_cloud, tmp_path_factory.mktemp("alone") / "home", meters=3)
    ingest = settings.ingest.model_copy(update={"meters_per_object": 1})
    return make_resources(settings.model_copy(update={"ingest": ingest}))


def make(alone: Resources, assets: list[AssetKey], days: list[date]) -> None:
    with DagsterInstance.ephemeral() as instance:
        assert run_days(alone, instance, assets, days[0], days[-1]).success


def test_the_steps_of_a_run_are_spread_over_the_workers(cluster: Cluster, alone: Resources):
    """Each lands a shard of each day, and the bytes are those of one process."""
    make(alone, LANDED[:2], STEPS_DAYS)
    wait_until(cluster.are_up, "the workers did not start")
    project = cluster.project
    done = project.run(*LAND, WATTIF_STEP_EXECUTOR="celery")
    assert done.returncode == 0, done.stderr
    (run,) = project.instance.get_runs()
    by, step = cluster.workers_of_steps(run), keys.RAW_READINGS.to_python_identifier()
    assert {by[f"{step}.land_shard[{number}]"] for number in (0, 1)} == set(NAMES)
    for made in STEPS_DAYS:
        assert len(project.materializations(keys.RAW_READINGS, made)) == 1
    assert contents(project.resources["wattif_gcs"]) == contents(alone["wattif_gcs"])


@pytest.fixture(scope="module")
def backfilled(cluster: Cluster) -> Iterator[Cluster]:
    """The daemon looks for backfills when it starts, and then every 30 s."""
    instance = cluster.project.instance
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
    daemon = ("dagster-daemon", "run", *WORKSPACE)
    with cluster.project.running(*daemon, WATTIF_BACKFILL_DAYS_PER_RUN="1"):
        yield cluster


def runs_of(cluster: Cluster, *statuses: DagsterRunStatus) -> list[DagsterRun]:
    wanted = RunsFilter(tags={"dagster/backfill": BACKFILL}, statuses=statuses)
    return list(cluster.project.instance.get_runs(wanted))


def is_over(cluster: Cluster) -> bool:
    return len(runs_of(cluster, DagsterRunStatus.SUCCESS)) == len(DAYS)


def test_the_days_are_spread_over_the_workers(backfilled: Cluster):
    def both_made_a_day() -> bool:
        done = runs_of(backfilled, DagsterRunStatus.SUCCESS)
        return {backfilled.worker_of(run) for run in done} == set(NAMES)

    wait_until(both_made_a_day, "a worker did nothing")
    # The daemon may still be asking for the last days.
    wait_until(lambda: len(runs_of(backfilled)) == len(DAYS), "the days have not a run each")


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
def lost(backfilled: Cluster) -> DagsterRun:
    """The run of a worker that was killed."""
    found: list[DagsterRun] = []

    def is_killed() -> bool:
        assert not is_over(backfilled), "the days were made before the worker was killed"
        found.extend(filter(None, [kill_in_the_middle(backfilled, "two")]))
        return bool(found)

    wait_until(is_killed, "the worker had no run")
    return found[0]


@pytest.mark.usefixtures("lost")
def test_each_day_is_as_a_single_process_makes_it(cluster: Cluster, alone: Resources):
    make(alone, LANDED, DAYS)
    wait_until(lambda: is_over(cluster), "the days were not made")
    for made in DAYS:
        assert_day_is_landed(cluster.project, made)
        for key in LANDED:
            assert cluster.project.materializations(key, made), (key, made)
        assert stored(cluster.project.resources, made) == stored(alone, made)


def stored(resources: Resources, made: date) -> tuple[object, object]:
    """The day's manifest and its roll-up."""
    bigquery, table = resources["wattif_bigquery"], schemas.HOURLY_CONSUMPTION
    rows = bigquery.rows(
        f"SELECT * FROM {bigquery.quoted(table)} WHERE {of_day(table, made)} "
        "ORDER BY serial, time_hour_rolled"
    )
    return read_manifest(resources["wattif_gcs"], made), rows


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
