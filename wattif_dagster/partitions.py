"""Days. Each asset's partition is one day of the fleet's life, UTC."""

from datetime import date

from dagster import (
    AssetCheckExecutionContext,
    AssetExecutionContext,
    DailyPartitionsDefinition,
)

from wattif_dagster.errors import UserError
from wattif_dagster.settings import Settings

DAYS = DailyPartitionsDefinition(start_date=Settings.load().simulation.start_date)
"""From the fleet's first day on."""


def days_of(context: AssetExecutionContext | AssetCheckExecutionContext) -> list[date]:
    """The days of the run, in order. Raises UserError when there are none.

    Dagster takes a reversed range for an empty one, and would record a materialization of no day.
    """
    partitioned = context.has_partition_key or context.has_partition_key_range
    days = [date.fromisoformat(key) for key in context.partition_keys] if partitioned else []
    if not days:
        raise UserError(
            "the run names no day; give it a partition YYYY-MM-DD, "
            "or a range of them that begins no later than it ends"
        )
    return days
