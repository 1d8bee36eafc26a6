"""How far the runs of a backfill are: days made, by asset."""

import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from dagster import AssetKey
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from wattif_dagster.backfills.graph import name_of
from wattif_dagster.backfills.plan import Part


@contextmanager
def console_past_dagster() -> Iterator[Console]:
    """Writes to the standard error of this process, also while Dagster keeps a step's output."""
    with os.fdopen(os.dup(sys.stderr.fileno()), "w") as stderr:
        yield Console(file=stderr, highlight=False, soft_wrap=True)


class MadeSoFar:
    """A bar an asset on a terminal, a line a day and asset elsewhere."""

    def __init__(self, console: Console, parts: Sequence[Part]) -> None:
        self.totals: Counter[AssetKey] = Counter()
        for part in parts:
            self.totals.update(dict.fromkeys(part.assets, len(part.days)))
        self._made: dict[AssetKey, set[str]] = {key: set() for key in self.totals}
        self._console = console
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
            key: self._bars.add_task(name_of(key), total=total, day="")
            for key, total in self.totals.items()
        }

    def __str__(self) -> str:
        made = sum(map(len, self._made.values()))
        return f"{made:,} of {self.totals.total():,} days of assets"

    @contextmanager
    def shown(self) -> Iterator[None]:
        """The bars are drawn inside the with block."""
        with self._bars:
            yield

    def add(self, key: AssetKey, day: str) -> None:
        """The day of the asset was made."""
        self._made[key].add(day)
        done, total = len(self._made[key]), self.totals[key]
        self._bars.update(self._tasks[key], completed=done, day=day)
        if not self._console.is_terminal:
            self._console.print(f"{day} {name_of(key)} made ({done} of {total} days)")
