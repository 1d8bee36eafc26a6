"""deploy/celery on one machine: broker, Postgres, daemon and two workers, one of them killed."""

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from celery import Celery
from dagster import DagsterInstance, DagsterRun, DagsterRunStatus, RunsFilter

from wattif_dagster import keys, schemas
from wattif_dagster.deploy.celery_launcher import AskingCeleryRunLauncher
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
from wattif_dagster_tests.dagster_processes.conftest import ROOT, Project, wait_until
from wattif_dagster_tests.dagster_processes.days import assert_day_is_landed
from wattif_dagster_tests.dagster_processes.test_backfills import LAUNCH_BACKFILL, WORKSPACE
from wattif_dagster_tests.deploy.servers import broker, postgres

pytestmark = pytest.mark.slow

DAYS = [day(number) for number in range(1, 11)]
LANDED = [
    keys.METER_REGISTRY,
    keys.RAW_READINGS,
    keys.INJECTED_ANOMALIES,
    keys.METER_READINGS,
    keys.HOURLY_CONSUMPTION,
]
WORKER = ("celery", "-A", "wattif_dagster.deploy.celery_app", "worker", "--concurrency", "1")


@dataclass(frozen=True)
class Cluster:
    """Two workers over a project, and the runs of a backfill of theirs."""

    project: Project
    workers: dict[str, subprocess.Popen[bytes]]
    celery: Celery
    backfill: str

    def runs(self, *statuses: DagsterRunStatus) -> list[DagsterRun]:
        tags = {"dagster/backfill": self.backfill}
        return list(self.project.instance.get_runs(RunsFilter(tags=tags, statuses=statuses)))

    def worker_of(self, run: DagsterRun) -> str:
        """Name of the worker that has or had the run."""
        task = self.celery.AsyncResult(run.tags["dagster-celery/task_id"])
        return task.worker.partition("@")[0]

    def is_over(self) -> bool:
        return len(self.runs(DagsterRunStatus.SUCCESS)) == len(DAYS)


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, str]]:
    """The variables of deploy/celery/dagster.yaml for a broker and a Postgres of these tests."""
    with broker() as broker_url, postgres() as postgres_url:
        yield {
            "DAGSTER_POSTGRES_URL": postgres_url,
            "DAGSTER_CELERY_BROKER_URL": f"{broker_url}/0",
            "DAGSTER_CELERY_BACKEND_URL": f"{broker_url}/1",
        }


@pytest.fixture(scope="module")
def cluster(
    servers: dict[str, str], local_cloud: Endpoints, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cluster]:
    """The daemon looks for backfills when it starts: it is started last."""
    folder = tmp_path_factory.mktemp("celery")
    settings = settings_of(local_cloud, folder / "home", meters=3)
    project = Project(settings, folder, {**servers, "WATTIF_BACKFILL_DAYS_PER_RUN": "1"})
    project.resources["gcs"].ensure_bucket()
    project.home.mkdir()
    shutil.copy(ROOT / "deploy/celery/dagster.yaml", project.home)
    asked = {
        "assetSelection": [{"path": key.path} for key in LANDED],
        "partitionNames": [str(day) for day in DAYS],
    }
    with ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        for name, value in servers.items():
            patch.setenv(name, value)
        stack.callback(project.instance.dispose)
        workers = {
            name: stack.enter_context(
                project.running(
                    *(*WORKER, "-n", f"{name}@%h", "--logfile", f"{name}.log"),
                    WATTIF_INGEST__SPOOL_DIR=str(folder / f"spool-{name}"),
                )
            )
            for name in ("one", "two")
        }
        answer = folder / "answer.json"
        launched = project.run(
            *("dagster-graphql", *WORKSPACE, "-t", LAUNCH_BACKFILL, "-o", str(answer)),
            *("-v", json.dumps({"params": asked})),
        )
        assert launched.returncode == 0, launched.stderr
        backfill = json.loads(answer.read_text())["data"]["launchPartitionBackfill"]
        stack.enter_context(project.running("dagster-daemon", "run", *WORKSPACE))
        launcher = project.instance.run_launcher
        assert isinstance(launcher, AskingCeleryRunLauncher)
        yield Cluster(project, workers, launcher.celery, backfill["backfillId"])


def test_the_days_are_spread_over_the_workers(cluster: Cluster):
    def both_made_a_day() -> bool:
        done = cluster.runs(DagsterRunStatus.SUCCESS)
        return {cluster.worker_of(run) for run in done} == {"one", "two"}

    wait_until(both_made_a_day, "a worker did nothing")
    assert len(cluster.runs()) == len(DAYS)


def kill_in_the_middle(cluster: Cluster, name: str) -> DagsterRun | None:
    """Kill the worker if it has a run that has begun and is not near its end; that run."""
    group = cluster.workers[name].pid
    os.killpg(group, signal.SIGSTOP)  # so that what is seen of it stays so
    for run in cluster.runs(DagsterRunStatus.STARTED):
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
        assert not cluster.is_over(), "the days were made before the worker was killed"
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
    wait_until(cluster.is_over, "the days were not made")
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
    wait_until(cluster.is_over, "the days were not made")
    assert [run.run_id for run in cluster.runs(DagsterRunStatus.FAILURE)] == [lost.run_id]
    messages = [log.message for log in cluster.project.instance.all_logs(lost.run_id)]
    assert any("has not answered for" in message for message in messages), messages
    (anew,) = [run for run in cluster.runs() if run.parent_run_id == lost.run_id]
    assert cluster.worker_of(anew) == "one"
