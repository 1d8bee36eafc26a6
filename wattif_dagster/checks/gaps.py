"""A standing check of each daily asset: days between the first and the last that are not there.

It looks at what Dagster recorded, not at the data. That the latest day is there is the freshness
policy's to say.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from dagster import (
    AssetCheckExecutionContext,
    AssetCheckResult,
    AssetChecksDefinition,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetKey,
    DagsterInstance,
    DagsterRun,
    DagsterRunStatus,
    RunsFilter,
    multi_asset_check,
)

from wattif_dagster import keys
from wattif_dagster.partitions import Span, spans

NO_GAPS = "no_gaps"


def no_gaps(assets: Sequence[AssetKey]) -> AssetChecksDefinition:
    """The check of each of the assets; it warns, and names the days and the commands that make
    them. All are one step, after the assets: it asks Dagster alone, in milliseconds."""

    @multi_asset_check(
        name=NO_GAPS,
        specs=[
            AssetCheckSpec(
                NO_GAPS,
                asset=key,
                description="Each day from the first to the last is made, and no day's latest run "
                "failed.",
            )
            for key in assets
        ],
        can_subset=True,
    )
    def check(context: AssetCheckExecutionContext) -> Iterator[AssetCheckResult]:
        for selected in context.selected_asset_check_keys:
            yield find_gaps(context.instance, selected.asset_key)

    return check


STANDING_CHECK = no_gaps(keys.DAILY)


def find_gaps(instance: DagsterInstance, key: AssetKey) -> AssetCheckResult:
    """Days never made between two that were, and days whose latest run failed.

    What a run is making now, or has yet to make, is neither.
    """
    made = sorted(map(date.fromisoformat, instance.get_materialized_partitions(key)))
    asked = _not_made_since(instance, key)
    failed = [day for day, run in asked.items() if run.status is DagsterRunStatus.FAILURE]
    in_hand = {day for day, run in asked.items() if not run.is_finished}
    between = Span(made[0], made[-1]).days if made else []
    missing = sorted({*between} - {*made} - {*failed} - in_hand)
    mend = [f"wattif backfill --start {missing[0]} --end {missing[-1]}"] if missing else []
    if failed:  # backfill would leave those that were made before
        mend.append("wattif retry --all-failed")
    return AssetCheckResult(
        asset_key=key,
        check_name=NO_GAPS,
        passed=not mend,
        severity=AssetCheckSeverity.WARN,
        metadata={
            "missing": [str(span) for span in spans(missing)],
            "failed": [str(span) for span in spans(failed)],
            "first": str(made[0]) if made else "",
            "last": str(made[-1]) if made else "",
            "mend": mend,
        },
    )


def _not_made_since(instance: DagsterInstance, key: AssetKey) -> Mapping[date, DagsterRun]:
    """Days that a run was to make, and none has made since; the latest such run.

    Runs that were deleted are left out. Dagster's own status by partition would take tens of times
    as long.
    """
    storage = instance.event_log_storage
    asked = storage.get_latest_asset_partition_materialization_attempts_without_materializations(
        key
    )
    if not asked:
        return {}
    found = instance.get_runs(RunsFilter(run_ids=list({run_id for run_id, _ in asked.values()})))
    runs = {run.run_id: run for run in found}
    return {
        date.fromisoformat(day): runs[run_id]
        for day, (run_id, _) in asked.items()
        if run_id in runs
    }
