"""Local time: the UTC offsets of a time zone, and the holidays of a country or a part of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from difflib import get_close_matches
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

UTC_NAME, NO_HOLIDAYS = "UTC", "none"
SECONDS_PER_DAY = 86_400


@dataclass(frozen=True)
class LocalTime:
    """An IANA time zone, and whose holidays count: none, a country (DE) or a part of it (DE-BY)."""

    timezone: str = UTC_NAME
    region: str = NO_HOLIDAYS

    def offsets(self, first: date, last: date) -> list[tuple[datetime, int]]:
        """The minutes by which local time is ahead of UTC, each with the instant it holds from.

        Ascending; the first instant is the midnight (UTC) at which `first` begins, and the others
        lie before the one at which `last` ends. A zone's offsets of long ago have seconds, which
        are rounded to minutes.
        """
        begin = datetime.combine(first, time(), UTC)
        found = [(begin, self.offset(begin))]
        if self.timezone == UTC_NAME:
            return found
        low = begin
        for number in range((last - first).days + 1):
            high = begin + timedelta(days=number, seconds=SECONDS_PER_DAY - 1)
            found += [(at, self.offset(at)) for at in self._changes(low, high)]
            low = high
        return found

    def offset(self, instant: datetime) -> int:
        """The minutes by which local time is ahead of UTC at an instant, which has a time zone."""
        if self.timezone == UTC_NAME:
            return 0
        return _to_minutes(self.convert(instant).utcoffset())

    def convert(self, instant: datetime) -> datetime:
        """Convert an instant, which has a time zone, to local time."""
        return instant.astimezone(ZoneInfo(self.timezone))

    def _changes(self, low: datetime, high: datetime) -> Iterator[datetime]:
        """Find the seconds after `low`, up to `high`, from which another offset holds."""
        if self.offset(low) == self.offset(high):
            return
        seconds = round((high - low).total_seconds())
        if seconds == 1:
            yield high
            return
        middle = low + timedelta(seconds=seconds // 2)
        yield from self._changes(low, middle)
        yield from self._changes(middle, high)

    def holidays(self, first: date, last: date) -> list[date]:
        """The local dates from `first` to `last` that are public holidays, ascending."""
        years = range(first.year, last.year + 1)
        days = {day for year in years for day in _holidays_of(self.region, year)}
        return sorted(day for day in days if first <= day <= last)


def check_timezone(name: str) -> str:
    """Return the name of a time zone. Raises ValueError, which names the nearest, for another."""
    if name == UTC_NAME:
        return name
    zones = available_timezones()
    if name not in zones:
        raise ValueError(f"{name!r} is not an IANA time zone{_suggest(name, zones)}")
    return name


def check_region(name: str) -> str:
    """Return the name of a region that PyPI `holidays` has. Raises ValueError for another."""
    if name == NO_HOLIDAYS:
        return name
    import holidays  # takes a tenth of a second

    countries = holidays.list_supported_countries()
    country, _, part = name.partition("-")
    if country not in countries:
        raise ValueError(
            f"{name!r} has no known holidays; write none, a country such as DE, or a part of one "
            "such as DE-BY"
        )
    if "-" in name and part not in countries[country]:
        parts = [f"{country}-{each}" for each in countries[country]]
        hint = _suggest(name, parts) if parts else f"; write {country}"
        raise ValueError(f"{name!r} has no known holidays{hint}")
    return name


def _suggest(name: str, known: set[str] | list[str]) -> str:
    """Suggest the nearest name, whatever its case, or part of it."""
    by_lower: dict[str, str] = {}
    for each in sorted(known):
        for part in (each, each.rpartition("/")[2]):
            by_lower.setdefault(part.lower(), each)
    near = get_close_matches(name.lower(), by_lower, n=1)
    near = near or get_close_matches(name.lower().rpartition("/")[2], by_lower, n=1)
    nearest = by_lower[near[0]] if near else min(known)
    return f"; the nearest is {nearest}" if near else f"; use one like {nearest}"


@lru_cache(maxsize=256)
def _holidays_of(region: str, year: int) -> tuple[date, ...]:
    if region == NO_HOLIDAYS:
        return ()
    import holidays

    country, _, part = region.partition("-")
    return tuple(holidays.country_holidays(country, subdiv=part or None, years=year))


def _to_minutes(offset: timedelta | None) -> int:
    return round((offset or timedelta()).total_seconds() / 60)
