"""Asks Celery workers whether they still execute the tasks that they began."""

import time

from celery import Celery

ANSWER_SECONDS = 3.0
"""How long to wait for a worker's answer."""


class WorkerMonitor:
    """Finds tasks whose worker is lost.

    The result backend says STARTED of a task forever when its worker was killed or its machine lost
    power. The backend must keep results apart from the asking process, as Redis does.
    """

    def __init__(self, celery: Celery, silence_seconds: float) -> None:
        self._celery = celery
        self._silence_seconds = silence_seconds
        self._silent_since: dict[str, float] = {}

    def find_loss(self, task_id: str) -> str | None:
        """Say why a task that has begun will not end; None when it may end, has ended or waits.

        One missing answer proves nothing: a worker is lost when it has given no answer for
        `silence_seconds`.
        """
        worker = self._find_worker(task_id)
        if worker is None:
            self._silent_since.pop(task_id, None)
            return None
        inspect = self._celery.control.inspect(destination=[worker], timeout=ANSWER_SECONDS)
        answers = inspect.query_task(task_id)
        if not answers:
            return self._check_silence(task_id, worker)
        self._silent_since.pop(task_id, None)
        # A worker does not know tasks that have ended either, so the backend is asked again.
        if answers[worker] or self._find_worker(task_id) is None:
            return None
        return f"{worker} was restarted and does not have the task"

    def _find_worker(self, task_id: str) -> str | None:
        """The worker that the backend names; None when the task waits or has ended."""
        task = self._celery.backend.get_task_meta(task_id)
        return task["result"]["hostname"] if task["status"] == "STARTED" else None

    def _check_silence(self, task_id: str, worker: str) -> str | None:
        now = time.monotonic()
        silence = now - self._silent_since.setdefault(task_id, now)
        if silence < self._silence_seconds:
            return None
        del self._silent_since[task_id]
        return f"{worker} has not answered for {silence:.0f} s"
