"""What is to be made of the days asked for, as few runs as possible."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from dagster import AssetCheckKey, AssetKey

from wattif_dagster.backfills.history import History, Standing
from wattif_dagster.partitions import Span


@dataclass(frozen=True)
class Part:
    """One run: each of the assets for each of the days, or checks alone."""

    days: tuple[date, ...]
    """One after the other, as Dagster's ranges are."""
    assets: tuple[AssetKey, ...] = ()
    checks: tuple[AssetCheckKey, ...] = ()

    @property
    def size(self) -> int:
        """Days of assets that it makes."""
        return len(self.days) * len(self.assets)

    @property
    def span(self) -> Span:
        """Its days."""
        return Span(self.days[0], self.days[-1])


def plan(history: History, keys: Sequence[AssetKey], days: Sequence[date]) -> list[Part]:
    """Runs that make what is missing, the earliest days first.

    Days are judged against the days before them, so that no day is made before an earlier one is
    made whole. `keys` are in the order of the graph; `days` follow one another.
    """
    parts: list[Part] = []
    for (missing, unchecked), alike in groupby(days, _needs(history, keys)):
        span = tuple(alike)
        if unchecked:
            checks = [check for key in unchecked for check in history.graph.blocking_checks[key]]
            parts.append(Part(span, checks=tuple(checks)))
        if missing:
            parts.append(Part(span, assets=missing))
    return parts


Needs = tuple[tuple[AssetKey, ...], tuple[AssetKey, ...]]
"""Assets that a day misses, and those that are only to be checked."""


def _needs(history: History, keys: Sequence[AssetKey]) -> Callable[[date], Needs]:
    def needs(day: date) -> Needs:
        missing: dict[AssetKey, None] = {}
        unchecked: list[AssetKey] = []
        for key in keys:
            standing = history.standing(key, day.isoformat())
            upstream_missing = missing.keys() & history.graph.parents[key]
            if standing is Standing.MISSING or upstream_missing:
                missing[key] = None
            elif standing is Standing.UNCHECKED:
                unchecked.append(key)
        return tuple(missing), tuple(unchecked)

    return needs
