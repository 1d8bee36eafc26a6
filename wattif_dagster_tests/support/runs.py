"""Runs of the asset graph in this process, and what they recorded."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from dagster import (
    AssetCheckEvaluation,
    AssetKey,
    AssetSelection,
    DagsterEventType,
    DagsterInstance,
    ExecuteInProcessResult,
    materialize,
)

from wattif_dagster.definitions import ASSETS, CHECKS
from wattif_dagster.keys import METER_SCAN_RESULTS
from wattif_dagster.metering.simulation import Simulation
from wattif_dagster.resources.build import Resources, build_resources
from wattif_dagster.settings import Endpoints, Settings
from wattif_dagster_tests.support.settings import settings_on

FIRST_DAY = date(2024, 1, 1)
RANGE_START, RANGE_END = "dagster/asset_partition_range_start", "dagster/asset_partition_range_end"


def settings_of(local_cloud: Endpoints, home: Path, **simulation: Any) -> Settings:
    """As the fixture `settings`, for fixtures that several tests share."""
    return settings_on(local_cloud, home, Simulation(interval_seconds=1800, **simulation))


def resources_of(settings: Settings) -> Resources:
    """The resources, with their bucket made."""
    resources = build_resources(settings)
    resources["wattif_gcs"].ensure_bucket()
    return resources


def day(number: int) -> date:
    """The fleet's `number`-th day, from 1."""
    return FIRST_DAY + timedelta(days=number - 1)


def run_days(
    resources: Mapping[str, object],
    instance: DagsterInstance,
    keys: Sequence[AssetKey],
    first: date,
    last: date,
    **more: Any,
) -> ExecuteInProcessResult:
    """Materialize the assets for the days in one run, as the UI asks for it, checks included."""
    if first == last:
        more["partition_key"] = first.isoformat()
    else:
        more["tags"] = {RANGE_START: first.isoformat(), RANGE_END: last.isoformat()}
    return materialize(
        [*ASSETS, *CHECKS],
        selection=AssetSelection.assets(*keys),
        resources=resources,
        instance=instance,
        raise_on_error=False,
        **more,
    )


def materializations(
    instance: DagsterInstance, result: ExecuteInProcessResult, key: AssetKey
) -> list[tuple[str | None, dict[str, Any]]]:
    """Each materialization of the asset that the run recorded: its partition and metadata."""
    entries = instance.all_logs(result.run_id, of_type=DagsterEventType.ASSET_MATERIALIZATION)
    recorded = [entry.asset_materialization for entry in entries]
    return [
        (m.partition, {name: value.value for name, value in m.metadata.items()})
        for m in recorded
        if m is not None and m.asset_key == key
    ]


def partitions(
    instance: DagsterInstance, result: ExecuteInProcessResult, key: AssetKey
) -> list[str | None]:
    """Partition of each materialization of the asset that the run recorded."""
    return [partition for partition, _ in materializations(instance, result, key)]


def evaluations(
    result: ExecuteInProcessResult, besides: AssetKey = METER_SCAN_RESULTS
) -> dict[str, AssetCheckEvaluation]:
    """The result of each check. No check may have two. The scans share names: one is left out."""
    found = [e for e in result.get_asset_check_evaluations() if e.asset_key != besides]
    by_name = {evaluation.check_name: evaluation for evaluation in found}
    assert len(by_name) == len(found)
    return by_name


def said(evaluation: AssetCheckEvaluation) -> dict[str, Any]:
    """The metadata of a check's result."""
    return {name: value.value for name, value in evaluation.metadata.items()}


def failures(result: ExecuteInProcessResult) -> dict[str, str]:
    """What each failed step says, its causes included."""
    messages: dict[str, str] = {}
    for event in result.all_events:
        if event.is_step_failure:
            error, step = event.step_failure_data.error, str(event.step_key)
            messages[step] = ""
            while error:
                messages[step] += error.message
                error = error.cause
    return messages
