"""A Bloom filter of serials: bloom-filter2's own, filled and asked by the batch.

The library sizes the filter, keeps its bits in a memory-mapped file and takes our probes. Batches
read and set the same bits with numpy, so `serial in filter.library` says what `contains` says.
"""

from collections.abc import Iterator
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self, cast

import numpy as np
from bloom_filter2 import BloomFilter
from bloom_filter2.bloom_filter import Mmap_backend
from numpy.typing import NDArray

from wattif_dagster.metering.draws import GAMMA, mix
from wattif_dagster.metering.serials import serial_number

ERROR_RATE = 0.001


class SerialFilter:
    """The set of serials issued so far, without false negatives. A context manager.

    `library` is the bloom_filter2.BloomFilter over the same bits; its keys are serials as text.
    """

    def __init__(self, capacity: int, bits: NDArray[np.uint8] | None = None) -> None:
        """An empty filter sized for `capacity` serials, or one with the bits of an earlier one.

        Raises ValueError if the bits are not those of a filter of that capacity.
        """
        with TemporaryDirectory(prefix="wattif-") as folder:
            self.library = BloomFilter(
                max_elements=capacity,
                error_rate=ERROR_RATE,
                probe_bitnoer=_probes_of_text,
                filename=(f"{folder}/serials", -1),
            )
        # The file has no name any more, but lives on with its mapping: a crash leaves nothing.
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
        """Give back the mapping and its file."""
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


def _probes_of_text(library: BloomFilter, serial: str) -> Iterator[int]:
    """The library's hook: the bits of one key."""
    starts, strides = _hashes(np.array([serial_number(serial)]))
    for probe in range(library.num_probes_k):
        yield _bit_numbers(starts, strides, probe, library.num_bits_m).item()
