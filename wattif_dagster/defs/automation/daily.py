"""The job and the schedule that make one day of every daily asset."""

from collections.abc import Sequence

from dagster import (
    AssetCheckKey,
    AssetKey,
    AssetSelection,
    Definitions,
    build_schedule_from_partitioned_job,
    define_asset_job,
)

from wattif_dagster.daily_asset import HISTORY_TAG
from wattif_dagster.defs.automation.gaps import NO_GAPS


def build_daily(assets: Sequence[AssetKey]) -> Definitions:
    """Build the job `daily` of these assets, and its schedule at 01:00 UTC."""
    # `no_gaps` has a step and a job of its own. The other checks belong to the assets' steps.
    gaps = AssetSelection.checks(*(AssetCheckKey(key, NO_GAPS) for key in assets))
    job = define_asset_job(
        "daily",
        selection=AssetSelection.assets(*assets) - gaps,
        tags={HISTORY_TAG: "true"},  # our dagster.yaml runs such runs one after the other
        description="One day of every daily asset, from the registry to the alerts.",
    )
    schedule = build_schedule_from_partitioned_job(
        job, name="daily", hour_of_day=1, description="At 01:00 UTC, makes the day before."
    )
    return Definitions(jobs=[job], schedules=[schedule])
