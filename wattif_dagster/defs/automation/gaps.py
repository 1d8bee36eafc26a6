"""The checks `no_gaps` and `latest_day` of each daily asset.

They look at Dagster's records and not at the data. The job `gaps` runs them every morning, whether
or not another run was started. Dagster's freshness policies cannot take the place of `latest_day`:
they pass as soon as any day is made, and fail where nobody asked for a day.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta

from dagster import (
    AssetCheckExecutionContext,
    AssetCheckResult,
    AssetChecksDefinition,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetKey,
    AssetSelection,
    DagsterInstance,
    DagsterRun,
    DagsterRunStatus,
    Definitions,
    RunsFilter,
    ScheduleDefinition,
    define_asset_job,
    multi_asset_check,
)

from wattif_dagster.partitions import Span, group_days

NO_GAPS = "no_gaps"
LATEST_DAY = "latest_day"
DUE = time(6)
"""Each day is due at this time of the next day, UTC."""

GAP_CHECKS = {
    NO_GAPS: "Each day from the first to the last is made, and no day's latest run failed.",
    LATEST_DAY: f"Each day is made by {DUE:%H:%M} UTC of the next day.",
}
"""The checks with their descriptions."""


def build_gaps(assets: Sequence[AssetKey]) -> Definitions:
    """Build the checks of each of these assets, with the job and the schedule that run them."""
    check = _define_check(assets)
    job = define_asset_job(
        "gaps",
        selection=AssetSelection.checks(check),
        description="Warns of missing days, the latest one too, and of days whose run failed.",
    )
    schedule = ScheduleDefinition(
        name="gaps",
        job=job,
        cron_schedule=f"{DUE.minute} {DUE.hour} * * *",
        execution_timezone="UTC",
        description="At 06:00 UTC, when the day before is due.",
    )
    return Definitions(asset_checks=[check], jobs=[job], schedules=[schedule])


def _define_check(assets: Sequence[AssetKey]) -> AssetChecksDefinition:
    """Define one step for all assets, because it only asks Dagster and takes milliseconds."""

    @multi_asset_check(
        name="check_gaps",
        specs=[
            AssetCheckSpec(name, asset=key, description=description)
            for key in assets
            for name, description in GAP_CHECKS.items()
        ],
        can_subset=True,
    )
    def check(context: AssetCheckExecutionContext) -> Iterator[AssetCheckResult]:
        for selected in context.selected_asset_check_keys:
            if selected.name == NO_GAPS:
                yield find_gaps(context.instance, selected.asset_key)
            else:
                yield find_latest_day(context.instance, selected.asset_key, datetime.now(UTC))

    return check


def find_gaps(instance: DagsterInstance, key: AssetKey) -> AssetCheckResult:
    """Find missing days between the first and the last, and days whose latest run failed.

    A day that an unfinished run is going to make is not missing.
    """
    made = sorted(map(date.fromisoformat, instance.get_materialized_partitions(key)))
    attempts = _find_attempts(instance, key)
    failed = [day for day, run in attempts.items() if run.status is DagsterRunStatus.FAILURE]
    in_progress = {day for day, run in attempts.items() if not run.is_finished}
    between = Span(made[0], made[-1]).days if made else []
    missing = sorted({*between} - {*made} - {*failed} - in_progress)
    to_make = sorted({*missing, *failed})
    fix = [f"wattif backfill --start {to_make[0]} --end {to_make[-1]}"] if to_make else []
    return AssetCheckResult(
        asset_key=key,
        check_name=NO_GAPS,
        passed=not to_make,
        severity=AssetCheckSeverity.WARN,
        metadata={
            "missing": [str(span) for span in group_days(missing)],
            "failed": [str(span) for span in group_days(failed)],
            "first": str(made[0]) if made else "",
            "last": str(made[-1]) if made else "",
            "fix": fix,
        },
    )


def find_latest_day(instance: DagsterInstance, key: AssetKey, now: datetime) -> AssetCheckResult:
    """Find whether the day is made that was due last. None is due before a first one is made."""
    due = now.date() - timedelta(days=1 if now.time() >= DUE else 2)
    made = sorted(map(date.fromisoformat, instance.get_materialized_partitions(key)))
    passed = due in made or not made
    return AssetCheckResult(
        asset_key=key,
        check_name=LATEST_DAY,
        passed=passed,
        severity=AssetCheckSeverity.WARN,
        metadata={
            "due": str(due),
            "last": str(made[-1]) if made else "",
            "fix": [] if passed else [f"wattif backfill --start {due} --end {due}"],
        },
    )


def _find_attempts(instance: DagsterInstance, key: AssetKey) -> Mapping[date, DagsterRun]:
    """Find the latest run of each day that planned to make it, where no run has made it since.

    Deleted runs are left out. Dagster's own status by partition takes more than ten times as long.
    """
    storage = instance.event_log_storage
    attempts = storage.get_latest_asset_partition_materialization_attempts_without_materializations(
        key
    )
    if not attempts:
        return {}
    run_ids = list({run_id for run_id, _ in attempts.values()})
    runs = {run.run_id: run for run in instance.get_runs(RunsFilter(run_ids=run_ids))}
    return {
        date.fromisoformat(day): runs[run_id]
        for day, (run_id, _) in attempts.items()
        if run_id in runs
    }
