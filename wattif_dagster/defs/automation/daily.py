"""The job and the schedule that make one day of every daily asset."""

from dagster import (
    AssetSelection,
    Definitions,
    build_schedule_from_partitioned_job,
    define_asset_job,
    definitions,
)

from wattif_dagster.daily_asset import DAILY_TAG, HISTORY_TAG


@definitions
def daily() -> Definitions:
    """The job `daily` and its schedule at 01:00 UTC."""
    # The checks of the assets' own steps belong to the job. `no_gaps` has a step of its own.
    days = AssetSelection.tag(DAILY_TAG, "true").without_checks().required_multi_asset_neighbors()
    job = define_asset_job(
        "daily",
        selection=days,
        tags={HISTORY_TAG: "true"},  # our dagster.yaml runs such runs one after the other
        description="One day of every daily asset, from the registry to the alerts.",
    )
    schedule = build_schedule_from_partitioned_job(
        job, name="daily", hour_of_day=1, description="At 01:00 UTC, makes the day before."
    )
    return Definitions(jobs=[job], schedules=[schedule])
