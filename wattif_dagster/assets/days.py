"""How a run goes through its days: several at once where they may, credited as they end."""

from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ALL_COMPLETED, FIRST_COMPLETED, Future, wait
from datetime import date
from functools import partial
from typing import Any, TypeAlias

from dagster import (
    AssetExecutionContext,
    AssetMaterialization,
    AssetObservation,
    DagsterExecutionInterruptedError,
    DagsterRunStatus,
    MaterializeResult,
    RunsFilter,
)

from wattif_dagster.assets.signals import signals_held, signals_ignored
from wattif_dagster.assets.threads import in_thread
from wattif_dagster.errors import Unreachable
from wattif_dagster.partitions import days_of
from wattif_dagster.retries import retry_if_it_may_pass
from wattif_dagster.settings import Settings

DayMetadata: TypeAlias = Mapping[str, Any]
Make: TypeAlias = Callable[[date], DayMetadata]

DAYS_AT_ONCE = Settings.load().days_at_once
"""Of assets whose days need no other day of theirs, and wait for BigQuery most of the time."""

PAUSE_SECONDS = 0.5


def each_day(context: AssetExecutionContext, make: Make, at_once: int = 1) -> MaterializeResult:
    """Make each day of the run and attach what `make` reports to its partition.

    Days are made in order by the caller's thread, or `at_once` of them by as many threads.

    When a day fails for good, or the run is cancelled, the days made are credited, so that a
    resume does only the rest. A failure that may pass is tried again, all days together: they are
    idempotent, and credited once.

    Each day is observed as it ends: Dagster records the materializations when the step does, and
    a process that is killed leaves the observations to credit its days by.
    """
    finished: dict[date, DayMetadata] = {}

    def end(day: date, metadata: DayMetadata) -> None:
        key = day.isoformat()
        context.add_asset_metadata(metadata, asset_key=context.asset_key, partition_key=key)
        finished[day] = metadata
        context.log_event(
            AssetObservation(context.asset_key, partition=key, metadata=_plain(metadata))
        )

    days = days_of(context)
    try:
        if at_once == 1 or len(days) == 1:
            for day in days:
                end_if_cancelled(context)
                end(day, make(day))
        else:
            _make_at_once(context, days, make, at_once, end)
    except BaseException as error:
        retry_if_it_may_pass(context, error)
        with signals_ignored():
            for day, metadata in sorted(finished.items()):
                context.log_event(
                    AssetMaterialization(
                        context.asset_key, partition=day.isoformat(), metadata=dict(metadata)
                    )
                )
        raise
    return MaterializeResult()


def _make_at_once(
    context: AssetExecutionContext,
    days: Sequence[date],
    make: Make,
    at_once: int,
    end: Callable[[date, DayMetadata], None],
) -> None:
    """Make days by threads; `end` is called by the caller's.

    When a day fails or the run is cancelled, no other is begun, and those under way are waited for
    before the error is raised; a signal ends the wait. An error that will not pass goes before one
    that may.
    """
    running: dict[Future[DayMetadata], date] = {}

    def end_some() -> None:
        done = _wait(running, FIRST_COMPLETED)
        for future in sorted(done, key=running.__getitem__):
            end(running[future], future.result())
            del running[future]

    try:
        for day in days:
            if len(running) == at_once:
                end_some()
            end_if_cancelled(context)
            with signals_held():
                running[in_thread(partial(make, day))] = day
        while running:
            end_some()
    except BaseException as error:
        _wait(running, ALL_COMPLETED)
        failures = {running[future]: future.exception() for future in running}
        for day, failure in failures.items():
            if failure and failure is not error:
                context.log.error(f"{day} failed too: {failure}")
                if isinstance(error, Unreachable) and not isinstance(failure, Unreachable):
                    raise failure from error
        raise
    finally:
        with signals_ignored():
            for future, day in running.items():
                if future.done() and future.exception() is None:
                    end(day, future.result())


def _wait(running: Collection[Future[DayMetadata]], return_when: str) -> set[Future[DayMetadata]]:
    """Those that are done. Looks up now and then: a signal that comes just before a thread falls
    asleep is not noticed before it wakes."""
    done: set[Future[DayMetadata]] = set()
    while len(done) < (len(running) if return_when == ALL_COMPLETED else 1):
        done, _ = wait(running, PAUSE_SECONDS, return_when)
    return done


def _plain(metadata: DayMetadata) -> dict[str, Any]:
    """Without pictures and tables, which would double the event log."""
    return {name: value for name, value in metadata.items() if isinstance(value, int | float | str)}


def end_if_cancelled(context: AssetExecutionContext) -> None:
    """Raises DagsterExecutionInterruptedError when the run is being cancelled.

    Dagster raises it from a signal handler, once. Raised inside a finalizer or a callback of the
    garbage collector, Python drops it, and the run would go on to its last day.
    """
    cancelling = RunsFilter([context.run.run_id], statuses=[DagsterRunStatus.CANCELING])
    if context.instance.get_run_ids(cancelling):
        raise DagsterExecutionInterruptedError
