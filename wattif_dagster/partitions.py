"""Days. Each asset's partition is one day of the fleet's life, UTC."""

from dagster import DailyPartitionsDefinition, TimeWindowPartitionMapping

from wattif_dagster.settings import Settings

DAYS = DailyPartitionsDefinition(start_date=Settings.load().simulation.start_date)
"""From the fleet's first day on."""


def history(days: int) -> TimeWindowPartitionMapping:
    """The day and the `days` before it, as far as they exist."""
    return TimeWindowPartitionMapping(
        start_offset=-days, allow_nonexistent_upstream_partitions=True
    )
