"""Ctrl-C and SIGTERM, as an event that the work looks at."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

HANGUP = getattr(signal, "SIGHUP", None)
SIGNALS = [
    number
    for name in ("SIGINT", "SIGTERM", "SIGHUP")
    if (number := getattr(signal, name, None)) is not None
]


@contextmanager
def interrupts_set(stop: threading.Event) -> Iterator[None]:
    """Inside the with block the first signal sets `stop`, and the next one interrupts.

    A closed terminal sends SIGHUP more than once, so a further SIGHUP does nothing.
    For the main thread. An exception raised at an arbitrary place could be lost in a finalizer, or
    cut a line of output short. A signal that the process was told to ignore stays ignored.
    """

    def handle(number: int, _frame: object) -> None:
        if stop.is_set() and number != HANGUP:
            raise KeyboardInterrupt
        stop.set()

    before = {number: signal.getsignal(number) for number in SIGNALS}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, handle)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
