"""What Dagster's event log says was made, and whether it still stands."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from dagster import (
    AssetCheckKey,
    AssetCheckSeverity,
    AssetKey,
    AssetRecordsFilter,
    DagsterEventType,
    DagsterInstance,
)
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus

from wattif_dagster.backfills.graph import DailyGraph
from wattif_dagster.keys import COUNTS_BY_DAY, FAULTS_BY_DAY

EVALUATIONS_READ = 10_000
"""Of each check, the latest: decades of nightly runs."""
RECORDS_AT_A_TIME = 1000
JUDGED = {AssetCheckExecutionRecordStatus.SUCCEEDED, AssetCheckExecutionRecordStatus.FAILED}


class Standing(Enum):
    """How a day of an asset stands."""

    MISSING = "missing"
    """Never made, older than what it was made from, or found wrong by a blocking check."""
    UNCHECKED = "unchecked"
    """Made, but its blocking checks have not judged it since."""
    CURRENT = "current"


@dataclass(frozen=True)
class History:
    """The latest event of each day of each asset."""

    graph: DailyGraph
    made: Mapping[AssetKey, Mapping[str, int]]
    """Storage id of the latest materialization, by day. They grow with time."""
    verdicts: Mapping[AssetCheckKey, Mapping[str, tuple[int, bool]]]
    """The newest materialization that a blocking check has seen, and if it let the day pass."""

    def standing(self, key: AssetKey, day: str) -> Standing:
        """How the day of the asset stands, by itself: not whether what it needs is missing."""
        made = self.made[key].get(day)
        if made is None or made < max(self._made_upstream(key, day), default=0):
            return Standing.MISSING
        checks = self.graph.blocking_checks[key]
        verdicts = [self.verdicts[check].get(day, (0, True)) for check in checks]
        judged = [passed for seen, passed in verdicts if seen >= made]
        if not all(judged):
            return Standing.MISSING
        return Standing.CURRENT if len(judged) == len(verdicts) else Standing.UNCHECKED

    def _made_upstream(self, key: AssetKey, day: str) -> Iterator[int]:
        for parent in self.graph.parents[key]:
            made = self.made.get(parent, {}).get(day)
            if made is not None:
                yield made


def read_history(
    instance: DagsterInstance,
    graph: DailyGraph,
    keys: Sequence[AssetKey],
    since: float | None = None,
) -> History:
    """The history of the assets and of what they are made from.

    `since` is a time, seconds since 1970: what was made before it counts as not made.
    """
    parents = {parent for key in keys for parent in graph.parents[key]}
    made = {
        key: instance.get_latest_storage_id_by_partition(
            key, DagsterEventType.ASSET_MATERIALIZATION
        )
        for key in {*keys, *parents}
    }
    if since is not None:
        for key in keys:
            lately = made_since(instance, key, since)
            made[key] = {day: made_id for day, made_id in made[key].items() if day in lately}
    checks = [check for key in keys for check in graph.blocking_checks[key]]
    return History(graph, made, {check: _verdicts(instance, check) for check in checks})


def made_since(instance: DagsterInstance, key: AssetKey, since: float) -> set[str]:
    """Days of the asset materialized after the time, in seconds since 1970."""
    wanted = AssetRecordsFilter(asset_key=key, after_timestamp=since)
    days: set[str] = set()
    cursor: str | None = None
    while True:
        found = instance.fetch_materializations(wanted, RECORDS_AT_A_TIME, cursor)
        days.update(record.partition_key for record in found.records if record.partition_key)
        if not found.has_more:
            return days
        cursor = found.cursor


def _verdicts(instance: DagsterInstance, check: AssetCheckKey) -> dict[str, tuple[int, bool]]:
    """By day, the latest one."""
    verdicts: dict[str, tuple[int, bool]] = {}
    storage = instance.event_log_storage
    for record in storage.get_asset_check_execution_history(check, EVALUATIONS_READ, status=JUDGED):
        evaluation = record.evaluation
        if evaluation is None or evaluation.target_materialization_data is None:
            continue
        seen = evaluation.target_materialization_data.storage_id
        wrong: Collection[str] = ()
        if evaluation.severity is AssetCheckSeverity.ERROR:
            wrong = _days(evaluation.metadata, FAULTS_BY_DAY)
        for day in _days(evaluation.metadata, COUNTS_BY_DAY):
            verdicts.setdefault(day, (seen, day not in wrong))
    return verdicts


def _days(metadata: Mapping[str, object], name: str) -> Collection[str]:
    value = getattr(metadata.get(name), "value", {})
    return value if isinstance(value, dict) else {}
