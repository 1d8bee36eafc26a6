"""What every asset shares: how it is described, and how a run goes through its days."""

import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any, TypedDict

from dagster import (
    AssetExecutionContext,
    AssetMaterialization,
    AssetObservation,
    BackfillPolicy,
    DagsterExecutionInterruptedError,
    DagsterRunStatus,
    FreshnessPolicy,
    MaterializeResult,
    RetryRequested,
    TableColumn,
    TableColumnConstraints,
    TableSchema,
)

from wattif_dagster import keys
from wattif_dagster.errors import Unreachable
from wattif_dagster.partitions import DAYS, days_of
from wattif_dagster.schemas import Table
from wattif_dagster.settings import Settings

DayMetadata = Mapping[str, Any]


class _Common(TypedDict):
    partitions_def: Any
    backfill_policy: BackfillPolicy
    freshness_policy: FreshnessPolicy
    owners: list[str]


COMMON = _Common(
    partitions_def=DAYS,
    backfill_policy=BackfillPolicy.single_run(),
    freshness_policy=FreshnessPolicy.cron(
        deadline_cron="0 6 * * *", lower_bound_delta=timedelta(hours=6)
    ),
    owners=keys.OWNERS,
)

_DAYS_PER_RUN = Settings.load().backfill_days_per_run

INDEPENDENT = _Common(
    **{
        **COMMON,
        "backfill_policy": (
            BackfillPolicy.multi_run(_DAYS_PER_RUN)
            if _DAYS_PER_RUN
            else BackfillPolicy.single_run()
        ),
    }
)
"""Of assets whose days need no other day: the runs of a backfill may be on many machines at once.
The others read the history before their day, and a single run makes their days in order."""

MAX_RETRIES = 2
RETRY_DELAY_SECONDS = 5


def column_schema(table: Table) -> TableSchema:
    """The table's columns for the Dagster UI."""
    return TableSchema(
        columns=[
            TableColumn(
                column.name,
                column.type,
                column.description,
                TableColumnConstraints(nullable=not column.required),
            )
            for column in table.columns
        ]
    )


def table_metadata(table: Table) -> dict[str, Any]:
    """What a table asset says of itself before it is materialized."""
    settings = Settings.load()
    return {
        "dagster/column_schema": column_schema(table),
        "dagster/table_name": f"{settings.project}.{settings.dataset}.{table.name}",
        "partition_expr": table.partition_by,
    }


def each_day(
    context: AssetExecutionContext, make: Callable[[date], DayMetadata]
) -> MaterializeResult:
    """Make each day of the run and attach what `make` reports to its partition.

    When a day fails for good, or the run is cancelled, the days before it are credited, so that a
    resume does only the rest. A failure that may pass is tried again, all days together: they are
    idempotent, and credited once. A RetryPolicy would also start a cancelled step again.

    Each day is observed as it ends: Dagster records the materializations when the step does, and
    a process that is killed leaves the observations to credit its days by.
    """
    finished: list[tuple[str, DayMetadata]] = []
    try:
        for day in days_of(context):
            end_if_cancelled(context)
            key, metadata = day.isoformat(), make(day)
            context.add_asset_metadata(metadata, asset_key=context.asset_key, partition_key=key)
            finished.append((key, metadata))
            context.log_event(
                AssetObservation(context.asset_key, partition=key, metadata=_plain(metadata))
            )
    except BaseException as error:
        retry_if_it_may_pass(context, error)
        with _uninterrupted():
            for key, metadata in finished:
                context.log_event(
                    AssetMaterialization(context.asset_key, partition=key, metadata=dict(metadata))
                )
        raise
    return MaterializeResult()


def retry_if_it_may_pass(context: AssetExecutionContext, error: BaseException) -> None:
    """Raises RetryRequested for a failure that may pass, until the step was tried often enough."""
    if isinstance(error, Unreachable) and context.retry_number < MAX_RETRIES:
        raise RetryRequested(MAX_RETRIES, RETRY_DELAY_SECONDS) from error


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Leaves SIGINT and SIGTERM unheeded: the run is ending as it is.

    A cancellation is often seen in the run's status just before its signal comes. Raised while
    Dagster stores a materialization, it leaves the day in the run's log but not in the asset's.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # signal handlers run, and raise, in the main thread alone
        return
    ends = (signal.SIGINT, signal.SIGTERM)
    handlers = {end: signal.signal(end, signal.SIG_IGN) for end in ends}
    try:
        yield
    finally:
        for end, handler in handlers.items():
            signal.signal(end, handler if handler is not None else signal.SIG_DFL)


def _plain(metadata: DayMetadata) -> dict[str, Any]:
    """Without pictures and tables, which would double the event log."""
    return {name: value for name, value in metadata.items() if isinstance(value, int | float | str)}


def end_if_cancelled(context: AssetExecutionContext) -> None:
    """Raises DagsterExecutionInterruptedError when the run is being cancelled.

    Dagster raises it from a signal handler, once. Raised inside a finalizer or a callback of the
    garbage collector, Python drops it, and the run would go on to its last day.
    """
    run = context.instance.get_run_by_id(context.run.run_id)
    if run is not None and run.status is DagsterRunStatus.CANCELING:
        raise DagsterExecutionInterruptedError
