"""deploy/celery on one machine: broker, Postgres, daemon and two workers, one of them killed."""

import json
import os
import signal
from collections.abc import Iterator
from datetime import date

import pytest
from dagster import AssetKey, DagsterInstance, DagsterRun, DagsterRunStatus, RunsFilter

from wattif_dagster import keys, schemas
from wattif_dagster.backfill.graph import read_graph
from wattif_dagster.backfill.plan import DayPlan
from wattif_dagster.backfill.queue import open_queue
from wattif_dagster.backfill.runs import PARTITION_TAG
from wattif_dagster.definitions import build_defs
from wattif_dagster.ingest.layout import day_prefix, shards_prefix
from wattif_dagster.ingest.manifest import read_manifest
from wattif_dagster.resources.build import build_resources
from wattif_dagster.resources.gcs import GcsTransferManager
from wattif_dagster.settings import Endpoints, Settings
from wattif_dagster_tests.support.celery_cluster import NAMES, Cluster, open_cluster, start_servers
from wattif_dagster_tests.support.days import assert_day_is_landed
from wattif_dagster_tests.support.faults import Exchange, Proxy, proxy_to
from wattif_dagster_tests.support.project import ROOT
from wattif_dagster_tests.support.runs import day, make_resources, make_settings, run_day
from wattif_dagster_tests.support.wait import wait_until

pytestmark = pytest.mark.slow

WORKSPACE = ("-w", str(ROOT / "workspace.yaml"))
DAYS = [day(number) for number in range(1, 11)]
STEPS_DAY, CANCELED_DAY = day(21), day(31)
SHARDS = {"WATTIF_INGEST__SHARDS": "2", "WATTIF_INGEST__METERS_PER_OBJECT": "1"}
SHARD_STEPS = [f"{keys.RAW_READINGS.to_python_identifier()}.land_shard[{n}]" for n in (0, 1)]
LAND = (
    *("dagster", "asset", "materialize", "-m", "wattif_dagster.definitions"),
    *("--select", "key:wattif/meter_registry or key:wattif/raw_readings"),
    *("--partition", str(STEPS_DAY)),
)
LANDED = [
    keys.METER_REGISTRY,
    keys.RAW_READINGS,
    keys.INJECTED_ANOMALIES,
    keys.METER_READINGS,
    keys.HOURLY_CONSUMPTION,
]
RUN_QUEUE = "runs-of-spread-steps"


