"""Runs as Celery tasks, on workers that are asked whether they still have them."""

import time
from collections.abc import Mapping
from typing import Any

from dagster import DagsterRun
from dagster._core.launcher import CheckRunHealthResult, WorkerStatus
from dagster_celery.launcher import CeleryRunLauncher
from dagster_celery.tags import DAGSTER_CELERY_TASK_ID_TAG

ANSWER_S = 3.0
"""How long a worker is waited for each time it is asked."""

SILENCE_S = 20.0
"""A worker that has answered nothing for so long is gone. With run_monitoring every 10 s its runs
are noticed within 45 s, and one lost answer of a busy worker ends no run."""

_Task = Mapping[str, Any]


class AskingCeleryRunLauncher(CeleryRunLauncher):
    """As CeleryRunLauncher, but a run is running only while its worker says so.

    The result backend says STARTED of a task for ever once its machine has lost power or its worker
    was killed: the stock launcher would take the run for a running one. Needs a result backend that
    keeps results apart from the asking process, such as Redis; not `rpc://`.

    And a run that is terminated is cancelled. The stock launcher ends its task and says nothing of
    it: the run counts as failed, and run_retries starts it again.
    """

    def __init__(self, **config: Any) -> None:
        super().__init__(**config)
        self._silent_since: dict[str, float] = {}

    def terminate(self, run_id: str) -> bool:
        """Cancel the run; False when there is nothing to cancel."""
        run = self._instance.get_run_by_id(run_id)
        if run is None or run.is_finished:
            return False
        self._instance.report_run_canceling(run)
        return super().terminate(run_id)

    def check_run_worker_health(self, run: DagsterRun) -> CheckRunHealthResult:
        """What the result backend says of the run's task; where that is STARTED, its worker."""
        task_id = run.tags[DAGSTER_CELERY_TASK_ID_TAG]
        task = self._task(task_id)
        if task["status"] != "STARTED":
            self._silent_since.pop(task_id, None)
            return super().check_run_worker_health(run)
        worker = task["result"]["hostname"]
        inspect = self.celery.control.inspect(destination=[worker], timeout=ANSWER_S)
        answers = inspect.query_task(task_id)
        if not answers:
            return self._unanswered(task_id, worker)
        self._silent_since.pop(task_id, None)
        # A task that is over by now is none of the worker's either; the backend knows.
        if answers[worker] or self._task(task_id)["status"] != "STARTED":
            return CheckRunHealthResult(WorkerStatus.RUNNING)
        return CheckRunHealthResult(
            WorkerStatus.NOT_FOUND, f"{worker} was started anew and does not have the run's task"
        )

    def _task(self, task_id: str) -> _Task:
        return self.celery.backend.get_task_meta(task_id)

    def _unanswered(self, task_id: str, worker: str) -> CheckRunHealthResult:
        now = time.monotonic()
        silence = now - self._silent_since.setdefault(task_id, now)
        if silence < SILENCE_S:
            return CheckRunHealthResult(WorkerStatus.RUNNING)
        del self._silent_since[task_id]
        return CheckRunHealthResult(
            WorkerStatus.NOT_FOUND, f"{worker} has not answered for {silence:.0f} s"
        )
