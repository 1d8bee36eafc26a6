"""Executes steps as Celery tasks, and asks their workers whether they still execute them.

Broker and result backend are those of the run launcher.
"""

import time
from collections.abc import Generator
from typing import Any

from celery.result import AsyncResult
from dagster import (
    DagsterEvent,
    InitExecutorContext,
    executor,
    multiple_process_executor_requirements,
)
from dagster._core.execution.retries import RetryMode
from dagster_celery.core_execution_loop import core_celery_execution_loop
from dagster_celery.executor import CeleryExecutor, _submit_task

from wattif_dagster.deploy.celery_launcher import require_celery_launcher
from wattif_dagster.deploy.celery_workers import WorkerMonitor

QUEUE = "steps"
"""Runs have another queue: each run waits for its steps, and would wait forever if runs occupied
all workers."""

CHECK_SECONDS = 5.0
"""How often a step's worker is asked."""


class StepLostError(Exception):
    """The worker of a step is lost."""


class StepTask:
    """The task of a step. The task also ends when its worker is lost.

    The run then fails, and not because of the step, so that `run_retries` starts it again from the
    steps that did not succeed. With the stock executor it waits forever.
    """

    def __init__(self, result: AsyncResult, workers: WorkerMonitor) -> None:
        self._result = result
        self._workers = workers
        self._checked_at = time.monotonic()
        self._loss: str | None = None

    def ready(self) -> bool:
        """Whether the step has ended, or its worker is lost."""
        if self._result.ready():
            return True
        if time.monotonic() - self._checked_at >= CHECK_SECONDS:
            self._loss = self._workers.find_loss(str(self._result.id))
            self._checked_at = time.monotonic()
        return self._loss is not None

    def get(self) -> Any:
        """The step's events. Raises StepLostError, or what the task raised."""
        if self._loss is not None:
            raise StepLostError(self._loss)
        # Celery forbids tasks to wait for tasks, because all workers might wait. Runs are tasks.
        return self._result.get(disable_sync_subtasks=False)

    def revoke(self) -> None:
        """Cancel the step: no worker begins it, and a worker that executes it is interrupted.

        The worker's process gets SIGTERM, which Dagster raises as an interrupt inside the step.
        """
        self._result.revoke(terminate=True)


class MonitoredCeleryExecutor(CeleryExecutor):
    """A CeleryExecutor whose steps end when their worker is lost, or when the run is canceled."""

    def __init__(self, workers: WorkerMonitor, **config: Any) -> None:
        super().__init__(**config)
        self._workers = workers

    def execute(self, plan_context: Any, execution_plan: Any) -> Generator[DagsterEvent, Any, None]:
        """Yield the events of the run as its steps end."""

        def submit(*step: Any) -> StepTask:
            return StepTask(_submit_task(*step), self._workers)

        return core_celery_execution_loop(plan_context, execution_plan, step_execution_fn=submit)


@executor(name="celery", requirements=multiple_process_executor_requirements())
def monitored_celery_executor(context: InitExecutorContext) -> MonitoredCeleryExecutor:
    """Steps go to the broker of the instance's runs, to a queue of their own.

    Raises UserError when the instance does not launch its runs with Celery.
    """
    launcher = require_celery_launcher(context.instance)
    return MonitoredCeleryExecutor(
        launcher.workers,
        broker=launcher.broker,
        backend=launcher.backend,
        include=launcher.include,
        config_source={**launcher.config_source, "task_default_queue": QUEUE},
        retries=RetryMode.ENABLED,
    )
