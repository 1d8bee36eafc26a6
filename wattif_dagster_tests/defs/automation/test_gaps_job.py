"""The standing checks, asked for by their schedule: no asset is made."""

from datetime import UTC, datetime

from dagster import (
    AssetMaterialization,
    DagsterInstance,
    DefaultScheduleStatus,
    build_schedule_context,
)

from wattif_dagster import keys
from wattif_dagster.daily_asset import COMMON
from wattif_dagster.definitions import build_defs
from wattif_dagster.defs.automation.gaps import NO_GAPS


def test_each_morning_it_asks_for_one_run_when_the_day_before_is_due():
    defs = build_defs()
    schedule = defs.resolve_schedule_def("gaps")
    policy = COMMON["freshness_policy"]
    assert schedule.cron_schedule == policy.deadline_cron  # type: ignore[attr-defined]
    assert schedule.execution_timezone == "UTC"
    assert schedule.default_status is DefaultScheduleStatus.STOPPED
    time = datetime(2024, 3, 1, 6, tzinfo=UTC)
    with build_schedule_context(
        scheduled_execution_time=time, repository_def=defs.get_repository_def()
    ) as context:
        (request,) = schedule.evaluate_tick(context).run_requests or []
    assert (schedule.job_name, request.partition_key) == ("gaps", None)


def test_its_run_finds_gaps_of_each_daily_asset_and_makes_nothing():
    with DagsterInstance.ephemeral() as instance:
        for key in keys.DAILY[:-1]:
            for day in ("2024-01-01", "2024-01-03"):
                instance.report_runless_asset_event(AssetMaterialization(key, partition=day))
        result = build_defs().resolve_job_def("gaps").execute_in_process(instance=instance)
    assert result.success
    assert not result.get_asset_materialization_events()
    found = {check.asset_key: check for check in result.get_asset_check_evaluations()}
    assert {check.check_name for check in found.values()} == {NO_GAPS}
    assert {key: check.passed for key, check in found.items()} == {
        key: key == keys.DAILY[-1] for key in keys.DAILY
    }
    assert found[keys.DAILY[0]].metadata["missing"].value == ["2024-01-02"]
