"""Days that a run finished and did not credit are credited when the run has ended.

Dagster records the materializations of a step when the step ends. Of one whose process was killed
it has just what `each_day` observed.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from dagster import (
    AssetKey,
    AssetMaterialization,
    AssetRecordsFilter,
    DagsterEventType,
    DagsterInstance,
    EventLogRecord,
    MetadataValue,
    RunsFilter,
)
from filelock import FileLock

from wattif_dagster.backfills.history import RECORDS_AT_A_TIME


def credit_finished_days(
    instance: DagsterInstance, dagster_home: Path, keys: Iterable[AssetKey]
) -> Counter[str]:
    """Materialize the days of these assets that were finished and not credited; how many, by run.

    A run that Dagster has not seen end is left alone, whoever started it: it may go on, and credit
    its days itself. What was wiped since is not credited. One process of a Dagster home at a time.
    """
    credited: Counter[str] = Counter()
    with FileLock(dagster_home / "credit.lock"):
        records = [record for key in keys for record in _observed_last(instance, key)]
        asked = list({record.run_id for record in records})
        runs = instance.get_runs(RunsFilter(run_ids=asked)) if asked else []
        ended = {run.run_id for run in runs if run.is_finished}
        for record in records:
            if record.run_id in ended:
                instance.report_runless_asset_event(_credit(record))
                credited[record.run_id] += 1
    return credited


def _observed_last(instance: DagsterInstance, key: AssetKey) -> Iterator[EventLogRecord]:
    """The latest observation of each day of the asset that was not materialized after it."""
    observed, made = (
        instance.get_latest_storage_id_by_partition(key, event)
        for event in (DagsterEventType.ASSET_OBSERVATION, DagsterEventType.ASSET_MATERIALIZATION)
    )
    ids = [number for day, number in observed.items() if number > made.get(day, 0)]
    for first in range(0, len(ids), RECORDS_AT_A_TIME):
        some = AssetRecordsFilter(key, storage_ids=ids[first : first + RECORDS_AT_A_TIME])
        yield from instance.fetch_observations(some, RECORDS_AT_A_TIME).records


def _credit(record: EventLogRecord) -> AssetMaterialization:
    event = record.event_log_entry.get_dagster_event()
    observed = event.asset_observation_data.asset_observation
    return AssetMaterialization(
        observed.asset_key,
        partition=observed.partition,
        metadata={
            **observed.metadata,
            "made_in_run": MetadataValue.dagster_run(record.run_id),
        },
    )
