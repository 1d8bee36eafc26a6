"""Steps as Celery tasks: celery_executor with the broker of the run launcher, on workers that are
asked whether they still have them."""

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
from dagster._core.execution.context.system import PlanOrchestrationContext
from dagster._core.execution.plan.plan import ExecutionPlan
from dagster._core.execution.retries import RetryMode
from dagster_celery.core_execution_loop import core_celery_execution_loop
from dagster_celery.executor import CeleryExecutor, _submit_task

from wattif_dagster.deploy.celery_launcher import celery_launcher
from wattif_dagster.deploy.celery_workers import Workers

QUEUE = "steps"
"""Not that of the runs: each run waits for its steps, and would wait for ever where runs have taken
all workers."""

ASK_EVERY_S = 5.0


class StepLostError(Exception):
    """The worker of a step is gone."""


class StepTask:
    """A step's task. It is over too when its worker has lost it: the stock executor waits for ever.

    The run ends then, and not for a failure of the step, so that run_retries starts it anew from
    the steps that did not end.
    """

    def __init__(self, result: AsyncResult, workers: Workers) -> None:
        self._result = result
        self._workers = workers
        self._asked_at = time.monotonic()
        self._lost: str | None = None

    def ready(self) -> bool:
        """Whether the step is over, or lost."""
        if self._result.ready():
            return True
        if time.monotonic() - self._asked_at >= ASK_EVERY_S:
            self._lost = self._workers.lost(str(self._result.id))
            self._asked_at = time.monotonic()
        return self._lost is not None

    def get(self) -> Any:
        """The step's events. Raises StepLostError, or what the task raised."""
        if self._lost is not None:
            raise StepLostError(self._lost)
        # Celery forbids a task to wait for another, lest all workers do: the run is a task as well.
        return self._result.get(disable_sync_subtasks=False)

    def revoke(self) -> None:
        """Have no worker begin with it; a step under way sees itself that its run is cancelled."""
        self._result.revoke()


class AskingCeleryExecutor(CeleryExecutor):
    """As CeleryExecutor, but a step is under way only while its worker says so."""

    def __init__(self, workers: Workers, **config: Any) -> None:
        super().__init__(**config)
        self._workers = workers

    def execute(
        self, plan_context: PlanOrchestrationContext, execution_plan: ExecutionPlan
    ) -> Generator[DagsterEvent, Any, None]:
        """The events of the run, as its steps end."""

        def submit(*step: Any) -> StepTask:
            return StepTask(_submit_task(*step), self._workers)

        return core_celery_execution_loop(plan_context, execution_plan, step_execution_fn=submit)


@executor(name="celery", requirements=multiple_process_executor_requirements())
def asking_celery_executor(context: InitExecutorContext) -> AskingCeleryExecutor:
    """Steps go where the instance's runs go, to a queue of their own.

    Raises UserError when the instance launches its runs by other means.
    """
    launcher = celery_launcher(context.instance)
    return AskingCeleryExecutor(
        launcher.workers,
        broker=launcher.broker,
        backend=launcher.backend,
        include=launcher.include,
        config_source={**launcher.config_source, "task_default_queue": QUEUE},
        retries=RetryMode.ENABLED,
    )
