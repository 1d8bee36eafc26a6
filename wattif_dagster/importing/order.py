"""Brings the rows of a day into the order of meters and times, and keeps the last of each time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from wattif_dagster.importing.intervals import Fit
from wattif_dagster.importing.spill import SECONDS_PER_DAY, Rows, Spill
from wattif_dagster.importing.staging import LANDED

CHUNK_ROWS = 4_000_000
"""About as many rows of a day are brought into order at once."""
SECOND_BITS = 17
"""Of the key that is sorted: the second of the day. The meter has the bits above."""


@dataclass(frozen=True, eq=False)
class Block:
    """Readings of one day, in the order of meters and times; each array has the shape (rows,).

    `meters` are places in the sorted serials, `seconds` are of the day, readings are in mW.
    """

    day: int
    meters: NDArray[np.int64]
    seconds: NDArray[np.int64]
    mw: NDArray[np.int64]
    landed: int
    """Readings that are of files."""
    replaced: int
    """Rows of files whose meter and time have a later row."""
    differs: bool
    """Whether some reading is not what was landed before."""


@dataclass(frozen=True, eq=False)
class Ordered:
    """Rows that can be read in order: those of `landed` first, over which those of `spill` win."""

    spill: Spill
    landed: Spill
    fit: Fit
    all_serials: Sequence[str]

    @cached_property
    def serials(self) -> list[str]:
        """The serials of the meters that fit the interval, in order."""
        return [self.all_serials[meter] for meter in self._fitting]

    @property
    def days(self) -> list[int]:
        """The days with rows of files, since 1970."""
        return self.spill.days

    def read_day(self, day: int) -> Iterator[Block]:
        """Read the readings of a day, in blocks of some meters each."""
        spills = (self.landed, self.spill)
        chunks = -(-sum(spill.count(day) for spill in spills) // CHUNK_ROWS)
        bounds = [len(self.serials) * n // chunks for n in range(chunks + 1)]
        for first, last in pairwise(bounds):
            yield self._order(day, first, last)

    def differs(self, day: int) -> bool:
        """Whether the readings of a day are not those that were landed before."""
        return any(block.differs for block in self.read_day(day))

    @cached_property
    def _fitting(self) -> list[int]:
        fitting = [n for n in range(len(self.all_serials)) if n not in self.fit.other_interval]
        return sorted(fitting, key=self.all_serials.__getitem__)

    @cached_property
    def _places(self) -> NDArray[np.int64]:
        """The place of each meter among the sorted serials, by its number; -1 without one."""
        places = np.full(len(self.all_serials), -1)
        places[self._fitting] = np.arange(len(self._fitting))
        return places

    def _order(self, day: int, first: int, last: int) -> Block:
        """Order the rows of a day of the meters from the first place to before the last."""
        parts = [
            self._select(rows, first, last)
            for spill in (self.landed, self.spill)
            for rows in spill.read_day(day)
        ]
        key, mw, is_landed = (np.concatenate(columns) for columns in zip(*parts, strict=True))
        if not (np.diff(key) > 0).all():
            order = np.argsort(key, kind="stable")  # the later row of a time stays behind
            key, mw, is_landed = key[order], mw[order], is_landed[order]
        is_last = np.append(np.diff(key) != 0, True)[: len(key)]
        is_first = np.append(True, is_last[:-1])[: len(key)]
        kept, kept_mw, from_files = key[is_last], mw[is_last], ~is_landed[is_last]
        # What was landed comes first of a time.
        same = is_landed[is_first] & (mw[is_first] == kept_mw)
        return Block(
            day=day,
            meters=kept >> SECOND_BITS,
            seconds=kept & ((1 << SECOND_BITS) - 1),
            mw=kept_mw,
            landed=int(from_files.sum()),
            replaced=int((~is_landed[~is_last]).sum()),
            differs=bool((from_files & ~same).any()),
        )

    def _select(
        self, rows: Rows, first: int, last: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
        """The key, the reading and whether it was landed of the rows that fit."""
        mw, places = self.fit.to_mw(rows), self._places[rows["meter"]]
        wanted = (places >= first) & (places < last)
        if self.fit.unfit:
            wanted &= self.fit.find_unfit(rows, mw) == 0
        key = (places << SECOND_BITS) | rows["t"] % SECONDS_PER_DAY
        is_landed = rows["seq"] == LANDED
        if wanted.all():
            return key, mw, is_landed
        return key[wanted], mw[wanted], is_landed[wanted]
