"""SIGINT and SIGTERM where they would do harm: ignored, or held until it is done.

Python runs their handlers in the main thread alone, between any two steps of it, and Dagster's
raises there. In another thread nothing has to be done.
"""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TypeAlias

ENDS = (signal.SIGINT, signal.SIGTERM)

_Handler: TypeAlias = Callable[[int, FrameType | None], object] | signal.Handlers


@contextmanager
def signals_ignored() -> Iterator[None]:
    """For a run that is ending as it is.

    A cancellation is often seen in the run's status just before its signal comes. Raised while
    Dagster stores a materialization, it leaves the day in the run's log but not in the asset's.
    """
    with _handled_by(signal.SIG_IGN):
        yield


@contextmanager
def signals_held() -> Iterator[None]:
    """They come after what is done within."""
    held: list[int] = []
    with _handled_by(lambda number, _frame: held.append(number)):
        yield
    for number in held:
        signal.raise_signal(number)


@contextmanager
def _handled_by(handler: _Handler) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {end: signal.signal(end, handler) for end in ENDS}
    try:
        yield
    finally:
        for end, was in before.items():
            signal.signal(end, was if was is not None else signal.SIG_DFL)
