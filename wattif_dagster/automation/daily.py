"""The whole graph for one day, every night."""

from dagster import AssetSelection, build_schedule_from_partitioned_job, define_asset_job

from wattif_dagster import keys

IN_ORDER_TAG = "wattif/days"
"""Runs that have it take turns in our dagster.yaml: a backfill of this job makes the days one after
the other, so that each day's anomalies are judged against all the days before it."""

DAILY_JOB = define_asset_job(
    "daily",
    selection=AssetSelection.assets(*keys.DAILY),
    tags={IN_ORDER_TAG: "in-order"},
    description="One day from the registry to the scans' results.",
)

DAILY_SCHEDULE = build_schedule_from_partitioned_job(
    DAILY_JOB, name="daily", hour_of_day=1, description="At 01:00 UTC, the day before."
)
