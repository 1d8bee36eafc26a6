from datetime import UTC, datetime
from typing import Any

import pytest
from dagster import RunRequest, ScheduleDefinition, build_schedule_context

from wattif_dagster.daily_asset import COMMON
from wattif_dagster.definitions import ASSETS, build_defs


@pytest.fixture
def schedule() -> ScheduleDefinition:
    return build_defs().resolve_schedule_def("daily")


def requests_at(schedule: ScheduleDefinition, time: datetime) -> list[RunRequest]:
    repository = build_defs().get_repository_def()
    with build_schedule_context(
        scheduled_execution_time=time, repository_def=repository
    ) as context:
        return list(schedule.evaluate_tick(context).run_requests or [])


def test_at_one_in_the_morning_it_asks_for_the_day_before(schedule: ScheduleDefinition):
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("0 1 * * *", "UTC")
    (request,) = requests_at(schedule, datetime(2024, 3, 1, 1, tzinfo=UTC))
    assert request.partition_key == "2024-02-29"
    assert schedule.job_name == "daily"


def test_before_the_first_day_ends_it_asks_for_nothing(schedule: ScheduleDefinition):
    assert requests_at(schedule, datetime(2024, 1, 1, 1, tzinfo=UTC)) == []
    (request,) = requests_at(schedule, datetime(2024, 1, 2, 1, tzinfo=UTC))
    assert request.partition_key == "2024-01-01"


def test_the_job_makes_every_asset_and_every_check():
    defs = build_defs()
    job = defs.resolve_job_def("daily")
    assert job.asset_layer.executable_asset_keys == {asset.key for asset in ASSETS}
    every_check = defs.resolve_asset_graph().asset_check_keys
    assert job.asset_layer.asset_graph.asset_check_keys == every_check


def test_the_schedule_leaves_hours_before_a_day_counts_as_late(schedule: ScheduleDefinition):
    policy: Any = COMMON["freshness_policy"]
    assert policy.deadline_cron == "0 6 * * *"
    assert policy.timezone == schedule.execution_timezone
