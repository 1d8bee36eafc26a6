"""Runs as Celery tasks, on workers that are asked whether they still have them."""

from typing import Any

from dagster import DagsterInstance, DagsterRun, Field, Float
from dagster._core.launcher import CheckRunHealthResult, WorkerStatus
from dagster_celery.launcher import CeleryRunLauncher
from dagster_celery.tags import DAGSTER_CELERY_TASK_ID_TAG

from wattif_dagster.deploy.celery_workers import Workers
from wattif_dagster.errors import UserError

SILENCE_S = 20.0
"""With run_monitoring every 10 s the runs of a lost worker are noticed within a minute, and one
lost answer of a busy worker ends no run."""


class AskingCeleryRunLauncher(CeleryRunLauncher):
    """As CeleryRunLauncher, but a run is running only while its worker says so.

    And a run that is terminated is cancelled. The stock launcher ends its task and says nothing of
    it: the run counts as failed, and run_retries starts it again.
    """

    def __init__(self, worker_silence_seconds: float = SILENCE_S, **config: Any) -> None:
        super().__init__(**config)
        self.workers = Workers(self.celery, worker_silence_seconds)

    @classmethod
    def config_type(cls) -> Any:
        """As the stock launcher's, and how long a worker may be silent."""
        stock: Any = super().config_type()
        silence = Field(
            Float,
            is_required=False,
            default_value=SILENCE_S,
            description="A worker that has answered nothing for so long is gone.",
        )
        return {**stock, "worker_silence_seconds": silence}

    def terminate(self, run_id: str) -> bool:
        """Cancel the run; False when there is nothing to cancel."""
        run = self._instance.get_run_by_id(run_id)
        if run is None or run.is_finished:
            return False
        self._instance.report_run_canceling(run)
        return super().terminate(run_id) if _is_task(run) else True

    def check_run_worker_health(self, run: DagsterRun) -> CheckRunHealthResult:
        """What the result backend says of the run's task; where that is STARTED, its worker."""
        if not _is_task(run):
            return CheckRunHealthResult(WorkerStatus.RUNNING)
        lost = self.workers.lost(run.tags[DAGSTER_CELERY_TASK_ID_TAG])
        if lost is not None:
            return CheckRunHealthResult(WorkerStatus.NOT_FOUND, lost)
        return super().check_run_worker_health(run)


def _is_task(run: DagsterRun) -> bool:
    """Runs of the command line are none: they are in its own process, and look themselves whether
    they are cancelled."""
    return DAGSTER_CELERY_TASK_ID_TAG in run.tags


def celery_launcher(instance: DagsterInstance) -> AskingCeleryRunLauncher:
    """The instance's run launcher. Raises UserError when it is another."""
    launcher = instance.run_launcher
    if not isinstance(launcher, AskingCeleryRunLauncher):
        raise UserError(
            f"{instance.root_directory}/dagster.yaml launches runs with "
            f"{type(launcher).__name__}, not with Celery; use deploy/celery/dagster.yaml"
        )
    return launcher
