import os
import signal
import threading

import pytest

from wattif_dagster.cli.interrupts import SIGNALS, interrupts_set


@pytest.mark.parametrize("number", SIGNALS)
def test_first_signal_sets_stop_and_the_second_interrupts(number: signal.Signals):
    # Whoever runs the tests may have it ignored, as nohup does.
    original = signal.signal(number, signal.default_int_handler)
    before, stop = signal.getsignal(number), threading.Event()
    with interrupts_set(stop):
        os.kill(os.getpid(), number)
        assert stop.wait(30)
        if number == signal.SIGHUP:
            os.kill(os.getpid(), number)
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(number) is before
    signal.signal(number, original)


def test_ignored_signal_stays_ignored():
    before, stop = signal.signal(signal.SIGINT, signal.SIG_IGN), threading.Event()
    try:
        with interrupts_set(stop):
            os.kill(os.getpid(), signal.SIGINT)
            assert not stop.is_set()
    finally:
        signal.signal(signal.SIGINT, before)
