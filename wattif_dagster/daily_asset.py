"""The decorator of all daily assets, with what they share.

A daily asset is a plain function of its partition. The decorator adds what depends on the settings
(partitions, checks, table names), and translates errors into Dagster's retries and cancellation.
"""

import threading
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, TypeVar

from dagster import (
    AssetCheckSpec,
    AssetExecutionContext,
    AssetKey,
    AssetsDefinition,
    DagsterExecutionInterruptedError,
    Definitions,
    MaterializeResult,
    PreviewWarning,
    RetryRequested,
    TableColumn,
    TableColumnConstraints,
    TableSchema,
    asset,
    definitions,
)

from wattif_dagster import keys
from wattif_dagster.errors import CancelledError, TransientError
from wattif_dagster.partitions import daily_partitions
from wattif_dagster.schemas import Table
from wattif_dagster.settings import Settings

MAX_RETRIES = 2
RETRY_DELAY_SECONDS = 5

DAILY_TAG = "wattif/daily"
"""Marks the assets that have a partition for each day."""
HISTORY_TAG = "wattif/reads_earlier_days"
"""Marks the assets whose day is made from earlier days too, so that days must be made in order.

Dagster only knows their dependency on the same day. With a partition mapping to earlier days, a
backfill of one day would ask for all later days that have it in their history.
"""

Result = TypeVar("Result")
CheckSpecs = Callable[[Settings], Iterable[AssetCheckSpec]]


@dataclass(frozen=True)
class BuildContext:
    """What definitions are built from. Set `stop` to cancel the runs of this process."""

    settings: Settings
    stop: threading.Event = field(default_factory=threading.Event)


_BUILDING: ContextVar[BuildContext] = ContextVar("wattif_building")


@contextmanager
def building(context: BuildContext) -> Iterator[None]:
    """Build definitions from this context inside the with block."""
    token = _BUILDING.set(context)
    try:
        with warnings.catch_warnings():
            # The defs folder and partitioned checks are in preview; Dagster's minor is pinned.
            warnings.simplefilter("ignore", PreviewWarning)
            yield
    finally:
        _BUILDING.reset(token)


def build_context() -> BuildContext:
    """Get the context of the definitions that are being built, or one from the environment."""
    return _BUILDING.get(None) or BuildContext(Settings.load())


def daily_asset(
    key: AssetKey,
    *,
    group: str,
    kinds: set[str],
    table: Table | None = None,
    deps: Iterable[AssetKey] = (),
    reads_earlier_days: bool = False,
    checks: CheckSpecs = lambda _settings: (),
    pool: str | None = None,
    of_simulation: bool = False,
    code_version: str = "1",
    metadata: Mapping[str, Any] | None = None,
) -> Callable[[Callable[..., MaterializeResult]], Callable[..., Definitions]]:
    """Turn a function of one partition into a daily asset, which fills `table` in BigQuery.

    The decorated function takes `context` and resources, and returns a MaterializeResult with the
    results of its checks. Its docstring is the asset's description. An asset `of_simulation` is not
    in the graph of imported readings.
    """

    def decorate(function: Callable[..., MaterializeResult]) -> Callable[..., Definitions]:
        @definitions
        def build() -> Definitions:
            context = build_context()
            settings = context.settings
            if of_simulation and settings.source.is_imported:
                return Definitions()
            described = describe_table(table, settings) if table else {}
            made = asset(
                key=key,
                deps=list(deps),
                group_name=group,
                kinds=kinds,
                tags={DAILY_TAG: "true", **({HISTORY_TAG: "true"} if reads_earlier_days else {})},
                metadata={**described, **(metadata or {})},
                owners=keys.OWNERS,
                code_version=code_version,
                partitions_def=daily_partitions(settings.first_day),
                check_specs=list(checks(settings)),
                pool=pool,
            )(handle_errors(function, context.stop))
            return Definitions(assets=[made])

        return build

    return decorate


def daily_check(
    key: AssetKey, name: str, description: str, settings: Settings, *, blocking: bool = False
) -> AssetCheckSpec:
    """Describe a check that has a result for each partition of its asset."""
    return AssetCheckSpec(
        name,
        asset=key,
        description=description,
        blocking=blocking,
        partitions_def=daily_partitions(settings.first_day),
    )


def handle_errors(
    function: Callable[..., Result], stop: threading.Event, *, max_retries: int = MAX_RETRIES
) -> Callable[..., Result]:
    """Retry transient failures, and end the step when the process is asked to stop.

    Dagster's RetryPolicy would also retry permanent failures, and restart a cancelled step.
    """

    @wraps(function)
    def run(context: AssetExecutionContext, **resources: Any) -> Result:
        try:
            if stop.is_set():
                raise CancelledError
            return function(context, **resources)
        except CancelledError:
            # Dagster marks an interrupted run as canceled only when it was asked to cancel it.
            context.instance.report_run_canceling(context.run)
            raise DagsterExecutionInterruptedError from None
        except TransientError as error:
            if context.op_execution_context.retry_number < max_retries:
                raise RetryRequested(max_retries, RETRY_DELAY_SECONDS) from error
            raise

    return run


def describe_table(table: Table, settings: Settings) -> dict[str, Any]:
    """Describe the table for the Dagster UI: its columns, name and partitioning column."""
    return {
        "dagster/column_schema": describe_columns(table),
        "dagster/table_name": f"{settings.project}.{settings.dataset}.{table.name}",
        "partition_expr": table.partition_by,
    }


def describe_columns(table: Table) -> TableSchema:
    """Describe the table's columns for the Dagster UI."""
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


def find_daily_assets(defs: Definitions) -> list[AssetKey]:
    """Find the keys of the daily assets among all definitions."""
    return [
        spec.key
        for definition in defs.assets or ()
        if isinstance(definition, AssetsDefinition)
        for spec in definition.specs
        if DAILY_TAG in spec.tags
    ]
