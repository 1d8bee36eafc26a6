"""What happens when the terminal of a command is closed while services run for it."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def interrupt_on_hangup() -> Iterator[Callable[[], None]]:
    """Inside the block, the first SIGHUP raises KeyboardInterrupt, and later ones are ignored.

    A terminal that closes sends SIGHUP, often more than once, and by default the process then
    ends without any cleanup. The block gets a function that makes the process ignore SIGHUP from
    then on, for the time of the cleanup.

    Nothing changes where SIGHUP already has a handler or is ignored (nohup), in a thread other
    than the main one, and on Windows, which has no SIGHUP.
    """
    if (
        not hasattr(signal, "SIGHUP")
        or threading.current_thread() is not threading.main_thread()
        or signal.getsignal(signal.SIGHUP) is not signal.SIG_DFL
    ):
        yield lambda: None
        return

    def ignore() -> None:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    def interrupt(*_: object) -> None:
        ignore()
        raise KeyboardInterrupt

    signal.signal(signal.SIGHUP, interrupt)
    try:
        yield ignore
    finally:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
