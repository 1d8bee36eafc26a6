"""Makes one day by one run, in this process."""

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, wait
from copy import copy
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from uuid import uuid4

from dagster import (
    AssetKey,
    DagsterEventType,
    DagsterInstance,
    DagsterRun,
    DagsterRunStatus,
    Definitions,
    JobDefinition,
)

from wattif_dagster import keys
from wattif_dagster.backfill.graph import DailyGraph, read_graph
from wattif_dagster.backfill.location import find_origin
from wattif_dagster.backfill.orphans import lock_run
from wattif_dagster.backfill.plan import DayPlan
from wattif_dagster.resources.build import STOP

NO_RETRIES = {"dagster/max_retries": "0"}
"""No daemon retries runs with this tag: the next command makes what they did not."""

POLL_SECONDS = 0.5
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}

ReportMade = Callable[[AssetKey, str], None]
"""Is called with each asset and day that was made."""


@dataclass
class DayRunner:
    """Makes days of these definitions against the instance. Set `stop` to cancel the run."""

    instance: DagsterInstance
    dagster_home: Path
    defs: Definitions
    graph: DailyGraph = field(init=False)
    stop: threading.Event = field(init=False)

    def __post_init__(self) -> None:
        self.graph = read_graph(self.defs)
        stop = (self.defs.resources or {}).get(STOP)
        assert isinstance(stop, threading.Event)
        self.stop = stop
        self._daily = self.defs.resolve_job_def(keys.DAILY_JOB)
        # Without the checks that have steps of their own, such as `no_gaps`.
        assets = Definitions(assets=self.graph.definitions, resources=self.defs.resources)
        self._part = assets.resolve_implicit_global_asset_job_def()

    def run(
        self,
        plan: DayPlan,
        tags: Mapping[str, str] | None = None,
        on_made: ReportMade = lambda _key, _day: None,
    ) -> DagsterRun:
        """Make the assets of the day by one run; returns the finished run.

        The run has a thread of its own, so that signals, which Python gives to the main thread,
        never interrupt it at an arbitrary place: it ends where it looks at `stop`. A second
        interrupt leaves the run to `fail_orphaned_runs`.
        """
        run_id = str(uuid4())
        finished: Future[None] = Future()
        thread = threading.Thread(
            target=self._execute, args=(finished, run_id, plan, tags or {}), name="run", daemon=True
        )
        made = MadePartitions(self.instance, run_id, on_made)
        lock = lock_run(self.dagster_home, run_id)
        with lock:
            thread.start()
            while not finished.done():
                wait([finished], POLL_SECONDS)
                self._stop_if_canceling(run_id)
                made.report()
            finished.result()
            run = self.instance.get_run_by_id(run_id)
            assert run is not None
            if run.is_finished:
                Path(lock.lock_file).unlink(missing_ok=True)
        return run

    def _execute(
        self, finished: Future[None], run_id: str, plan: DayPlan, tags: Mapping[str, str]
    ) -> None:
        is_whole = len(plan.assets) == len(self.graph.parents)
        job = self._daily if is_whole else self._part
        try:
            job.execute_in_process(
                instance=_belonging(self.instance, job),
                run_id=run_id,
                asset_selection=None if is_whole else list(plan.assets),
                partition_key=plan.day.isoformat(),
                tags={**NO_RETRIES, **tags},
                run_config=QUIET,
                raise_on_error=False,
            )
            finished.set_result(None)
        except BaseException as error:
            finished.set_exception(error)

    def _stop_if_canceling(self, run_id: str) -> None:
        """Set `stop` when the run is canceled from elsewhere, such as the UI."""
        run = self.instance.get_run_by_id(run_id)
        if run and run.status in (DagsterRunStatus.CANCELING, DagsterRunStatus.CANCELED):
            self.stop.set()


def _belonging(instance: DagsterInstance, job: JobDefinition) -> DagsterInstance:
    """A copy of the instance whose new runs belong to the code location.

    The runs of `execute_in_process` belong to none, and the UI shows them in no overview.
    """
    copied = copy(instance)
    create = instance.create_run_for_job
    copied.create_run_for_job = partial(  # pyright: ignore[reportAttributeAccessIssue]
        create, remote_job_origin=find_origin(job.name)
    )
    return copied


@dataclass
class MadePartitions:
    """Reports the partitions that a run has made since the last report."""

    instance: DagsterInstance
    run_id: str
    on_made: ReportMade
    cursor: str | None = None

    def report(self) -> None:
        """Call `on_made` for each new partition."""
        if self.cursor is None and self.instance.get_run_by_id(self.run_id) is None:
            return
        found = self.instance.get_records_for_run(
            self.run_id, self.cursor, of_type=DagsterEventType.ASSET_MATERIALIZATION
        )
        self.cursor = found.cursor
        for record in found.records:
            event = record.event_log_entry.get_dagster_event()
            if event.asset_key and event.partition:
                self.on_made(event.asset_key, event.partition)


def make_days(
    runner: DayRunner, plans: Sequence[DayPlan], on_made: ReportMade = lambda _key, _day: None
) -> DagsterRun | None:
    """Make days in order; returns the first run that did not succeed, None when all did.

    When `stop` is set, the run that was in progress is the last, and is returned.
    """
    for plan in plans:
        run = runner.run(plan, on_made=on_made)
        if run.status is not DagsterRunStatus.SUCCESS or runner.stop.is_set():
            return run
    return None
