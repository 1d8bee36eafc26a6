"""Three daily assets that need no cloud, made by real runs.

`python -m wattif_dagster_tests.support.tiny DAGSTER_HOME` makes two days, and is killed, as by
kill -9, when it begins `second` of the second day.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from pathlib import Path

from dagster import (
    AssetCheckResult,
    AssetCheckSeverity,
    AssetExecutionContext,
    AssetKey,
    DagsterInstance,
    DagsterRun,
    Definitions,
    MaterializeResult,
    define_asset_job,
)

from wattif_dagster import keys
from wattif_dagster.backfill.execute import DayRunner
from wattif_dagster.backfill.plan import BackfillPlan, DayPlan, plan_backfill
from wattif_dagster.backfill.status import PartitionStatuses, read_statuses
from wattif_dagster.daily_asset import BuildContext, building, daily_asset, daily_check
from wattif_dagster.partitions import partition_day
from wattif_dagster.resources.build import STOP
from wattif_dagster.settings import Settings

FIRST, SECOND, THIRD = (AssetKey(["wattif", name]) for name in ("first", "second", "third"))
CHECK = "right"
DAYS = [date(2024, 1, 1) + timedelta(days=n) for n in range(3)]


class Tiny:
    """The assets over an instance: `first` has a blocking check, `third` reads earlier days.

    `make` is called for each asset and day; the check fails on the days in `faults`, with a warning
    on the days in `warnings`.
    """

    def __init__(self, instance: DagsterInstance, home: Path) -> None:
        self.instance = instance
        self.make: Callable[[AssetKey, date], None] = lambda _key, _day: None
        self.faults: set[date] = set()
        self.warnings: set[date] = set()
        self.made: list[tuple[str, str]] = []
        self.stop = threading.Event()
        self.runner = DayRunner(instance, home, self._define())

    def statuses(self, days: Iterable[date] = DAYS) -> PartitionStatuses:
        graph = self.runner.graph
        return read_statuses(self.instance, graph, list(graph.parents), list(days))

    def plan(self, days: Iterable[date] = DAYS) -> BackfillPlan:
        """The plan of a backfill of these days."""
        return plan_backfill(self.statuses(days), list(self.runner.graph.parents), list(days))

    def run(self, plan: DayPlan) -> DagsterRun:
        """The finished run of the plan; `made` has what it reported."""
        self.made.clear()
        return self.runner.run(plan, on_made=lambda key, day: self.made.append((key.path[-1], day)))

    def run_all(self, days: Iterable[date] = DAYS) -> list[DagsterRun]:
        """The finished runs of the plan of these days."""
        return [self.run(plan) for plan in self.plan(days).days]

    def _define(self) -> Definitions:
        def first(context: AssetExecutionContext) -> MaterializeResult:
            day = partition_day(context)
            self.make(FIRST, day)
            passed = day not in self.faults | self.warnings
            severity = AssetCheckSeverity.ERROR if day in self.faults else AssetCheckSeverity.WARN
            result = AssetCheckResult(check_name=CHECK, passed=passed, severity=severity)
            return MaterializeResult(check_results=[result])

        def second(context: AssetExecutionContext) -> MaterializeResult:
            self.make(SECOND, partition_day(context))
            return MaterializeResult()

        def third(context: AssetExecutionContext) -> MaterializeResult:
            self.make(THIRD, partition_day(context))
            return MaterializeResult()

        build = [
            daily_asset(
                FIRST,
                group="tiny",
                kinds=set(),
                pool="tiny",
                checks=lambda settings: [
                    daily_check(FIRST, CHECK, "The day is right.", settings, blocking=True)
                ],
            )(first),
            daily_asset(SECOND, group="tiny", kinds=set(), deps=[FIRST])(second),
            daily_asset(THIRD, group="tiny", kinds=set(), deps=[SECOND], reads_earlier_days=True)(
                third
            ),
        ]
        with building(BuildContext(Settings(), self.stop)):
            return Definitions.merge(
                *(each() for each in build),
                Definitions(jobs=[define_asset_job(keys.DAILY_JOB)], resources={STOP: self.stop}),
            )


def main(home: Path) -> None:
    os.environ["DAGSTER_HOME"] = str(home)
    doomed = Tiny(DagsterInstance.get(), home)

    def make(key: AssetKey, day: date) -> None:
        if (key, day) == (SECOND, DAYS[1]):
            os.kill(os.getpid(), signal.SIGKILL)

    doomed.make = make
    doomed.run_all(DAYS[:2])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
