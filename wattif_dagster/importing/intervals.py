"""The interval of readings: found from the times, and held against each meter."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import gcd

import numpy as np
from numpy.typing import NDArray

from wattif_dagster.errors import UserError
from wattif_dagster.importing.lines import HIGHEST_KW, MW_PER_KW
from wattif_dagster.importing.rows import Reason
from wattif_dagster.importing.spill import Rows, Spill
from wattif_dagster.importing.staging import LANDED, Staging
from wattif_dagster.metering.simulation import SECONDS_PER_HOUR

SAMPLED_METERS, SAMPLED_ROWS = 20, 1_000_000
LEAST_READINGS = 4
"""A meter with fewer readings does not show an interval."""
HIGHEST_MW = HIGHEST_KW * MW_PER_KW
SLOTS = 60
"""Places of readings are looked at modulo this many intervals: the bits of a word hold them."""


def find_interval(staging: Staging, landed: int | None = None) -> int:
    """Find the interval in seconds: the most frequent time from a reading to the meter's next.

    A file of corrections has few readings. They are of the interval of the `landed` days, where
    they may be. Where there are no rows, an hour will do. Raises UserError when no meter has two
    readings, or the interval divides no hour.
    """
    if not staging.spill.days:
        return landed or SECONDS_PER_HOUR
    gaps = _find_gaps(_sample(staging))
    if landed and not (gaps % landed).any():
        return landed
    if not len(gaps):
        raise UserError(
            "No meter has two readings, so the interval is not known. Give it in seconds, "
            "e.g. --interval 1800."
        )
    lengths, counts = np.unique(gaps, return_counts=True)
    found = int(lengths[counts.argmax()])
    if found > SECONDS_PER_HOUR or SECONDS_PER_HOUR % found:
        raise UserError(
            f"Most readings are {found:,} seconds apart, but an interval must divide an hour. "
            "Import readings by the hour or finer, or give the interval in seconds with --interval."
        )
    return found


def _sample(staging: Staging) -> Rows:
    """Take the rows of some meters."""
    every = max(1, len(staging.serials) // SAMPLED_METERS)
    taken: list[Rows] = []
    for rows in staging.spill.batches():
        taken.append(rows[rows["meter"] % every == 0])
        if sum(map(len, taken)) >= SAMPLED_ROWS:
            break
    return np.concatenate(taken)


def _find_gaps(rows: Rows) -> NDArray[np.int64]:
    """Find the times between a meter's readings."""
    rows = rows[np.lexsort((rows["t"], rows["meter"]))]
    gaps = np.diff(rows["t"])
    return gaps[(np.diff(rows["meter"]) == 0) & (gaps > 0)]


@dataclass(frozen=True, eq=False)
class Fit:
    """How the rows fit the interval.

    Readings are in mW (millionths of a kW). `lowest` and `highest` bound those that are landed, and
    `finest` is the largest power of ten up to 1,000 mW that divides all of them.
    """

    interval: int
    unit_kw: float
    """The kW of a unit of the values."""
    other_interval: dict[int, int]
    """The interval in seconds of each meter that has another one, by its number; 0 is shorter."""
    lowest: int
    highest: int
    finest: int
    unfit: int
    """Rows that are no readings of this interval, or beyond the largest."""

    def to_mw(self, rows: Rows) -> NDArray[np.int64]:
        """The readings in mW."""
        return np.rint(rows["value"] * (self.unit_kw * 1e6)).astype(np.int64)

    def find_unfit(self, rows: Rows, mw: NDArray[np.int64]) -> NDArray[np.uint8]:
        """Find the code of the reason of each row that does not fit; 0 where it does."""
        reasons = np.zeros(len(rows), np.uint8)
        reasons[np.abs(mw) > HIGHEST_MW] = Reason.RANGE.code
        reasons[rows["t"] % self.interval != 0] = Reason.OFF_INTERVAL.code
        if self.other_interval:
            others = np.isin(rows["meter"], list(self.other_interval))
            reasons[others] = Reason.OTHER_INTERVAL.code
        return reasons


def hold_against(spills: list[Spill], meters: int, interval: int, unit_kw: float) -> Fit:
    """Hold each of so many meters against the interval.

    A meter whose readings never lie beside each other has a longer interval, and one with more than
    a quarter of its readings between two intervals has a shorter one.
    """
    counts, between = np.zeros(meters, np.int64), np.zeros(meters, np.int64)
    slots = np.zeros(meters, np.int64)
    lowest, highest, finest, unfit = 0, 0, 1000, 0
    open_fit = Fit(interval, unit_kw, {}, 0, 0, 1, 0)
    for rows in (rows for spill in spills for rows in spill.batches()):
        mw = open_fit.to_mw(rows)
        number, rest = np.divmod(rows["t"], interval)
        is_between, in_range = rest != 0, np.abs(mw) <= HIGHEST_MW
        counts += np.bincount(rows["meter"], minlength=meters)
        if is_between.any():
            between += np.bincount(rows["meter"][is_between], minlength=meters)
        places = np.where(is_between, 0, np.int64(1) << (number % SLOTS))
        np.bitwise_or.at(slots, rows["meter"], places)
        unfit += int((is_between | ~in_range).sum())
        mw = mw[in_range]
        lowest = int(mw.min(initial=lowest))
        highest = int(mw.max(initial=highest))
        while finest > 1 and (mw % finest).any():
            finest //= 10
    other = dict(_find_others(counts, between, slots, interval))
    unfit += sum(int(counts[meter]) for meter in other)
    return Fit(interval, unit_kw, other, lowest, highest, finest, unfit)


def _find_others(
    counts: NDArray[np.int64], between: NDArray[np.int64], slots: NDArray[np.int64], interval: int
) -> Iterator[tuple[int, int]]:
    """Find the meters with another interval, with theirs."""
    shorter = (counts >= LEAST_READINGS) & (between * 4 > counts)
    for meter in np.flatnonzero(counts >= LEAST_READINGS).tolist():
        if shorter[meter]:
            yield meter, 0
        elif (step := _find_step(int(slots[meter]))) > 1:
            yield meter, step * interval


def _find_step(slots: int) -> int:
    """Every how many intervals there is a reading, from the bits of the places that have one."""
    if slots & (slots >> 1):
        return 1
    places = [place for place in range(SLOTS) if slots >> place & 1]
    return gcd(SLOTS, *(place - places[0] for place in places)) if places else 1


def reject_unfit(staging: Staging, spill: Spill, fit: Fit) -> None:
    """Reject the rows of files that do not fit."""
    for rows in spill.batches() if fit.unfit else ():
        reasons = fit.find_unfit(rows, fit.to_mw(rows))
        reasons[rows["seq"] == LANDED] = 0
        for place in np.flatnonzero(reasons).tolist():
            staging.reject_staged(int(reasons[place]), rows[place])
