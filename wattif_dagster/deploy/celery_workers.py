"""Whether a Celery worker still has the task it began: it is asked itself."""

import time

from celery import Celery

ANSWER_S = 3.0
"""How long a worker is waited for each time it is asked."""


class Workers:
    """Of an app whose result backend keeps results apart from the asking process, such as Redis.

    The backend says STARTED of a task for ever once its machine has lost power or its worker was
    killed.
    """

    def __init__(self, celery: Celery, silence_seconds: float) -> None:
        self._celery = celery
        self._silence_seconds = silence_seconds
        self._silent_since: dict[str, float] = {}

    def lost(self, task_id: str) -> str | None:
        """Why a task that has begun will not end; None of one that may, is over or waits.

        One answer that fails to come says nothing: a worker is gone when it has given none for
        `silence_seconds`.
        """
        worker = self._at_work_on(task_id)
        if worker is None:
            self._silent_since.pop(task_id, None)
            return None
        inspect = self._celery.control.inspect(destination=[worker], timeout=ANSWER_S)
        answers = inspect.query_task(task_id)
        if not answers:
            return self._unanswered(task_id, worker)
        self._silent_since.pop(task_id, None)
        # A task that is over by now is none of the worker's either; the backend knows.
        if answers[worker] or self._at_work_on(task_id) is None:
            return None
        return f"{worker} was started anew and does not have the task"

    def _at_work_on(self, task_id: str) -> str | None:
        """The worker that the backend names; None of a task that waits or is over."""
        task = self._celery.backend.get_task_meta(task_id)
        return task["result"]["hostname"] if task["status"] == "STARTED" else None

    def _unanswered(self, task_id: str, worker: str) -> str | None:
        now = time.monotonic()
        silence = now - self._silent_since.setdefault(task_id, now)
        if silence < self._silence_seconds:
            return None
        del self._silent_since[task_id]
        return f"{worker} has not answered for {silence:.0f} s"
