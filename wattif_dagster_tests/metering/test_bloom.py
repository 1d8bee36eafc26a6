import errno
import os
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattif_dagster.errors import UserError
from wattif_dagster.metering import bloom
from wattif_dagster.metering.bloom import ERROR_RATE, SerialFilter
from wattif_dagster.metering.issuing import list_candidates
from wattif_dagster.metering.serials import serial_text
from wattif_dagster_tests.support.strategies import serial_arrays

# Small ones are soon full, so false positives occur and must agree too.
capacities = st.sampled_from([1, 3, 20, 1000])


@given(capacities, serial_arrays(40), serial_arrays(40))
def test_what_a_batch_adds_the_library_contains(capacity, added, others):
    with SerialFilter(capacity) as issued:
        issued.add(added)
        assert all(serial in issued.library for serial in serial_text(added))
        assert issued.contains(added).all()
        asked = [serial in issued.library for serial in serial_text(others)]
        assert issued.contains(others).tolist() == asked


@given(capacities, serial_arrays(40), serial_arrays(40))
def test_what_the_library_adds_a_batch_contains(capacity, added, others):
    with SerialFilter(capacity) as issued, SerialFilter(capacity) as by_batch:
        for serial in serial_text(added):
            issued.library.add(serial)
        by_batch.add(added)
        np.testing.assert_array_equal(issued.bits, by_batch.bits)
        asked = [serial in issued.library for serial in serial_text(others)]
        assert issued.contains(others).tolist() == asked


def test_an_empty_filter_contains_nothing():
    with SerialFilter(100) as issued:
        assert not issued.contains(np.arange(1000)).any()
        assert "MAC00000001" not in issued.library


def test_a_full_filter_errs_at_its_rate():
    numbers = list_candidates(7, date(2024, 1, 1), 0, 250_000)
    added, others = numbers[:50_000], numbers[50_000:]
    with SerialFilter(50_000) as issued:
        issued.add(added)
        assert issued.contains(added).all()
        assert issued.contains(others).mean() == pytest.approx(ERROR_RATE, rel=0.25)


@given(capacities, serial_arrays(40), serial_arrays(40))
def test_a_filter_can_be_restored_from_its_bits(capacity, added, others):
    with SerialFilter(capacity) as issued:
        issued.add(added)
        with SerialFilter(capacity, issued.bits) as restored:
            np.testing.assert_array_equal(issued.contains(others), restored.contains(others))


LARGE = 100_000
"""Serials whose filter takes 180 kB."""


def count_reserved_bytes(issued: SerialFilter) -> int:
    backend: Any = issued.library.backend
    return os.fstat(backend.file_).st_blocks * 512


@pytest.mark.parametrize("fallocate", [True, False], ids=["posix_fallocate", "write"])
def test_filter_reserves_its_disk_space(monkeypatch: pytest.MonkeyPatch, fallocate: bool):
    """Without it, a full disk ends the process with SIGBUS when a bit is set."""
    if not fallocate:
        monkeypatch.delattr(os, "posix_fallocate")
        monkeypatch.setattr(bloom, "_RESERVED_AT_ONCE", 1000)
    with SerialFilter(LARGE) as issued:
        assert count_reserved_bytes(issued) >= issued.bits.size > 100_000
        assert not issued.bits.any()


@pytest.mark.parametrize("bits", [None, np.zeros(1, np.uint8)])
def test_full_disk_is_one_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, bits):
    def fail(_file: int, _start: int, _size: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(os, "posix_fallocate", fail)
    open_before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(UserError) as caught:
        SerialFilter(LARGE, bits)
    assert str(caught.value) == (
        f"The filter of issued serials does not fit into {tmp_path} (No space left on device). "
        "Free some space, or set TMPDIR to a folder on another disk."
    )
    assert list(tmp_path.iterdir()) == []
    assert len(os.listdir("/proc/self/fd")) == open_before


FULL_DISK = """
import resource
from wattif_dagster.errors import UserError
from wattif_dagster.metering.fleet import first_fleet
from wattif_dagster.metering.simulation import Simulation

resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
try:
    first_fleet(Simulation(meters=100_000))
except UserError as error:
    print(error)
"""


def test_process_survives_a_limit_on_files(tmp_path: Path):
    child = subprocess.run(
        [sys.executable, "-c", FULL_DISK],
        env={**os.environ, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (child.returncode, child.stderr) == (0, "")
    assert child.stdout.startswith(f"The filter of issued serials does not fit into {tmp_path} (")


def test_bits_of_another_capacity_are_refused():
    with SerialFilter(100) as issued:
        bits = issued.bits
    with pytest.raises(ValueError, match="not a filter of 1000 serials"):
        SerialFilter(1000, bits)


def test_the_library_refuses_what_is_no_serial():
    with SerialFilter(100) as issued, pytest.raises(ValueError, match="is not a serial"):
        issued.library.add("MAC1")


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="needs /proc to count open files")
def test_nothing_is_left_open_or_on_disk(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    open_before = len(os.listdir("/proc/self/fd"))
    with SerialFilter(1000) as issued:
        assert list(tmp_path.iterdir()) == []
        issued.add(np.arange(10))
    assert len(os.listdir("/proc/self/fd")) == open_before
    with pytest.raises(ValueError, match="not a filter"):
        SerialFilter(1000, np.zeros(1, np.uint8))
    assert len(os.listdir("/proc/self/fd")) == open_before
