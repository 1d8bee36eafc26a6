"""What is said of runs and steps, by a real broker and worker; a lost worker is in test_celery."""

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
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
from wattif_dagster.deploy.celery_launcher import AskingCeleryRunLauncher
from wattif_dagster.deploy.celery_steps import StepLostError, StepTask
from wattif_dagster.deploy.celery_workers import Workers
from wattif_dagster.errors import UserError
from wattif_dagster_tests.dagster_processes.conftest import ROOT
from wattif_dagster_tests.support.servers import broker

FOLDER = ROOT / "deploy/celery"
ANSWER_S = celery_workers.ANSWER_S
SERVERS = {
    "DAGSTER_CELERY_BROKER_URL": "redis://127.0.0.1:6379/0",
    "DAGSTER_CELERY_BACKEND_URL": "redis://127.0.0.1:6379/1",
}


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(celery_workers, "ANSWER_S", 0.5)
    monkeypatch.setattr(celery_steps, "ASK_EVERY_S", 0)


@pytest.fixture(scope="module")
def launcher() -> Iterator[AskingCeleryRunLauncher]:
    with broker() as url:
        yield AskingCeleryRunLauncher(default_queue="dagster", broker=url, backend=url)


def task_of(launcher: AskingCeleryRunLauncher, state: str, worker: str) -> str:
    """A task that the worker has left in that state."""
    task_id = str(uuid4())
    launcher.celery.backend.store_result(task_id, {"pid": 1, "hostname": worker}, state)
    return task_id


def run_of(launcher: AskingCeleryRunLauncher, state: str, worker: str) -> DagsterRun:
    task_id = task_of(launcher, state, worker)
    return DagsterRun("daily", tags={"dagster-celery/task_id": task_id})


def step_of(
    launcher: AskingCeleryRunLauncher, state: str, worker: str, silence_seconds: float = 60
) -> StepTask:
    result = launcher.celery.AsyncResult(task_of(launcher, state, worker))
    return StepTask(result, Workers(launcher.celery, silence_seconds))


def test_a_run_that_its_worker_does_not_know_is_lost(launcher: AskingCeleryRunLauncher):
    with start_worker(launcher.celery, perform_ping_check=False) as worker:
        health = launcher.check_run_worker_health(run_of(launcher, "STARTED", worker.hostname))
    assert health.status is WorkerStatus.NOT_FOUND
    assert health.msg == f"{worker.hostname} was started anew and does not have the task"


def test_one_answer_that_fails_to_come_ends_no_run(launcher: AskingCeleryRunLauncher):
    health = launcher.check_run_worker_health(run_of(launcher, "STARTED", "gone@nowhere"))
    assert health.status is WorkerStatus.RUNNING


def test_a_task_that_is_over_is_what_the_backend_says(launcher: AskingCeleryRunLauncher):
    health = launcher.check_run_worker_health(run_of(launcher, "SUCCESS", "gone@nowhere"))
    assert health.status is WorkerStatus.SUCCESS


def test_a_step_of_a_worker_that_is_gone_is_lost(launcher: AskingCeleryRunLauncher):
    step = step_of(launcher, "STARTED", "gone@nowhere", silence_seconds=0)
    assert step.ready()
    with pytest.raises(StepLostError, match="gone@nowhere has not answered for 0 s"):
        step.get()


def test_a_step_is_not_over_while_its_worker_may_answer(launcher: AskingCeleryRunLauncher):
    assert not step_of(launcher, "STARTED", "gone@nowhere").ready()


def test_a_step_that_is_over_has_its_result(launcher: AskingCeleryRunLauncher):
    """Its run is a task too, in which Celery lets nobody wait for tasks unless told to."""
    step = step_of(launcher, "SUCCESS", "gone@nowhere")
    assert step.ready()
    with denied_join_result():
        assert step.get() == {"pid": 1, "hostname": "gone@nowhere"}


def test_a_run_that_is_terminated_is_cancelled(launcher: AskingCeleryRunLauncher):
    """Be it a task or, as the command line's are, none."""
    task = run_of(launcher, "STARTED", "gone@nowhere").with_status(DagsterRunStatus.STARTED)
    none = DagsterRun("daily", status=DagsterRunStatus.STARTED)
    with DagsterInstance.ephemeral() as instance:
        launcher.register_instance(instance)
        for run in (task, none):
            instance.add_run(run)
            assert launcher.check_run_worker_health(run).status is WorkerStatus.RUNNING
            assert launcher.terminate(run.run_id)
            cancelling = instance.get_run_by_id(run.run_id)
            assert cancelling is not None
            assert cancelling.status is DagsterRunStatus.CANCELING


def test_the_runs_of_a_lost_worker_are_noticed_within_a_minute(monkeypatch: pytest.MonkeyPatch):
    """By deploy/celery as it is. The worker is lost just after it was asked: the next look begins
    its silence, and the first look after the silence ends its runs. Each look asks for all of them,
    one after the other."""
    for name, value in SERVERS.items():
        monkeypatch.setenv(name, value)
    config = yaml.safe_load((FOLDER / "dagster.yaml").read_text())
    asked = process_config(AskingCeleryRunLauncher.config_type(), config["run_launcher"]["config"])
    assert asked.success, asked.errors
    silence_s = (asked.value or {})["worker_silence_seconds"]
    runs = re.search(r"worker --concurrency (\d+) -n NAME", (FOLDER / "README.md").read_text())
    assert runs
    look_s = config["run_monitoring"]["poll_interval_seconds"] + ANSWER_S * int(runs[1])
    assert look_s + silence_s + look_s <= 60


def test_workers_refuse_an_instance_that_launches_by_other_means(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("DAGSTER_HOME", "")
    monkeypatch.delenv("DAGSTER_HOME")
    home = ensure_dagster_home(tmp_path)
    with pytest.raises(UserError, match="with DefaultRunLauncher, not with Celery") as refused:
        import_module("wattif_dagster.deploy.celery_app")
    assert str(refused.value).startswith(f"{home}/dagster.yaml")
