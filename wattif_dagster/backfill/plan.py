"""Decides which assets of which days are to be made."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from dagster import AssetKey

from wattif_dagster.backfill.graph import DailyGraph
from wattif_dagster.backfill.status import PartitionStatus, PartitionStatuses


@dataclass(frozen=True)
class DayPlan:
    """One run: the assets of one day that are to be made, each after its parents."""

    day: date
    assets: tuple[AssetKey, ...]

    def split(self, graph: DailyGraph) -> tuple["DayPlan", "DayPlan"]:
        """Split off the assets whose days must be made in order: the others come first."""
        free = tuple(key for key in self.assets if key not in graph.in_order)
        ordered = tuple(key for key in self.assets if key in graph.in_order)
        return DayPlan(self.day, free), DayPlan(self.day, ordered)


@dataclass(frozen=True)
class BackfillPlan:
    """The runs of a backfill, oldest day first, and how many partitions have each status."""

    days: tuple[DayPlan, ...]
    counts: Counter[PartitionStatus]

    @property
    def partitions(self) -> int:
        """Partitions that are to be made."""
        return sum(len(day.assets) for day in self.days)


def plan_backfill(
    statuses: PartitionStatuses, keys: Sequence[AssetKey], days: Sequence[date]
) -> BackfillPlan:
    """Plan to make what is not up to date, and what is made from that.

    `keys` are in the order of the graph.
    """
    plans: list[DayPlan] = []
    counts: Counter[PartitionStatus] = Counter()
    for day in sorted(days):
        made: set[AssetKey] = set()
        for key in keys:
            status = statuses.status(key, day)
            if status is PartitionStatus.UP_TO_DATE and made & statuses.graph.parents[key]:
                status = PartitionStatus.STALE
            counts[status] += 1
            if status is not PartitionStatus.UP_TO_DATE:
                made.add(key)
        if made:
            plans.append(DayPlan(day, tuple(key for key in keys if key in made)))
    return BackfillPlan(tuple(plans), counts)


def plan_again(keys: Sequence[AssetKey], days: Sequence[date]) -> BackfillPlan:
    """Plan to make everything, whatever its status."""
    plans = tuple(DayPlan(day, tuple(keys)) for day in sorted(days))
    return BackfillPlan(plans, Counter())