@pytest.fixture(scope="module")
def cluster(local_cloud: Endpoints, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("celery")
    with (
        start_servers() as variables,
        open_cluster({**variables, **SHARDS}, local_cloud, folder) as cluster,
    ):
        wait_until(cluster.is_up, "the workers did not start")
        yield cluster


@pytest.fixture(scope="module")
def alone(local_cloud: Endpoints, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings to make the same days with, in this process."""
    settings = make_settings(local_cloud, tmp_path_factory.mktemp("alone") / "home", meters=3)
    ingest = settings.ingest.model_copy(update={"meters_per_object": 1})
    settings = settings.model_copy(update={"ingest": ingest})
    make_resources(settings)
    return settings


def make_alone(alone: Settings, assets: list[AssetKey], days: list[date]) -> None:
    with DagsterInstance.ephemeral() as instance:
        for each in days:
            assert run_day(alone, instance, assets, each).success


def read_checksums(gcs: GcsTransferManager, of: date) -> dict[str, int]:
    """The CRC-32C of each object of the day's readings, by name."""
    return {item.name: item.crc32c for item in gcs.list(day_prefix(of))}


def test_shards_of_a_run_go_to_both_workers(cluster: Cluster, alone: Settings):
    make_alone(alone, LANDED[:2], [STEPS_DAY])
    project = cluster.project
    done = project.run(*LAND, WATTIF_STEP_EXECUTOR="celery")
    assert done.returncode == 0, done.stderr
    (run,) = project.instance.get_runs()
    workers = cluster.find_step_workers(run)
    assert {workers[step] for step in SHARD_STEPS} == set(NAMES)
    assert len(project.materializations(keys.RAW_READINGS, STEPS_DAY)) == 1
    sharded, whole = project.resources["wattif_gcs"], build_resources(alone)["wattif_gcs"]
    assert read_checksums(sharded, STEPS_DAY) == read_checksums(whole, STEPS_DAY)
    assert read_manifest(sharded, STEPS_DAY) == read_manifest(whole, STEPS_DAY)


@pytest.fixture(scope="module")
def cluster_with_daemon(cluster: Cluster) -> Iterator[Cluster]:
    with cluster.project.running("dagster-daemon", "run", *WORKSPACE):
        yield cluster


@pytest.fixture
def stalling_gcs(cluster: Cluster, local_cloud: Endpoints) -> Iterator[Proxy]:
    """Stands between the cluster's runs and Cloud Storage, and stalls uploads of readings."""

    def stall_readings(exchange: Exchange) -> None:
        body = exchange.body()
        if exchange.command == "POST" and b'"dt=' in body and not proxy.released.is_set():
            proxy.stall(exchange)
        else:
            exchange.reply(*exchange.ask(body))

    file = cluster.project.settings.endpoints_file
    before = file.read_text()
    assert local_cloud.gcs
    with proxy_to(local_cloud.gcs) as proxy:
        proxy.otherwise = stall_readings
        file.write_text(local_cloud.model_copy(update={"gcs": proxy.url}).model_dump_json())
        yield proxy
        file.write_text(before)


def test_canceled_run_ends_its_steps(cluster_with_daemon: Cluster, stalling_gcs: Proxy):
    """A step that was not interrupted would land its shard once the uploads go on."""
    cluster = cluster_with_daemon
    project, instance = cluster.project, cluster.project.instance
    tags = {PARTITION_TAG: str(CANCELED_DAY), "dagster-celery/queue": RUN_QUEUE}
    with cluster.running_worker("runs", RUN_QUEUE, WATTIF_STEP_EXECUTOR="celery"):
        launch = ("dagster", "job", "launch", *WORKSPACE, "-j", "daily")
        launched = project.run(*launch, "--tags", json.dumps(tags))
        assert launched.returncode == 0, launched.stderr
        (run,) = instance.get_runs(RunsFilter(tags={PARTITION_TAG: str(CANCELED_DAY)}))
        wait_until(
            lambda: cluster.find_step_workers(run).keys() >= set(SHARD_STEPS),
            "the shards were not begun",
        )
        wait_until(stalling_gcs.stalled.is_set, "no readings were uploaded")

        assert instance.run_coordinator
        assert instance.run_coordinator.cancel_run(run.run_id)
        wait_until(lambda: read_status(instance, run).is_finished, "the run did not end")
        stalling_gcs.released.set()
        wait_until(cluster.is_idle, "a step did not end")

    assert read_status(instance, run).status is DagsterRunStatus.CANCELED
    assert len(instance.get_runs(RunsFilter(tags={PARTITION_TAG: str(CANCELED_DAY)}))) == 1
    gcs = project.resources["wattif_gcs"]
    assert read_manifest(gcs, CANCELED_DAY) is None
    assert list(gcs.list(shards_prefix(CANCELED_DAY))) == []


def read_status(instance: DagsterInstance, run: DagsterRun) -> DagsterRun:
    """The run as it is recorded now."""
    found = instance.get_run_by_id(run.run_id)
    assert found
    return found


@pytest.fixture(scope="module")
def backfilled(cluster_with_daemon: Cluster) -> Cluster:
    """A run of each day is in the queue, as `wattif backfill --queue` submits them."""
    project = cluster_with_daemon.project
    graph = read_graph(build_defs(project.settings))
    with pytest.MonkeyPatch.context() as patch:
        for name, value in project.environment.items():
            patch.setenv(name, value)
        with open_queue(project.instance, graph) as queue:
            queue.submit([DayPlan(each, tuple(graph.sort(LANDED))) for each in DAYS])
    return cluster_with_daemon


def find_runs(cluster: Cluster, *statuses: DagsterRunStatus) -> list[DagsterRun]:
    """Runs of the backfill's days with one of these statuses, or with any."""
    wanted = RunsFilter(tags={PARTITION_TAG: list(map(str, DAYS))}, statuses=statuses)
    return list(cluster.project.instance.get_runs(wanted))


def is_over(cluster: Cluster) -> bool:
    return len(find_runs(cluster, DagsterRunStatus.SUCCESS)) == len(DAYS)


def test_runs_of_a_backfill_go_to_both_workers(backfilled: Cluster):
    def is_shared() -> bool:
        done = find_runs(backfilled, DagsterRunStatus.SUCCESS)
        return {backfilled.find_worker(run) for run in done} == set(NAMES)

    wait_until(is_shared, "a worker made no day")
    assert len(find_runs(backfilled)) == len(DAYS)


def kill_in_the_middle(cluster: Cluster, name: str) -> DagsterRun | None:
    """Kill the worker if it executes a run that is not near its end; returns that run."""
    group = cluster.workers[name].pid
    os.killpg(group, signal.SIGSTOP)  # so that its run does not end while it is looked at
    for run in find_runs(cluster, DagsterRunStatus.STARTED):
        rolled_up = cluster.project.materializations(
            keys.HOURLY_CONSUMPTION, run.tags[PARTITION_TAG]
        )
        if cluster.find_worker(run) == name and not rolled_up:
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
def test_each_day_is_as_one_process_makes_it(cluster: Cluster, alone: Settings):
    make_alone(alone, LANDED, DAYS)
    wait_until(lambda: is_over(cluster), "the days were not made")
    project = cluster.project
    for made in DAYS:
        for key in LANDED:
            assert project.materializations(key, made), (key, made)
        assert_day_is_landed(project, made)
        assert read_day(project.settings, made) == read_day(alone, made)


def read_day(settings: Settings, made: date) -> tuple[object, object]:
    """The day's manifest and its roll-up."""
    resources = build_resources(settings)
    bigquery = resources["wattif_bigquery"]
    rows = bigquery.day_rows(schemas.HOURLY_CONSUMPTION, made, "serial, time_hour_rolled")
    return read_manifest(resources["wattif_gcs"], made), rows


def test_lost_run_is_made_again_by_the_other_worker(cluster: Cluster, lost: DagsterRun):
    wait_until(lambda: is_over(cluster), "the days were not made")
    failed = find_runs(cluster, DagsterRunStatus.FAILURE)
    assert [run.run_id for run in failed] == [lost.run_id]
    messages = [log.message for log in cluster.project.instance.all_logs(lost.run_id)]
    assert any("has not answered for" in message for message in messages), messages
    (again,) = [run for run in find_runs(cluster) if run.parent_run_id == lost.run_id]
    assert cluster.find_worker(again) == "one"
