"""Runs whose process was killed: what they finished is credited, and they are ended.

While a run executes, its process holds a lock on `DAGSTER_HOME/running/RUN.lock`. The operating
system lets go of it however the process ends, so that a lock that can be had is of a lost run.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from dagster import (
    AssetMaterialization,
    DagsterEventType,
    DagsterInstance,
    DagsterRun,
    DagsterRunStatus,
    MetadataValue,
)
from filelock import FileLock, Timeout

from wattif_dagster.backfills.history import made_since

KILLED = "The process of this run was killed; the days it had finished are credited."


@dataclass(frozen=True)
class LostRun:
    """A run that was found without its process, and the days of assets credited to it."""

    run_id: str
    credited: int


def lock_of(dagster_home: Path, run_id: str) -> FileLock:
    """The lock that the process of the run holds; the file is to be removed when the run ended."""
    folder = dagster_home / "running"
    folder.mkdir(parents=True, exist_ok=True)
    return FileLock(folder / f"{run_id}.lock")


def lost_runs(dagster_home: Path) -> set[str]:
    """Ids of the runs of this Dagster home whose process is gone.

    One of them may be finished: its process was killed before it could remove the file, or removed
    it while this looked, which made it anew.
    """
    lost: set[str] = set()
    for file in (dagster_home / "running").glob("*.lock"):
        with suppress(Timeout), FileLock(file).acquire(timeout=0):
            lost.add(file.stem)
    return lost


def settle_lost_runs(instance: DagsterInstance, dagster_home: Path) -> list[LostRun]:
    """End the lost runs, as their processes left them."""
    settled: list[LostRun] = []
    for run_id in sorted(lost_runs(dagster_home)):
        with lock_of(dagster_home, run_id) as lock:
            run = instance.get_run_by_id(run_id)
            if run and not run.is_finished:
                settled.append(_settle(instance, run))
            Path(lock.lock_file).unlink(missing_ok=True)
    return settled


def _settle(instance: DagsterInstance, run: DagsterRun) -> LostRun:
    credits = list(_uncredited(instance, run))
    for materialization in credits:
        instance.report_runless_asset_event(materialization)
    if run.status is DagsterRunStatus.CANCELING:
        instance.report_run_canceled(run, KILLED)
    else:
        instance.report_run_failed(run, KILLED)
    # Dagster's monitor would do so, where its daemon runs; till then the pool's next run waits.
    instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)
    return LostRun(run.run_id, len(credits))


def _uncredited(instance: DagsterInstance, run: DagsterRun) -> Iterator[AssetMaterialization]:
    """The days of the step that was killed: observed, and not materialized since the run began."""
    record = instance.get_run_record_by_id(run.run_id)
    assert record is not None
    began = record.create_timestamp.timestamp()
    made: dict[object, set[str]] = {}
    for log in instance.all_logs(run.run_id, of_type=DagsterEventType.ASSET_OBSERVATION):
        observed = log.get_dagster_event().asset_observation_data.asset_observation
        key, day = observed.asset_key, observed.partition
        if key not in made:
            made[key] = made_since(instance, key, began)
        if day and day not in made[key]:
            made[key].add(day)
            yield AssetMaterialization(
                key,
                partition=day,
                metadata={
                    **observed.metadata,
                    "made_in_run": MetadataValue.dagster_run(run.run_id),
                },
            )
