"""Runs of the asset graph in this process, made as `wattif backfill` makes them."""

import logging
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
from wattif_dagster.metering.simulation import Simulation
from wattif_dagster.resources.build import Resources, build_resources
from wattif_dagster.settings import Endpoints, Settings
from wattif_dagster_tests.support.settings import settings_on

FIRST_DAY = date(2024, 1, 1)


def make_settings(local_cloud: Endpoints, home: Path, **simulation: Any) -> Settings:
    """Make settings as the fixture `settings` does, for fixtures that several tests share."""
    return settings_on(local_cloud, home, Simulation(interval_seconds=1800, **simulation))


def make_resources(settings: Settings) -> Resources:
    """Make the resources of the settings, and their bucket."""
    resources = build_resources(settings)
    resources["wattif_gcs"].ensure_bucket()
    return resources


def day(number: int) -> date:
    """Find the fleet's `number`-th day, counted from 1."""
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

    def partitions(self, key: AssetKey) -> list[str | None]:
        """The partition of each materialization of the asset."""
        return [partition for partition, _ in self.materializations(key)]

    def evaluations(self, key: AssetKey | None = None) -> dict[str, AssetCheckEvaluation]:
        """The results of the asset's checks by name, or of all checks if their names differ."""
        found = [
            entry.get_dagster_event().asset_check_evaluation_data
            for entry in self._logs(DagsterEventType.ASSET_CHECK_EVALUATION)
        ]
        wanted = [each for each in found if key in (None, each.asset_key)]
        by_name = {each.check_name: each for each in wanted}
        assert len(by_name) == len(wanted)
        return by_name

    def retries(self) -> list[str]:
        """The key of a step for each of its retries."""
        return [
            str(entry.get_dagster_event().step_key)
            for entry in self._logs(DagsterEventType.STEP_UP_FOR_RETRY)
        ]

    def errors(self) -> list[tuple[str, str]]:
        """Step and message of each error that was logged."""
        logs = self.instance.all_logs(self.run.run_id)
        return [
            (str(entry.step_key), entry.user_message)
            for entry in logs
            if entry.level == logging.ERROR and not entry.dagster_event
        ]

    def failures(self) -> dict[str, str]:
        """The error of each failed step, with those that caused it."""
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
    made_day: date,
    overrides: Mapping[str, object] | None = None,
) -> FinishedRun:
    """Make the assets of the day by one run, with the checks of their steps."""
    home = settings.home / "dagster"
    home.mkdir(parents=True, exist_ok=True)
    runner = DayRunner(instance, home, build_defs(settings, overrides))
    plan = DayPlan(made_day, tuple(runner.graph.sort(keys)))
    return FinishedRun(instance, runner.run(plan))


def read_metadata(evaluation: AssetCheckEvaluation) -> dict[str, Any]:
    """The metadata of a check's result, as plain values."""
    return {name: value.value for name, value in evaluation.metadata.items()}
