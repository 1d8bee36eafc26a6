"""What every asset shares: how it is described."""

from datetime import timedelta
from typing import Any, TypedDict

from dagster import (
    BackfillPolicy,
    FreshnessPolicy,
    TableColumn,
    TableColumnConstraints,
    TableSchema,
)

from wattif_dagster import keys
from wattif_dagster.partitions import DAYS
from wattif_dagster.schemas import Table
from wattif_dagster.settings import Settings


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
The others read the history before their day, which a single run has made before."""


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
