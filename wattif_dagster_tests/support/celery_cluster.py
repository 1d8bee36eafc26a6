"""deploy/celery on one machine, with shorter waits, and what its workers did."""

import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from celery import Celery
from dagster import DagsterRun

from wattif_dagster.deploy import celery_steps
from wattif_dagster.deploy.celery_launcher import require_celery_launcher
from wattif_dagster.settings import Endpoints
from wattif_dagster_tests.support.project import ROOT, Project
from wattif_dagster_tests.support.runs import make_settings
from wattif_dagster_tests.support.servers import start_broker, start_postgres

WORKER = ("celery", "-A", "wattif_dagster.deploy.celery_app", "worker", "--concurrency", "1")
BOTH_QUEUES = f"dagster,{celery_steps.QUEUE}"
"""For workers whose runs execute their steps in their own process."""
NAMES = ("one", "two")
FAST = {"DAGSTER_EVENT_LOG_CONSUMER_DAEMON_INTERVAL_SECONDS": "1"}


@contextmanager
def start_servers() -> Iterator[dict[str, str]]:
    """Start a broker and a Postgres; yields the variables of deploy/celery/dagster.yaml."""
    with start_broker() as broker_url, start_postgres() as postgres_url:
        yield {
            "DAGSTER_POSTGRES_URL": postgres_url,
            "DAGSTER_CELERY_BROKER_URL": f"{broker_url}/0",
            "DAGSTER_CELERY_BACKEND_URL": f"{broker_url}/1",
        }


@dataclass(frozen=True)
class Cluster:
    """A project, and its workers of one process each."""

    project: Project
    workers: dict[str, subprocess.Popen[bytes]]
    celery: Celery

    @contextmanager
    def running_worker(self, name: str, queues: str, **variables: str) -> Iterator[None]:
        """Run one more worker inside the with block."""
        command = (*WORKER, "-n", f"{name}@%h", "--logfile", f"{name}.log", "-Q", queues)
        spool = str(self.project.folder / f"spool-{name}")
        with self.project.running(
            *command, WATTIF_INGEST__SPOOL_DIR=spool, **variables
        ) as self.workers[name]:
            yield
        del self.workers[name]

    def is_up(self) -> bool:
        """Whether all workers answer."""
        return len(self.celery.control.ping(timeout=0.5)) == len(self.workers)

    def is_idle(self) -> bool:
        """Whether all workers answer that they execute nothing."""
        active = self.celery.control.inspect(timeout=0.5).active() or {}
        return len(active) == len(self.workers) and not any(active.values())

    def find_worker(self, run: DagsterRun) -> str:
        """Name of the worker that executes or executed the run."""
        task = self.celery.AsyncResult(run.tags["dagster-celery/task_id"])
        return task.worker.partition("@")[0]

    def find_step_workers(self, run: DagsterRun) -> dict[str, str]:
        """Names of the workers that the run's steps say they are executed by."""
        found: dict[str, str] = {}
        for log in self.project.instance.all_logs(run.run_id):
            event = log.dagster_event
            if event and event.is_engine_event and log.step_key:
                worker = event.engine_event_data.metadata.get("Celery worker")
                if worker is not None:
                    found[log.step_key] = str(worker.value).partition("@")[0]
        return found


@contextmanager
def open_cluster(
    variables: Mapping[str, str], local_cloud: Endpoints, folder: Path
) -> Iterator[Cluster]:
    """Run the workers; all their processes get the variables."""
    variables = {**variables, **FAST}
    project = Project(make_settings(local_cloud, folder / "home", meters=3), folder, variables)
    project.resources["wattif_gcs"].ensure_bucket()
    project.home.mkdir()
    (project.home / "dagster.yaml").write_text(_shorten_waits())
    with ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        for name, value in variables.items():
            patch.setenv(name, value)
        stack.callback(project.instance.dispose)
        cluster = Cluster(project, {}, require_celery_launcher(project.instance).celery)
        for name in NAMES:
            stack.enter_context(cluster.running_worker(name, BOTH_QUEUES))
        yield cluster


def _shorten_waits() -> str:
    """deploy/celery/dagster.yaml with shorter waits."""
    config = yaml.safe_load((ROOT / "deploy/celery/dagster.yaml").read_text())
    config["run_launcher"]["config"]["worker_silence_seconds"] = 5
    config["run_monitoring"]["poll_interval_seconds"] = 1
    config["run_coordinator"] = {
        "module": "dagster.core.run_coordinator",
        "class": "QueuedRunCoordinator",
        "config": {"dequeue_interval_seconds": 1},
    }
    return yaml.safe_dump(config)
