"""Launches runs as Celery tasks, and asks their workers whether they still execute them."""

from typing import Any

from dagster import DagsterInstance, DagsterRun, Field, Float
from dagster._core.launcher import CheckRunHealthResult, WorkerStatus
from dagster_celery.launcher import CeleryRunLauncher
from dagster_celery.tags import DAGSTER_CELERY_TASK_ID_TAG

from wattif_dagster.deploy.celery_workers import WorkerMonitor
from wattif_dagster.errors import UserError

SILENCE_SECONDS = 20.0
"""With run_monitoring every 10 s, a lost worker is noticed within a minute, and one answer that a
busy worker does not give ends no run."""


class MonitoredCeleryRunLauncher(CeleryRunLauncher):
    """A CeleryRunLauncher whose runs end when their worker is lost, or when they are terminated.

    The stock launcher believes the result backend, which says STARTED of a lost run forever. And
    it reports a terminated run as failed, so that `run_retries` starts it again.
    """

    def __init__(self, worker_silence_seconds: float = SILENCE_SECONDS, **config: Any) -> None:
        super().__init__(**config)
        self.workers = WorkerMonitor(self.celery, worker_silence_seconds)

    @classmethod
    def config_type(cls) -> Any:
        """The options of the stock launcher, and how long a worker may be silent."""
        stock: Any = super().config_type()
        silence = Field(
            Float,
            is_required=False,
            default_value=SILENCE_SECONDS,
            description="A worker that has not answered for so long is lost.",
        )
        return {**stock, "worker_silence_seconds": silence}

    def terminate(self, run_id: str) -> bool:
        """Cancel the run; False when there is no such run, or it has ended."""
        run = self._instance.get_run_by_id(run_id)
        if run is None or run.is_finished:
            return False
        self._instance.report_run_canceling(run)
        return super().terminate(run_id) if _is_task(run) else True

    def check_run_worker_health(self, run: DagsterRun) -> CheckRunHealthResult:
        """What the result backend says of the run's task; if STARTED, what its worker says."""
        if not _is_task(run):
            return CheckRunHealthResult(WorkerStatus.RUNNING)
        loss = self.workers.find_loss(run.tags[DAGSTER_CELERY_TASK_ID_TAG])
        if loss is not None:
            return CheckRunHealthResult(WorkerStatus.NOT_FOUND, loss)
        return super().check_run_worker_health(run)


def _is_task(run: DagsterRun) -> bool:
    """Whether the run is a Celery task.

    Runs of the command line are not: they execute in its process, which looks itself whether they
    are canceled.
    """
    return DAGSTER_CELERY_TASK_ID_TAG in run.tags


def require_celery_launcher(instance: DagsterInstance) -> MonitoredCeleryRunLauncher:
    """The instance's run launcher. Raises UserError when it is of another kind."""
    launcher = instance.run_launcher
    if not isinstance(launcher, MonitoredCeleryRunLauncher):
        raise UserError(
            f"{instance.root_directory}/dagster.yaml launches runs with "
            f"{type(launcher).__name__}, not with Celery. Use deploy/celery/dagster.yaml."
        )
    return launcher
