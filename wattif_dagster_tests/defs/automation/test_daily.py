"""The job and the schedule `daily`."""

from datetime import UTC, datetime, time
from pathlib import Path

import pytest
import yaml
from dagster import Definitions, RunRequest, ScheduleDefinition, build_schedule_context

import wattif_dagster
from wattif_dagster.daily_asset import HISTORY_TAG, find_daily_assets
from wattif_dagster.definitions import build_defs
from wattif_dagster.defs.automation.gaps import DUE, GAP_CHECKS


@pytest.fixture(scope="module")
def defs() -> Definitions:
    return build_defs()


@pytest.fixture
def schedule(defs: Definitions) -> ScheduleDefinition:
    return defs.resolve_schedule_def("daily")


def evaluate(defs: Definitions, time: datetime) -> list[RunRequest]:
    repository = defs.get_repository_def()
    with build_schedule_context(
        scheduled_execution_time=time, repository_def=repository
    ) as context:
        schedule = repository.get_schedule_def("daily")
        return list(schedule.evaluate_tick(context).run_requests or [])


def test_schedule_asks_at_one_for_the_day_before(defs: Definitions, schedule: ScheduleDefinition):
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("0 1 * * *", "UTC")
    (request,) = evaluate(defs, datetime(2024, 3, 1, 1, tzinfo=UTC))
    assert request.partition_key == "2024-02-29"
    assert schedule.job_name == "daily"


def test_schedule_asks_for_nothing_before_the_first_day_ends(defs: Definitions):
    assert evaluate(defs, datetime(2024, 1, 1, 1, tzinfo=UTC)) == []
    (request,) = evaluate(defs, datetime(2024, 1, 2, 1, tzinfo=UTC))
    assert request.partition_key == "2024-01-01"


def test_job_makes_every_daily_asset_with_its_own_checks(defs: Definitions):
    layer = defs.resolve_job_def("daily").asset_layer
    assert layer.executable_asset_keys == set(find_daily_assets(defs))
    checks = defs.resolve_asset_graph().asset_check_keys
    own = {check for check in checks if check.name not in GAP_CHECKS}
    assert layer.asset_graph.asset_check_keys == own


def test_runs_of_the_job_take_turns(defs: Definitions):
    """Our dagster.yaml limits runs by a tag, which the job must have."""
    config = yaml.safe_load(Path(wattif_dagster.__file__).with_name("dagster.yaml").read_text())
    limits = config["concurrency"]["runs"]["tag_concurrency_limits"]
    assert [(limit["key"], limit["limit"]) for limit in limits] == [(HISTORY_TAG, 1)]
    assert HISTORY_TAG in defs.resolve_job_def("daily").tags


def test_schedule_leaves_hours_until_a_day_is_due(schedule: ScheduleDefinition):
    assert schedule.cron_schedule == "0 1 * * *"
    assert schedule.execution_timezone == "UTC"
    assert time(6) == DUE
