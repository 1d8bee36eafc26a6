import os
import signal

import pytest
from wattif_dagster.backfills.interrupts import interrupts_heeded


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_is_noted_and_the_second_interrupts(end: signal.Signals):
    before = signal.getsignal(end)
    with interrupts_heeded() as asked:
        os.kill(os.getpid(), end)
        assert asked.wait(1)
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), end)
    assert signal.getsignal(end) is before


def test_a_signal_that_is_to_be_ignored_stays_so():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with interrupts_heeded() as asked:
            os.kill(os.getpid(), signal.SIGINT)
            assert not asked.is_set()
    finally:
        signal.signal(signal.SIGINT, before)
