"""The status of each partition, read from Dagster's event log."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import Enum

from dagster import (
    AssetCheckKey,
    AssetCheckSeverity,
    AssetKey,
    DagsterEventType,
    DagsterInstance,
)

from wattif_dagster.backfill.graph import DailyGraph

DATA_VERSION = "dagster/data_version"
"""The tag of a materialization that has its data version."""


class PartitionStatus(Enum):
    """The status of one day of an asset."""

    MISSING = "missing"
    """No run ever made it."""
    FAILED = "failed"
    """The latest run that was to make it did not."""
    FAILED_CHECK = "failed a blocking check"
    """Its newest materialization did not pass every blocking check."""
    STALE = "stale"
    """It is older than the same day of an asset that it is made from, or than imported readings."""
    UP_TO_DATE = "up to date"


@dataclass(frozen=True)
class PartitionStatuses:
    """What the event log says of the partitions of the graph's assets."""

    graph: DailyGraph
    made: Mapping[AssetKey, Mapping[str, int]]
    """Storage id of the newest materialization by day. Ids grow with time."""
    failed: Mapping[AssetKey, frozenset[str]]
    """Days whose latest run did not materialize them."""
    refused: Mapping[AssetKey, frozenset[str]]
    """Days whose newest materialization did not pass every blocking check."""
    outdated: Mapping[AssetKey, frozenset[str]] = field(default_factory=dict)
    """Days whose source outside of the graph has another version than when they were made."""

    def status(self, key: AssetKey, day: date) -> PartitionStatus:
        """The status of the day by itself, whatever the status of its parents."""
        partition = day.isoformat()
        made = self.made[key].get(partition)
        if partition in self.failed[key]:
            return PartitionStatus.FAILED
        if made is None:
            return PartitionStatus.MISSING
        if partition in self.refused[key]:
            return PartitionStatus.FAILED_CHECK
        if partition in self.outdated.get(key, ()):
            return PartitionStatus.STALE
        parents = (self.made[parent].get(partition, 0) for parent in self.graph.parents[key])
        return (
            PartitionStatus.STALE if made < max(parents, default=0) else PartitionStatus.UP_TO_DATE
        )


SourceVersions = Mapping[AssetKey, Mapping[date, str]]
"""The version that each day's source outside of the graph has now, by the asset that reads it."""


def read_statuses(
    instance: DagsterInstance,
    graph: DailyGraph,
    keys: Iterable[AssetKey],
    days: Sequence[date],
    versions: SourceVersions | None = None,
) -> PartitionStatuses:
    """Read the event log for these assets, and for the assets they are made from."""
    keys = list(keys)
    storage = instance.event_log_storage
    made = {
        key: instance.get_latest_storage_id_by_partition(
            key, DagsterEventType.ASSET_MATERIALIZATION
        )
        for key in {*keys, *(parent for key in keys for parent in graph.parents[key])}
    }
    failed = {
        key: frozenset(
            storage.get_latest_asset_partition_materialization_attempts_without_materializations(
                key
            )
        )
        for key in keys
    }
    partitions = [day.isoformat() for day in days]
    refused = {key: _find_refused(instance, graph, key, made[key], partitions) for key in keys}
    outdated = {
        key: _find_outdated(instance, key, now, days)
        for key, now in (versions or {}).items()
        if key in keys
    }
    return PartitionStatuses(graph, made, failed, refused, outdated)


def _find_outdated(
    instance: DagsterInstance, key: AssetKey, versions: Mapping[date, str], days: Sequence[date]
) -> frozenset[str]:
    """Find the days whose newest materialization was made from another version of the source."""
    tags = instance.event_log_storage.get_latest_tags_by_partition(
        key,
        DagsterEventType.ASSET_MATERIALIZATION,
        [DATA_VERSION],
        [day.isoformat() for day in days],
    )
    return frozenset(
        day.isoformat()
        for day in days
        if (made := tags.get(day.isoformat())) and made.get(DATA_VERSION) != versions.get(day)
    )


def _find_refused(
    instance: DagsterInstance,
    graph: DailyGraph,
    key: AssetKey,
    made: Mapping[str, int],
    partitions: Sequence[str],
) -> frozenset[str]:
    """Find the days whose newest materialization some blocking check did not pass."""
    checks = graph.blocking_checks[key]
    if not checks:
        return frozenset()
    passed: dict[str, set[AssetCheckKey]] = {}
    storage = instance.event_log_storage
    for info in storage.get_asset_check_partition_info(list(checks), partition_keys=partitions):
        day, seen = info.partition_key, info.latest_target_materialization_storage_id
        status, run_id = info.latest_execution_status.value, info.latest_planned_run_id
        if day and seen == made.get(day) and _passes(instance, info.check_key, status, run_id):
            passed.setdefault(day, set()).add(info.check_key)
    wanted = set(checks)
    return frozenset(day for day in partitions if day in made and passed.get(day) != wanted)


def _passes(instance: DagsterInstance, check: AssetCheckKey, status: str, run_id: str) -> bool:
    """Whether the check let the run go on: it passed, or failed with a warning alone."""
    if status != "FAILED":
        return status == "SUCCEEDED"
    logs = instance.all_logs(run_id, of_type=DagsterEventType.ASSET_CHECK_EVALUATION)
    evaluations = (log.get_dagster_event().asset_check_evaluation_data for log in logs)
    return any(
        each.asset_check_key == check and each.severity is AssetCheckSeverity.WARN
        for each in evaluations
    )
