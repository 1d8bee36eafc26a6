"""A Bloom filter of serials: that of bloom-filter2, filled and asked by the batch.

The library sizes the filter, keeps its bits in a memory-mapped file and calls our probes. Batches
read and set the same bits with numpy, so `serial in filter.library` agrees with `contains`.
"""

import os
from collections.abc import Iterator
from math import ceil, log
from tempfile import TemporaryDirectory, gettempdir
from types import TracebackType
from typing import Self, cast

import numpy as np
from bloom_filter2 import BloomFilter
from bloom_filter2.bloom_filter import Mmap_backend
from numpy.typing import NDArray

from wattif_dagster.errors import UserError
from wattif_dagster.metering.draws import GAMMA, mix
from wattif_dagster.metering.serials import serial_number

ERROR_RATE = 0.001
_RESERVED_AT_ONCE = 2**20


class SerialFilter:
    """The set of serials issued so far, without false negatives. A context manager.

    `library` is the bloom_filter2.BloomFilter over the same bits; its keys are serials as text.
    """

    def __init__(self, capacity: int, bits: NDArray[np.uint8] | None = None) -> None:
        """Make an empty filter for `capacity` serials, or one with the bits of an earlier one.

        Raises UserError when the temporary directory has no space for it, and ValueError if the
        bits are not those of a filter of that capacity.
        """
        self.library = _make_library(capacity)
        self._mapping = cast(Mmap_backend, self.library.backend).mmap
        self._bits = np.frombuffer(self._mapping, np.uint8)
        if bits is not None:
            if bits.shape != self._bits.shape:
                self.close()
                raise ValueError(f"{bits.size} bytes are not a filter of {capacity} serials")
            self._bits[:] = bits

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the mapping and its file."""
        del self._bits  # a mapping cannot be closed while an array looks at it
        self._mapping.close()
        self.library.close()

    @property
    def bits(self) -> NDArray[np.uint8]:
        """A copy of the filter's bits, eight a byte, lowest first."""
        return self._bits.copy()

    def contains(self, numbers: NDArray[np.integer]) -> NDArray[np.bool_]:
        """For each serial number whether it may have been added; False is certain."""
        found = np.ones(len(numbers), np.bool_)
        left = np.arange(len(numbers))
        starts, strides = _hashes(numbers)
        for probe in range(self.library.num_probes_k):
            byte, mask = self._place(starts[left], strides[left], probe)
            is_set = self._bits[byte] & mask != 0
            found[left[~is_set]] = False
            left = left[is_set]
        return found

    def add(self, numbers: NDArray[np.integer]) -> None:
        """Add each serial number."""
        starts, strides = _hashes(numbers)
        for probe in range(self.library.num_probes_k):
            byte, mask = self._place(starts, strides, probe)
            # Of several masks for one byte an assignment keeps only the last: repeat for the rest.
            while byte.size:
                self._bits[byte] |= mask
                lost = self._bits[byte] & mask == 0
                byte, mask = byte[lost], mask[lost]

    def _place(
        self, starts: NDArray[np.uint32], strides: NDArray[np.uint32], probe: int
    ) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
        bit = _bit_numbers(starts, strides, probe, self.library.num_bits_m)
        return bit >> 3, np.left_shift(1, bit & 7, dtype=np.uint8, casting="unsafe")


def _make_library(capacity: int) -> BloomFilter:
    """Make the library's filter, its bits in a file that has no name: a crash leaves nothing."""
    try:
        with TemporaryDirectory(prefix="wattif-") as folder:
            _reserve(f"{folder}/serials", _count_bytes(capacity))
            return BloomFilter(
                max_elements=capacity,
                error_rate=ERROR_RATE,
                probe_bitnoer=_find_bits,
                filename=(f"{folder}/serials", -1),
            )
    except OSError as error:
        raise UserError(
            f"The filter of issued serials does not fit into {gettempdir()} ({error.strerror}). "
            "Free some space, or set TMPDIR to a folder on another disk."
        ) from None


def _count_bytes(capacity: int) -> int:
    """Count the bytes of the library's file: its bits, and two bytes that it adds.

    Bloom: "Space/Time Trade-offs in Hash Coding with Allowable Errors", 1970.
    """
    bits = ceil(-capacity * log(ERROR_RATE) / log(2) ** 2)
    return (bits + 7) // 8 + 2


def _reserve(path: str, size: int) -> None:
    """Make a file of zeros with disk space for all of it. A mapped page without disk space would
    end the process with SIGBUS."""
    with open(path, "wb") as file:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(file.fileno(), 0, size)
            return
        for start in range(0, size, _RESERVED_AT_ONCE):
            file.write(bytes(min(_RESERVED_AT_ONCE, size - start)))


def _hashes(numbers: NDArray[np.integer]) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    halves = mix(numbers.astype(np.uint64) * GAMMA).view("<u4").reshape(-1, 2)
    return halves[:, 0], halves[:, 1]


def _bit_numbers(
    starts: NDArray[np.uint32], strides: NDArray[np.uint32], probe: int, bits: int
) -> NDArray[np.int64]:
    """The bit of the probe-th hash, by double hashing.

    Kirsch, Mitzenmacher: "Less Hashing, Same Performance: Building a Better Bloom Filter", 2006.
    """
    hashes = starts + strides * np.uint32(probe)
    return ((hashes.astype(np.uint64) * np.uint64(bits)) >> np.uint64(32)).view(np.int64)


def _find_bits(library: BloomFilter, serial: str) -> Iterator[int]:
    """Yield the bits of one key, for the library."""
    starts, strides = _hashes(np.array([serial_number(serial)]))
    for probe in range(library.num_probes_k):
        yield _bit_numbers(starts, strides, probe, library.num_bits_m).item()
