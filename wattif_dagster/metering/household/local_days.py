"""The local days that a UTC day touches, and where in it they lie."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise, zip_longest

import numpy as np
from numpy.typing import NDArray

from wattif_dagster.local_time import UTC_NAME, LocalTime
from wattif_dagster.metering.lines import SECONDS_PER_DAY
from wattif_dagster.metering.simulation import SECONDS_PER_HOUR

LONGEST_USE = 5
"""Hours after midnight for which uses of the day before may go on."""
_SPAN = timedelta(days=3)


@dataclass(frozen=True)
class LocalDay:
    """A date as homes have it. Seconds are counted from the midnight of a UTC day."""

    date: date
    is_holiday: bool
    begin: int
    """The second at which the date begins; `end` is the one at which the next begins."""
    end: int
    changes: tuple[tuple[int, int], ...] = ()
    """Each second within the date at which clocks change, and by how many seconds."""

    @property
    def is_workday(self) -> bool:
        """Whether it is neither of a weekend nor a holiday."""
        return self.date.weekday() < 5 and not self.is_holiday

    @property
    def overlaps(self) -> bool:
        """Whether some of it lies in the UTC day."""
        return self.begin < SECONDS_PER_DAY and self.end > 0

    def at(self, clock: NDArray[np.integer]) -> NDArray[np.integer]:
        """The seconds at which clocks show a time, in seconds after their midnight.

        A time that clocks show twice is either of the two; one that they leave out is as much later
        as they are put forward.
        """
        seconds = clock + self.begin
        for second, change in self.changes:
            if change > 0:
                seconds = seconds - change * (seconds >= second + change)
            else:
                repeated = (seconds >= second + change) & (seconds < second) & (clock % 2 == 1)
                seconds = seconds - change * (repeated | (seconds >= second))
        return seconds


@lru_cache(maxsize=64)
def local_days(local_time: LocalTime, day: date) -> tuple[LocalDay, ...]:
    """The local days that touch the UTC day, or whose uses go on into it, the latest first."""
    pieces = _offsets(local_time, day)
    numbers = range(
        _date_number(pieces, SECONDS_PER_DAY - 1),
        _date_number(pieces, -LONGEST_USE * SECONDS_PER_HOUR) - 1,
        -1,
    )
    first, last = day + timedelta(days=numbers[-1]), day + timedelta(days=numbers[0])
    holidays = set(local_time.holidays(first, last))
    return tuple(
        LocalDay(
            date=(date := day + timedelta(days=number)),
            is_holiday=date in holidays,
            begin=(begin := _begin(pieces, number)),
            end=(end := _begin(pieces, number + 1)),
            changes=tuple(
                (second, offset - before)
                for (_, before), (second, offset) in pairwise(pieces)
                if begin < second < end
            ),
        )
        for number in numbers
    )


@lru_cache(maxsize=4096)
def midnight(local_time: LocalTime, day: date) -> datetime:
    """The instant at which a local date begins."""
    begin = _begin(_offsets(local_time, day), 0)
    return datetime.combine(day, time(), UTC) + timedelta(seconds=begin)


def solar_time(local_time: LocalTime, day: date) -> int:
    """The seconds by which the sun is ahead of UTC's: those of the zone's clocks in winter."""
    halves = (datetime(day.year, month, 1, tzinfo=UTC) for month in (1, 7))
    return min(local_time.offset(instant) for instant in halves) * 60


def _offsets(local_time: LocalTime, day: date) -> list[tuple[int, int]]:
    """The seconds by which clocks are ahead of UTC, each with the second it holds from."""
    if local_time.timezone == UTC_NAME:
        return [(-_SPAN.days * SECONDS_PER_DAY, 0)]
    utc_midnight = datetime.combine(day, time(), UTC)
    return [
        (round((instant - utc_midnight).total_seconds()), minutes * 60)
        for instant, minutes in local_time.offsets(day - _SPAN, day + _SPAN)
    ]


def _date_number(pieces: list[tuple[int, int]], at: int) -> int:
    """The local date at a second, as the days from the UTC date to it."""
    offset = [offset for second, offset in pieces if second <= at][-1]
    return (at + offset) // SECONDS_PER_DAY


def _begin(pieces: list[tuple[int, int]], number: int) -> int:
    """The first second of a local date, which is given as the days from the UTC date to it."""
    ends = [second for second, _ in pieces[1:]]
    for (second, offset), end in zip_longest(pieces, ends):
        begin = max(second, number * SECONDS_PER_DAY - offset)
        if end is None or begin < end:
            return begin
    raise AssertionError("the last offset has no end")
