"""Steps of checks that cannot ask a service."""

import pytest
from dagster import DagsterInstance

from wattif_dagster import keys, retries
from wattif_dagster.definitions import CHECKS, build_defs
from wattif_dagster.resources.bigquery import BigQueryWarehouse
from wattif_dagster.settings import Settings
from wattif_dagster_tests.support.runs import (
    RANGE_END,
    RANGE_START,
    day,
    evaluations,
    failures,
    make_resources,
    run_days,
)
from wattif_dagster_tests.support.faults import Proxy, status

UP_TO_HOURS = [
    keys.METER_REGISTRY,
    keys.RAW_READINGS,
    keys.METER_READINGS,
    keys.HOURLY_CONSUMPTION,
]


def test_checks_are_tried_again_where_the_failure_may_pass(
    settings: Settings, bigquery_proxy: Proxy, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(retries, "RETRY_DELAY_SECONDS", 0)
    resources = make_resources(settings)
    sound = resources["wattif_bigquery"]
    hurried = BigQueryWarehouse(cloud=sound.cloud, dataset=sound.dataset, retry_seconds=0)
    job = build_defs({**resources, "bigquery": hurried}).resolve_implicit_global_asset_job_def()
    checks = {spec.key for each in CHECKS for spec in each.check_specs}
    alone = job.get_subset(asset_selection=set(), asset_check_selection=checks)
    with DagsterInstance.ephemeral() as instance:
        made = run_days(resources, instance, UP_TO_HOURS, day(1), day(1))
        assert made.success, failures(made)
        bigquery_proxy.on("POST", "/projects/", status(503), times=len(CHECKS))
        result = alone.execute_in_process(
            instance=instance,
            tags={RANGE_START: str(day(1)), RANGE_END: str(day(1))},
            raise_on_error=False,
        )
    assert result.success, failures(result)
    retried = {event.step_key for event in result.all_events if event.is_step_up_for_retry}
    assert retried == {"meter_readings_checks", "hourly_consumption_checks"}
    assert all(check.passed for check in evaluations(result).values())
