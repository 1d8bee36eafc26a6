"""Ctrl-C, heeded where it can be."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def interrupts_heeded() -> Iterator[threading.Event]:
    """Inside the with block SIGINT and SIGTERM set the event; the next one is a KeyboardInterrupt.

    For the main thread. An exception at any place in it would cut a line of output short, or be
    lost in a finalizer. A signal that the process was told to ignore stays ignored.
    """
    asked = threading.Event()

    def heed(*_: object) -> None:
        if asked.is_set():
            raise KeyboardInterrupt
        asked.set()

    ends = (signal.SIGINT, signal.SIGTERM)
    before = {end: signal.getsignal(end) for end in ends}
    for end, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(end, heed)
    try:
        yield asked
    finally:
        for end, handler in before.items():
            signal.signal(end, handler)
