"""SIGHUP interrupts a block once, and other handlers stay in place."""

import signal
import threading
from collections.abc import Iterator

import pytest

from wattif_dagster.local_cloud.hangup import interrupt_on_hangup


@pytest.fixture(autouse=True)
def _default_handler() -> Iterator[None]:
    """The process handles SIGHUP by default, also if the tests run under nohup."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


def test_only_the_first_hangup_interrupts() -> None:
    cleanups: list[str] = []

    def hang_up_twice() -> None:
        with interrupt_on_hangup():
            try:
                signal.raise_signal(signal.SIGHUP)
            finally:
                signal.raise_signal(signal.SIGHUP)
                cleanups.append("done")

    with pytest.raises(KeyboardInterrupt):
        hang_up_twice()
    assert cleanups == ["done"]
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_DFL


def test_hangup_is_ignored_during_the_cleanup() -> None:
    with interrupt_on_hangup() as ignore_hangups:
        ignore_hangups()
        signal.raise_signal(signal.SIGHUP)
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_DFL


def test_another_handler_is_kept() -> None:
    """nohup sets SIG_IGN, and a program can have its own handler."""
    received: list[int] = []
    for handler in (signal.SIG_IGN, lambda number, _: received.append(number)):
        signal.signal(signal.SIGHUP, handler)
        with interrupt_on_hangup() as ignore_hangups:
            signal.raise_signal(signal.SIGHUP)
            ignore_hangups()
            assert signal.getsignal(signal.SIGHUP) is handler
    assert received == [signal.SIGHUP]


def test_other_threads_change_no_handler() -> None:
    seen: list[object] = []

    def enter() -> None:
        with interrupt_on_hangup():
            seen.append(signal.getsignal(signal.SIGHUP))

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert seen == [signal.SIG_DFL]
