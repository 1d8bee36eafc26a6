"""The job `gaps` and its schedule: they run checks and make no asset."""

from datetime import UTC, datetime

import pytest
from dagster import (
    AssetMaterialization,
    DagsterInstance,
    DefaultScheduleStatus,
    Definitions,
    build_schedule_context,
)

from wattif_dagster.daily_asset import find_daily_assets
from wattif_dagster.definitions import build_defs
from wattif_dagster.defs.automation.gaps import NO_GAPS


@pytest.fixture(scope="module")
def defs() -> Definitions:
    return build_defs()


def test_schedule_asks_for_a_run_when_the_day_before_is_due(defs: Definitions):
    schedule = defs.resolve_schedule_def("gaps")
    policy = defs.resolve_asset_graph().get(find_daily_assets(defs)[0]).freshness_policy
    assert schedule.cron_schedule == policy.deadline_cron  # type: ignore[union-attr]
    assert schedule.execution_timezone == "UTC"
    assert schedule.default_status is DefaultScheduleStatus.STOPPED
    time = datetime(2024, 3, 1, 6, tzinfo=UTC)
    with build_schedule_context(
        scheduled_execution_time=time, repository_def=defs.get_repository_def()
    ) as context:
        (request,) = schedule.evaluate_tick(context).run_requests or []
    assert (schedule.job_name, request.partition_key) == ("gaps", None)


def test_job_checks_each_daily_asset_and_makes_nothing(
    defs: Definitions, instance: DagsterInstance
):
    *with_gap, without = find_daily_assets(defs)
    for key in with_gap:
        for day in ("2024-01-01", "2024-01-03"):
            instance.report_runless_asset_event(AssetMaterialization(key, partition=day))
    result = defs.resolve_job_def("gaps").execute_in_process(instance=instance)
    assert result.success
    assert not result.get_asset_materialization_events()
    found = {check.asset_key: check for check in result.get_asset_check_evaluations()}
    assert {check.check_name for check in found.values()} == {NO_GAPS}
    assert {key: check.passed for key, check in found.items()} == {
        without: True,
        **dict.fromkeys(with_gap, False),
    }
    assert found[with_gap[0]].metadata["missing"].value == ["2024-01-02"]
