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

from wattif_dagster import keys
from wattif_dagster.daily_asset import HISTORY_TAG
from wattif_dagster.defs.automation.gaps import GAP_CHECKS


def build_daily(assets: Sequence[AssetKey]) -> Definitions:
    """Build the job `daily` of these assets, and its schedule at 01:00 UTC."""
    # Gaps are checked by a job of their own. The other checks belong to the assets' steps.
    gaps = AssetSelection.checks(
        *(AssetCheckKey(key, name) for key in assets for name in GAP_CHECKS)
    )
    job = define_asset_job(
        keys.DAILY_JOB,
        selection=AssetSelection.assets(*assets) - gaps,
        tags={HISTORY_TAG: "true"},  # our dagster.yaml runs such runs one after the other
        description="One day of every daily asset, from the registry to the alerts.",
    )
    schedule = build_schedule_from_partitioned_job(
        job, name="daily", hour_of_day=1, description="At 01:00 UTC, makes the day before."
    )
    return Definitions(jobs=[job], schedules=[schedule])
