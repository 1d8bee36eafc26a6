"""One run of a part, in this process."""

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, wait
from dataclasses import dataclass
from pathlib import Path

from dagster import (
    AssetKey,
    DagsterEventType,
    DagsterInstance,
    DagsterRun,
    DagsterRunStatus,
    JobDefinition,
)

from wattif_dagster.backfills.interrupts import interrupts_heeded
from wattif_dagster.backfills.lost import lock_of
from wattif_dagster.backfills.plan import Part
from wattif_dagster.backfills.runs import RANGE_END, RANGE_START

NO_RUN_RETRIES = {"dagster/max_retries": "0"}
"""The command is the one to go on with its runs: a daemon's retries would meet it."""

PAUSE_SECONDS = 0.5
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}

Made = Callable[[AssetKey, str], None]
"""Is told the asset and the day that was made of it."""


@dataclass(frozen=True)
class Executor:
    """Executes parts of a plan with the asset job, against the instance."""

    instance: DagsterInstance
    dagster_home: Path
    job: JobDefinition

    def execute(self, run_id: str, part: Part, tags: Mapping[str, str], made: Made) -> DagsterRun:
        """The run, ended. Ctrl-C cancels it, and is raised as a KeyboardInterrupt when it has
        ended; a second one leaves the run to `end_lost_runs`.

        The run has a thread of its own, and signals go to the main thread: an exception that a
        signal raises within a run may be lost, Dagster's own cancellation is not.
        """
        ended: Future[DagsterRun] = Future()
        arguments = (ended, run_id, part, tags)
        run = threading.Thread(target=self._run, args=arguments, name="run", daemon=True)
        watch = _Watch(self.instance, run_id, made)
        lock = lock_of(self.dagster_home, run_id)
        with lock, interrupts_heeded() as interrupted:
            run.start()
            while not ended.done():
                wait([ended], PAUSE_SECONDS)
                if interrupted.is_set():
                    self._cancel(run_id)
                watch.look()
            Path(lock.lock_file).unlink(missing_ok=True)
        if interrupted.is_set():
            raise KeyboardInterrupt
        return ended.result()

    def _run(
        self, ended: Future[DagsterRun], run_id: str, part: Part, tags: Mapping[str, str]
    ) -> None:
        first, last = str(part.days[0]), str(part.days[-1])
        one_day = first == last and not part.checks
        span = {} if one_day else {RANGE_START: first, RANGE_END: last}
        try:
            job = self.job
            if part.checks:
                job = job.get_subset(asset_selection=set(), asset_check_selection=set(part.checks))
            result = job.execute_in_process(
                instance=self.instance,
                run_id=run_id,
                asset_selection=part.assets,
                partition_key=first if one_day else None,
                tags={**tags, **NO_RUN_RETRIES, **span},
                run_config=QUIET,
                raise_on_error=False,
            )
            ended.set_result(result.dagster_run)
        except BaseException as error:
            ended.set_exception(error)

    def _cancel(self, run_id: str) -> None:
        """To be said until the run has ended: its start would overwrite the wish to end it."""
        run = self.instance.get_run_by_id(run_id)
        if run and not run.is_finished and run.status is not DagsterRunStatus.CANCELING:
            self.instance.report_run_canceling(run)


@dataclass
class _Watch:
    """Tells what has been made since it looked last."""

    instance: DagsterInstance
    run_id: str
    made: Made
    cursor: str | None = None

    def look(self) -> None:
        if self.cursor is None and self.instance.get_run_by_id(self.run_id) is None:
            return
        found = self.instance.get_records_for_run(
            self.run_id, self.cursor, of_type=DagsterEventType.ASSET_OBSERVATION
        )
        self.cursor = found.cursor
        for record in found.records:
            event = record.event_log_entry.get_dagster_event()
            if event.asset_key and event.partition:
                self.made(event.asset_key, event.partition)
