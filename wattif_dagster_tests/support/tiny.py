"""Two daily assets that need no cloud, the first with a blocking check; run by real runs.

`python -m wattif_dagster_tests.support.tiny DAGSTER_HOME` makes five days, and is killed, as by
kill -9, when it begins with the third; with `dagster` after it, by a run as others start them.
"""

import os
import signal
import sys
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from uuid import uuid4

from dagster import (
    AssetCheckExecutionContext,
    AssetCheckResult,
    AssetExecutionContext,
    AssetKey,
    DagsterInstance,
    DagsterRun,
    Definitions,
    MaterializeResult,
    asset,
    asset_check,
    in_process_executor,
)
from wattif_dagster.assets.days import each_day
from wattif_dagster.backfills.plan import Part, plan

from wattif_dagster.backfill.execute import Executor
from wattif_dagster.backfill.graph import DailyGraph
from wattif_dagster.backfill.runs import RANGE_END, RANGE_START
from wattif_dagster.backfill.status import read_history
from wattif_dagster.daily_asset import COMMON
from wattif_dagster.keys import COUNTS_BY_DAY, FAULTS_BY_DAY
from wattif_dagster.partitions import days_of

FIRST, SECOND = AssetKey(["wattif", "first"]), AssetKey(["wattif", "second"])
DAYS = [date(2024, 1, 1) + timedelta(days=n) for n in range(5)]


class Tiny:
    """The assets over an instance; `make` is called for each day, `faults` fail the check."""

    def __init__(self, instance: DagsterInstance, home: Path) -> None:
        self.instance = instance
        self.make: Callable[[AssetKey, date], None] = lambda _key, _day: None
        self.faults: dict[str, int] = {}
        self.made: list[tuple[str, str]] = []
        defs = self._definitions()
        self.graph = DailyGraph.of(defs)
        self.job = defs.resolve_implicit_global_asset_job_def()
        self.executor = Executor(instance, home, self.job)

    def plan(self, since: float | None = None) -> list[Part]:
        """What is missing of the five days."""
        keys = list(self.graph.parents)
        return plan(read_history(self.instance, self.graph, keys, since), keys, DAYS)

    def run(self, part: Part) -> DagsterRun:
        """The run of the part; `made` has what it tells."""
        self.made.clear()

        def tell(key: AssetKey, day: str) -> None:
            self.made.append((key.path[-1], day))

        return self.executor.execute(str(uuid4()), part, {}, tell)

    def _definitions(self) -> Definitions:
        def made(key: AssetKey, context: AssetExecutionContext) -> MaterializeResult:
            def make(day: date) -> dict[str, int]:
                self.make(key, day)
                return {"day": day.day}

            return each_day(context, make)

        @asset(key=FIRST, pool="tiny", **COMMON)
        def first(context: AssetExecutionContext) -> MaterializeResult:
            return made(FIRST, context)

        @asset(key=SECOND, deps=[FIRST], **COMMON)
        def second(context: AssetExecutionContext) -> MaterializeResult:
            return made(SECOND, context)

        @asset_check(asset=FIRST, blocking=True)
        def right(context: AssetCheckExecutionContext) -> AssetCheckResult:
            days = [str(day) for day in days_of(context)]
            faults = {day: n for day, n in self.faults.items() if day in days}
            return AssetCheckResult(
                passed=not faults,
                metadata={FAULTS_BY_DAY: faults, COUNTS_BY_DAY: {day: {} for day in days}},
            )

        @asset(key=AssetKey(["wattif", "unpartitioned"]), deps=[SECOND])
        def unpartitioned() -> None:
            """Is no daily asset."""

        return Definitions(
            assets=[first, second, unpartitioned],
            asset_checks=[right],
            executor=in_process_executor,
        )


if __name__ == "__main__":
    os.environ["DAGSTER_HOME"] = sys.argv[1]
    doomed = Tiny(DagsterInstance.get(), Path(sys.argv[1]))

    def make(_key: AssetKey, day: date) -> None:
        if day == DAYS[2]:
            os.kill(os.getpid(), signal.SIGKILL)

    doomed.make = make
    if sys.argv[2:] == ["dagster"]:
        tags = {RANGE_START: str(DAYS[0]), RANGE_END: str(DAYS[-1])}
        doomed.job.execute_in_process(
            instance=doomed.instance, asset_selection=[FIRST, SECOND], tags=tags
        )
    else:
        doomed.run(doomed.plan()[0])
