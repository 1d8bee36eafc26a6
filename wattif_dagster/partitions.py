"""Days. Each asset's partition is one day of the fleet's life, UTC."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from dagster import (
    AssetCheckExecutionContext,
    AssetExecutionContext,
    DailyPartitionsDefinition,
)

from wattif_dagster.errors import UserError
from wattif_dagster.settings import Settings

DAYS = DailyPartitionsDefinition(start_date=Settings.load().simulation.start_date)
"""From the fleet's first day on."""


@dataclass(frozen=True)
class Span:
    """Days one after the other, both ends included; written as Dagster writes a range."""

    first: date
    last: date

    def __str__(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first}...{self.last}"

    @property
    def days(self) -> list[date]:
        """In order."""
        return [self.first + timedelta(n) for n in range((self.last - self.first).days + 1)]


def spans(days: Iterable[date]) -> list[Span]:
    """The days, in as few spans as there can be."""
    found: list[Span] = []
    for day in sorted(set(days)):
        if found and day - found[-1].last == timedelta(days=1):
            found[-1] = Span(found[-1].first, day)
        else:
            found.append(Span(day, day))
    return found


def days_of(context: AssetExecutionContext | AssetCheckExecutionContext) -> list[date]:
    """The days of the run, in order. Raises UserError when there are none.

    Dagster takes a reversed range for an empty one, and would record a materialization of no day.
    """
    partitioned = context.has_partition_key or context.has_partition_key_range
    days = [date.fromisoformat(key) for key in context.partition_keys] if partitioned else []
    if not days:
        raise UserError(
            "the run names no day; give it a partition YYYY-MM-DD, "
            "or a range of them that begins no later than it ends"
        )
    return days
