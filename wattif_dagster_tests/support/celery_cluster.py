"""deploy/celery on one machine, with its patience cut short, and what its workers did."""

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
from wattif_dagster.deploy.celery_launcher import celery_launcher
from wattif_dagster.settings import Endpoints
from wattif_dagster_tests.dagster_processes.conftest import ROOT, Project
from wattif_dagster_tests.support.runs import make_settings
from wattif_dagster_tests.support.servers import broker, postgres

WORKER = ("celery", "-A", "wattif_dagster.deploy.celery_app", "worker", "--concurrency", "1")
BOTH_QUEUES = ("-Q", f"dagster,{celery_steps.QUEUE}")
"""Of two workers neither may wait for steps of its own: the run whose steps they do is no task."""
NAMES = ("one", "two")
HURRY = {"DAGSTER_EVENT_LOG_CONSUMER_DAEMON_INTERVAL_SECONDS": "1"}


@contextmanager
def servers() -> Iterator[dict[str, str]]:
    """The variables of deploy/celery/dagster.yaml for a broker and a Postgres of these tests."""
    with broker() as broker_url, postgres() as postgres_url:
        yield {
            "DAGSTER_POSTGRES_URL": postgres_url,
            "DAGSTER_CELERY_BROKER_URL": f"{broker_url}/0",
            "DAGSTER_CELERY_BACKEND_URL": f"{broker_url}/1",
        }


@dataclass(frozen=True)
class Cluster:
    """Two workers of one process each over a project."""

    project: Project
    workers: Mapping[str, subprocess.Popen[bytes]]
    celery: Celery

    def are_up(self) -> bool:
        """Whether all workers answer."""
        return len(self.celery.control.ping(timeout=0.5)) == len(self.workers)

    def worker_of(self, run: DagsterRun) -> str:
        """Name of the worker that has or had the run."""
        task = self.celery.AsyncResult(run.tags["dagster-celery/task_id"])
        return task.worker.partition("@")[0]

    def workers_of_steps(self, run: DagsterRun) -> dict[str, str]:
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
def cluster_of(
    variables: Mapping[str, str], local_cloud: Endpoints, folder: Path
) -> Iterator[Cluster]:
    """All its processes see the variables."""
    variables = {**variables, **HURRY}
    project = Project(make_settings(local_cloud, folder / "home", meters=3), folder, variables)
    project.resources["wattif_gcs"].ensure_bucket()
    project.home.mkdir()
    (project.home / "dagster.yaml").write_text(_hurried())
    with ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        for name, value in variables.items():
            patch.setenv(name, value)
        stack.callback(project.instance.dispose)
        workers = {
            name: stack.enter_context(
                project.running(
                    *(*WORKER, "-n", f"{name}@%h", "--logfile", f"{name}.log", *BOTH_QUEUES),
                    WATTIF_INGEST__SPOOL_DIR=str(folder / f"spool-{name}"),
                )
            )
            for name in NAMES
        }
        yield Cluster(project, workers, celery_launcher(project.instance).celery)


def _hurried() -> str:
    """deploy/celery/dagster.yaml, looking more often and waiting for less."""
    config = yaml.safe_load((ROOT / "deploy/celery/dagster.yaml").read_text())
    config["run_launcher"]["config"]["worker_silence_seconds"] = 5
    config["run_monitoring"]["poll_interval_seconds"] = 1
    config["run_coordinator"] = {
        "module": "dagster.core.run_coordinator",
        "class": "QueuedRunCoordinator",
        "config": {"dequeue_interval_seconds": 1},
    }
    return yaml.safe_dump(config)
