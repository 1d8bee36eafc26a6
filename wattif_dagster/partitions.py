"""The partitions: one for each UTC day since the fleet's first day."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from dagster import AssetExecutionContext, DailyPartitionsDefinition

from wattif_dagster.errors import UserError


def daily_partitions(first_day: date) -> DailyPartitionsDefinition:
    """Define a partition for each day from the first one to yesterday."""
    return DailyPartitionsDefinition(start_date=first_day.isoformat())


def partition_day(context: AssetExecutionContext) -> date:
    """Read the day of the run. Raises UserError for a run that has no single day."""
    if context.has_partition_key:
        return date.fromisoformat(context.partition_key)
    raise UserError(
        "Each run makes one day. Choose a partition YYYY-MM-DD for this run; "
        "for several days use `wattif backfill` or a backfill of the UI."
    )


@dataclass(frozen=True)
class Span:
    """Consecutive days, both ends included."""

    first: date
    last: date

    def __str__(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first}...{self.last}"

    @property
    def days(self) -> list[date]:
        """The days in order."""
        return [self.first + timedelta(n) for n in range((self.last - self.first).days + 1)]


def group_days(days: Iterable[date]) -> list[Span]:
    """Group days into as few spans as possible."""
    found: list[Span] = []
    for day in sorted(set(days)):
        if found and day - found[-1].last == timedelta(days=1):
            found[-1] = Span(found[-1].first, day)
        else:
            found.append(Span(day, day))
    return found
