"""A standing check, told by every run: days between the first and the last that are not there.

It looks at what Dagster recorded, not at the data. That the latest day is there is the freshness
policy's to say.
"""

from datetime import UTC, date, datetime

from dagster import (
    AssetCheckExecutionContext,
    AssetCheckResult,
    AssetChecksDefinition,
    AssetCheckSeverity,
    AssetKey,
    DagsterInstance,
    asset_check,
)

from wattif_dagster import keys
from wattif_dagster.partitions import DAYS, spans

NO_GAPS = "no_gaps"


def no_gaps(key: AssetKey) -> AssetChecksDefinition:
    """The check of the asset; it warns, and names the days and the command that makes them."""

    @asset_check(
        asset=key,
        name=NO_GAPS,
        description="Each day from the first to the last is made, and its latest run did not fail.",
    )
    def check(context: AssetCheckExecutionContext) -> AssetCheckResult:
        return find_gaps(context.instance, key)

    return check


STANDING_CHECKS = [no_gaps(key) for key in (keys.RAW_READINGS, keys.ANOMALY_SCORES)]
"""Of what landed, and of the end of the chain: a gap anywhere between is one of the latter."""


def find_gaps(instance: DagsterInstance, key: AssetKey) -> AssetCheckResult:
    """Days never made between two that were, and days whose latest run failed."""
    made = instance.get_materialized_partitions(key)
    first, last = min(made, default=""), max(made, default="")
    today = datetime.now(UTC)
    every = [day for day in DAYS.get_partition_keys(today) if made and day >= first]
    status = instance.get_status_by_partition(key, every, DAYS) or {}
    failed = [day for day, state in status.items() if state and state.value == "FAILED"]
    missing = [day for day in every if day < last and day not in made and status.get(day) is None]
    gaps = sorted(map(date.fromisoformat, {*missing, *failed}))
    return AssetCheckResult(
        passed=not gaps,
        severity=AssetCheckSeverity.WARN,
        metadata={
            "missing": _listed(missing),
            "failed": _listed(failed),
            "first": first,
            "last": last,
            **({"mend": f"wattif backfill --start {gaps[0]} --end {gaps[-1]}"} if gaps else {}),
        },
    )


def _listed(days: list[str]) -> list[str]:
    return [str(span) for span in spans(map(date.fromisoformat, days))]
