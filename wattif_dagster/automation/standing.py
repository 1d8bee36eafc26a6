"""The standing checks by themselves, every morning: also where no run was begun, or none ended."""

from dagster import AssetSelection, ScheduleDefinition, define_asset_job

from wattif_dagster.checks.gaps import STANDING_CHECK

GAPS_JOB = define_asset_job(
    "gaps",
    selection=AssetSelection.checks(STANDING_CHECK),
    description="Days of the daily assets that are missing, or whose latest run failed.",
)

GAPS_SCHEDULE = ScheduleDefinition(
    name="gaps",
    job=GAPS_JOB,
    cron_schedule="0 6 * * *",
    execution_timezone="UTC",
    description="At 06:00 UTC, when the day before is due.",
)
