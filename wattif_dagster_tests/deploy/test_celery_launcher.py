"""What the launcher and the executor say of runs and steps, by a real broker and worker.

A worker that is really lost is in test_celery.
"""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import yaml
from celery.contrib.testing.worker import start_worker
from celery.result import denied_join_result
from dagster import DagsterInstance, DagsterRun, DagsterRunStatus
from dagster._config import process_config
from dagster._core.launcher import WorkerStatus

from wattif_dagster.cli.instance import ensure_dagster_home
from wattif_dagster.deploy import celery_steps, celery_workers
from wattif_dagster.deploy.celery_launcher import MonitoredCeleryRunLauncher
from wattif_dagster.deploy.celery_steps import StepLostError, StepTask
from wattif_dagster.deploy.celery_workers import WorkerMonitor
from wattif_dagster.errors import UserError
from wattif_dagster_tests.support.project import ROOT
from wattif_dagster_tests.support.servers import start_broker

ANSWER_SECONDS = celery_workers.ANSWER_SECONDS
RUNS_OF_A_WORKER = 2
"""What `--concurrency` is in deploy/celery/README.md."""
GONE = "gone@nowhere"


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(celery_workers, "ANSWER_SECONDS", 0.5)
    monkeypatch.setattr(celery_steps, "CHECK_SECONDS", 0)


@pytest.fixture(scope="module")
def broker() -> Iterator[str]:
    with start_broker() as url:
        yield url


@pytest.fixture(scope="module")
def launcher(broker: str) -> MonitoredCeleryRunLauncher:
    return MonitoredCeleryRunLauncher(default_queue="dagster", broker=broker, backend=broker)


def make_task(launcher: MonitoredCeleryRunLauncher, state: str, worker: str) -> str:
    """A task that the worker has left in that state."""
    task_id = str(uuid4())
    launcher.celery.backend.store_result(task_id, {"pid": 1, "hostname": worker}, state)
    return task_id


def make_run(launcher: MonitoredCeleryRunLauncher, state: str, worker: str) -> DagsterRun:
    task_id = make_task(launcher, state, worker)
    return DagsterRun("daily", tags={"dagster-celery/task_id": task_id})


def make_step(
    launcher: MonitoredCeleryRunLauncher, state: str, worker: str, silence_seconds: float = 60
) -> StepTask:
    result = launcher.celery.AsyncResult(make_task(launcher, state, worker))
    return StepTask(result, WorkerMonitor(launcher.celery, silence_seconds))


def test_run_that_its_worker_does_not_know_is_lost(launcher: MonitoredCeleryRunLauncher):
    running: Any = start_worker(launcher.celery, perform_ping_check=False)
    with running as worker:
        health = launcher.check_run_worker_health(make_run(launcher, "STARTED", worker.hostname))
    assert health.status is WorkerStatus.NOT_FOUND
    assert health.msg == f"{worker.hostname} was restarted and does not have the task"


def test_one_missing_answer_ends_no_run(launcher: MonitoredCeleryRunLauncher):
    health = launcher.check_run_worker_health(make_run(launcher, "STARTED", GONE))
    assert health.status is WorkerStatus.RUNNING


def test_status_of_ended_task_is_from_the_backend(launcher: MonitoredCeleryRunLauncher):
    health = launcher.check_run_worker_health(make_run(launcher, "SUCCESS", GONE))
    assert health.status is WorkerStatus.SUCCESS


def test_step_of_a_silent_worker_is_lost(launcher: MonitoredCeleryRunLauncher):
    step = make_step(launcher, "STARTED", GONE, silence_seconds=0)
    assert step.ready()
    with pytest.raises(StepLostError, match=f"{GONE} has not answered for 0 s"):
        step.get()


def test_step_is_not_over_while_its_worker_may_answer(launcher: MonitoredCeleryRunLauncher):
    assert not make_step(launcher, "STARTED", GONE).ready()


def test_ended_step_gives_its_result_inside_a_task(launcher: MonitoredCeleryRunLauncher):
    """Its run is a task, and Celery lets tasks wait for tasks only when told to."""
    step = make_step(launcher, "SUCCESS", GONE)
    assert step.ready()
    with denied_join_result():
        assert step.get() == {"pid": 1, "hostname": GONE}


@pytest.mark.parametrize("is_task", [True, False], ids=["task", "command line"])
def test_terminated_run_is_canceling(broker: str, is_task: bool):
    launcher = MonitoredCeleryRunLauncher(default_queue="dagster", broker=broker, backend=broker)
    run = make_run(launcher, "STARTED", GONE) if is_task else DagsterRun("daily")
    run = run.with_status(DagsterRunStatus.STARTED)
    with DagsterInstance.ephemeral() as instance:
        launcher.register_instance(instance)
        instance.add_run(run)
        assert launcher.check_run_worker_health(run).status is WorkerStatus.RUNNING
        assert launcher.terminate(run.run_id)
        canceling = instance.get_run_by_id(run.run_id)
    assert canceling is not None
    assert canceling.status is DagsterRunStatus.CANCELING


def test_lost_worker_is_noticed_within_a_minute(broker: str, monkeypatch: pytest.MonkeyPatch):
    """As deploy/celery/dagster.yaml configures it: the monitor checks one run after the other."""
    config = yaml.safe_load((ROOT / "deploy/celery/dagster.yaml").read_text())
    for variable in ("DAGSTER_CELERY_BROKER_URL", "DAGSTER_CELERY_BACKEND_URL"):
        monkeypatch.setenv(variable, broker)
    options = process_config(
        MonitoredCeleryRunLauncher.config_type(), config["run_launcher"]["config"]
    )
    assert options.success, options.errors
    launcher = MonitoredCeleryRunLauncher(**(options.value or {}))
    now = 0.0
    monkeypatch.setattr(celery_workers.time, "monotonic", lambda: now)
    runs = [make_run(launcher, "STARTED", GONE) for _ in range(RUNS_OF_A_WORKER)]
    found: set[str] = set()
    while len(found) < len(runs) and now <= 60:  # lost at 0, just after a check
        now += config["run_monitoring"]["poll_interval_seconds"]
        for run in runs:
            now += ANSWER_SECONDS
            if launcher.check_run_worker_health(run).status is WorkerStatus.NOT_FOUND:
                found.add(run.run_id)
    assert len(found) == len(runs)
    assert launcher.workers._silence_seconds < now <= 60


def test_workers_refuse_an_instance_without_celery(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DAGSTER_HOME", "")
    monkeypatch.delenv("DAGSTER_HOME")
    home = ensure_dagster_home(tmp_path)
    with pytest.raises(UserError, match="with DefaultRunLauncher, not with Celery") as refused:
        import_module("wattif_dagster.deploy.celery_app")
    assert str(refused.value).startswith(f"{home}/dagster.yaml")
