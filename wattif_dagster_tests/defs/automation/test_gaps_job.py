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
from wattif_dagster.defs.automation.gaps import GAP_CHECKS, NO_GAPS


@pytest.fixture(scope="module")
def defs() -> Definitions:
    return build_defs()


def test_schedule_asks_for_a_run_when_the_day_before_is_due(defs: Definitions):
    schedule = defs.resolve_schedule_def("gaps")
    assert schedule.cron_schedule == "0 6 * * *"
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
    evaluations = result.get_asset_check_evaluations()
    found = {(each.asset_key, each.check_name): each for each in evaluations}
    assert len(found) == len(evaluations)
    assert {key: each.passed for key, each in found.items()} == {
        (key, name): key == without for key in (*with_gap, without) for name in GAP_CHECKS
    }
    assert found[with_gap[0], NO_GAPS].metadata["missing"].value == ["2024-01-02"]
