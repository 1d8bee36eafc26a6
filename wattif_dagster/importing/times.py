"""Timestamps of files as seconds since 1970, UTC.

Each distinct text is parsed once: a file has far fewer distinct times than rows.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from wattif_dagster.errors import UserError
from wattif_dagster.importing.rows import Reason

MOST_REMEMBERED = 1_000_000
EARLIEST, LATEST = datetime(1900, 1, 1), datetime(2200, 1, 1)

_DAY_FIRST_OR_MONTH = re.compile(
    r"(\d{1,2})([./-])(\d{1,2})\2(\d{4})"
    r"(?:[ ,T]+(\d{1,2}):(\d{2})(?::(\d{2}))?(?: ?([AaPp])[Mm])?)?"
)
_EPOCH = re.compile(r"\d{9,10}|\d{12,13}")
_END_OF_DAY = re.compile(r"(.*[ T])24:00(:00(\.0+)?)?")
_ISO = re.compile(r"\d{4}-?\d{2}-?\d{2}([ T].*)?")


class Moment(NamedTuple):
    """Seconds since 1970, UTC. A local time that happens twice is `again` so many seconds later."""

    seconds: int
    again: int = 0


class TimeParser:
    """Parses the timestamps of one file. `zone` is the zone of times that name none."""

    def __init__(
        self, zone: ZoneInfo, time_format: str | None = None, day_first: bool | None = None
    ):
        self._zone = zone
        self._format = time_format
        self._day_first = day_first
        self._known: dict[object, Moment | Reason] = {}

    def parse(self, time: str | bytes | datetime | None) -> Moment | Reason:
        """Parse the time, or say why it is none."""
        found = self._known.get(time)
        if found is None:
            if len(self._known) >= MOST_REMEMBERED:
                self._known.clear()
            found = self._known[time] = self._resolve(time)
        return found

    def _resolve(self, time: str | bytes | datetime | None) -> Moment | Reason:
        try:
            local = time if isinstance(time, datetime) else self._parse_text(time)
        except (ValueError, OverflowError):
            return Reason.TIME
        if (
            local is None
            or local.microsecond
            or not EARLIEST <= local.replace(tzinfo=None) < LATEST
        ):
            return Reason.TIME
        return _to_utc(local, self._zone)

    def _parse_text(self, time: str | bytes | None) -> datetime | None:
        text = (time.decode() if isinstance(time, bytes) else time or "").strip()
        if self._format:
            return datetime.strptime(text, self._format)
        if _EPOCH.fullmatch(text):
            seconds, rest = divmod(int(text), 1000) if len(text) > 10 else (int(text), 0)
            return datetime.fromtimestamp(seconds, UTC) + timedelta(milliseconds=rest)
        late = timedelta(0)
        if at_end := _END_OF_DAY.fullmatch(text):
            text, late = f"{at_end[1]}00:00", timedelta(days=1)
        if _ISO.fullmatch(text):
            return datetime.fromisoformat(text) + late
        if found := _DAY_FIRST_OR_MONTH.fullmatch(text):
            return self._parse_days(*found.groups()) + late
        return None

    def _parse_days(
        self, first: str, mark: str, second: str, year: str, *clock: str | None
    ) -> datetime:
        """Parse 31.12.2024, 31/12/2024 or 12/31/2024. A full stop means that the day is first."""
        day_first = True if mark == "." else self._day_first
        day, month = (first, second) if day_first else (second, first)
        hour, minute, second_, half = clock
        hours = int(hour or 0)
        if half:
            if not 1 <= hours <= 12:
                raise ValueError
            hours = hours % 12 + (12 if half in "Pp" else 0)
        return datetime(int(year), int(month), int(day), hours, int(minute or 0), int(second_ or 0))


def _to_utc(local: datetime, zone: ZoneInfo) -> Moment | Reason:
    if local.tzinfo is not None:
        return Moment(int(local.timestamp()))
    there = local.replace(tzinfo=zone)
    seconds = int(there.timestamp())
    if datetime.fromtimestamp(seconds, zone).replace(tzinfo=None) != local:
        return Reason.SKIPPED_HOUR
    return Moment(seconds, int(there.replace(fold=1).timestamp()) - seconds)


def find_day_first(times: Iterable[object], file: str) -> bool | None:
    """Find out whether times such as 31/12/2024 begin with the day; None when there are none.

    Raises UserError when they do not tell.
    """
    found = False
    for time in times:
        text = time.decode(errors="replace") if isinstance(time, bytes) else time
        match = _DAY_FIRST_OR_MONTH.fullmatch(text.strip()) if isinstance(text, str) else None
        if match is None or match[2] == ".":
            continue
        found = True
        if int(match[1]) > 12:
            return True
        if int(match[3]) > 12:
            return False
    if found:
        raise UserError(
            f"The timestamps of {file} do not tell whether the day or the month comes first. "
            "Give their format, e.g. --time-format '%d/%m/%Y %H:%M'."
        )
    return None
