"""The progress of a backfill: partitions made, by asset."""

import os
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from dagster import AssetKey
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from wattif_dagster.backfill.graph import name_asset
from wattif_dagster.backfill.plan import BackfillPlan


@contextmanager
def open_console() -> Iterator[Console]:
    """Write to the standard error of this process, also while Dagster captures a step's output."""
    with os.fdopen(os.dup(sys.stderr.fileno()), "w") as stderr:
        yield Console(file=stderr, highlight=False, soft_wrap=True)


class BackfillProgress:
    """A bar for each asset on a terminal; elsewhere a line for each partition."""

    def __init__(self, console: Console, plan: BackfillPlan) -> None:
        self.totals: Counter[AssetKey] = Counter()
        for day in plan.days:
            self.totals.update(day.assets)
        self._made: dict[AssetKey, set[str]] = {key: set() for key in self.totals}
        self._console = console
        self._plan = plan
        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[day]}"),
            TimeElapsedColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        self._tasks = {
            key: self._bars.add_task(name_asset(key), total=total, day="")
            for key, total in self.totals.items()
        }

    def __str__(self) -> str:
        made = sum(map(len, self._made.values()))
        return f"{made:,} of {self.totals.total():,} partitions"

    def first_unmade(self) -> date:
        """The first day of the plan that is not wholly made, or else its last day."""
        for plan in self._plan.days:
            if any(str(plan.day) not in self._made[key] for key in plan.assets):
                return plan.day
        return self._plan.days[-1].day

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Draw the bars inside the with block."""
        with self._bars:
            yield

    def add(self, key: AssetKey, day: str) -> None:
        """Count the asset's partition as made."""
        if key not in self._made or day in self._made[key]:
            return
        self._made[key].add(day)
        done, total = len(self._made[key]), self.totals[key]
        self._bars.update(self._tasks[key], completed=done, day=day)
        if not self._console.is_terminal:
            self._console.print(f"{day} {name_asset(key)} made ({done} of {total} days)")
