"""Runs of the asset graph in this process, made as `wattif backfill` makes them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from dagster import (
    AssetCheckEvaluation,
    AssetKey,
    DagsterEventType,
    DagsterInstance,
    DagsterRun,
    DagsterRunStatus,
)

from wattif_dagster.backfill.execute import DayRunner
from wattif_dagster.backfill.plan import DayPlan
from wattif_dagster.definitions import build_defs
from wattif_dagster.keys import METER_SCAN_RESULTS
from wattif_dagster.metering.simulation import Simulation
from wattif_dagster.resources.build import Resources, build_resources
from wattif_dagster.settings import Endpoints, Settings
from wattif_dagster_tests.support.settings import settings_on

FIRST_DAY = date(2024, 1, 1)


def make_settings(local_cloud: Endpoints, home: Path, **simulation: Any) -> Settings:
    """As the fixture `settings`, for fixtures that several tests share."""
    return settings_on(local_cloud, home, Simulation(interval_seconds=1800, **simulation))


def make_resources(settings: Settings) -> Resources:
    """The resources of the settings, with their bucket made."""
    resources = build_resources(settings)
    resources["wattif_gcs"].ensure_bucket()
    return resources


def day(number: int) -> date:
    """The fleet's `number`-th day, from 1."""
    return FIRST_DAY + timedelta(days=number - 1)


@dataclass(frozen=True)
class FinishedRun:
    """A run that has ended, and what it recorded."""

    instance: DagsterInstance
    run: DagsterRun

    @property
    def success(self) -> bool:
        return self.run.status is DagsterRunStatus.SUCCESS

    def materializations(self, key: AssetKey) -> list[tuple[str | None, dict[str, Any]]]:
        """The partition and metadata of each materialization of the asset."""
        recorded = [
            entry.asset_materialization
            for entry in self._logs(DagsterEventType.ASSET_MATERIALIZATION)
        ]
        return [
            (m.partition, {name: value.value for name, value in m.metadata.items()})
            for m in recorded
            if m is not None and m.asset_key == key
        ]

    def metadata(self, key: AssetKey) -> dict[str, Any]:
        """The metadata of the one materialization of the asset."""
        ((_, metadata),) = self.materializations(key)
        return metadata

    def evaluations(
        self, besides: AssetKey = METER_SCAN_RESULTS
    ) -> dict[str, AssetCheckEvaluation]:
        """The result of each check by name. The two scans share names: one is left out."""
        found = [
            entry.get_dagster_event().asset_check_evaluation_data
            for entry in self._logs(DagsterEventType.ASSET_CHECK_EVALUATION)
        ]
        by_name = {e.check_name: e for e in found if e.asset_key != besides}
        assert len(by_name) == len([e for e in found if e.asset_key != besides])
        return by_name

    def failures(self) -> dict[str, str]:
        """What each failed step says, its causes included."""
        messages: dict[str, str] = {}
        for entry in self._logs(DagsterEventType.STEP_FAILURE):
            event = entry.get_dagster_event()
            error, step = event.step_failure_data.error, str(event.step_key)
            messages[step] = ""
            while error:
                messages[step] += error.message
                error = error.cause
        return messages

    def _logs(self, event_type: DagsterEventType) -> Sequence[Any]:
        return list(self.instance.all_logs(self.run.run_id, of_type=event_type))


def run_day(
    settings: Settings,
    instance: DagsterInstance,
    keys: Iterable[AssetKey],
    of: date,
    overrides: Mapping[str, object] | None = None,
) -> FinishedRun:
    """Make the assets of the day by one run, checks included."""
    home = settings.home / "dagster"
    home.mkdir(parents=True, exist_ok=True)
    runner = DayRunner(instance, home, build_defs(settings, overrides))
    plan = DayPlan(of, tuple(runner.graph.sort(keys)))
    return FinishedRun(instance, runner.run(plan))


def read_metadata(evaluation: AssetCheckEvaluation) -> dict[str, Any]:
    """The metadata of a check's result, as plain values."""
    return {name: value.value for name, value in evaluation.metadata.items()}
