"""Waiting for a condition, with a deadline."""

import time
from collections.abc import Callable

PATIENCE_SECONDS = 240.0


def wait_until(is_true: Callable[[], bool], what: str, seconds: float = PATIENCE_SECONDS) -> None:
    """Wait until the condition holds; fail, saying `what` did not happen, at the deadline."""
    deadline = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < deadline, what
        time.sleep(0.1)
