"""The definition of a scan, compared with a scan as the service returns it."""

from datetime import date

import pytest
from google.cloud import dataplex_v1

from wattif_dagster.defs.anomaly_scan_results.asset import RULES
from wattif_dagster.errors import UserError
from wattif_dagster.resources.dataplex.definition import (
    Notifications,
    check_changeable,
    day_filter,
    differences,
    quality_scan,
    update_mask,
)
from wattif_dagster.resources.dataplex.results import ScanError, State, scan_result
from wattif_dagster.resources.dataplex.rules import load_spec

TABLE = "project.dataset.table"


def test_table_is_named_in_three_parts() -> None:
    scan = quality_scan(TABLE, load_spec(RULES))
    assert scan.data.resource == (
        "//bigquery.googleapis.com/projects/project/datasets/dataset/tables/table"
    )
    for name in ("dataset.table", "a..b", "a.b.c.d", ""):
        with pytest.raises(UserError, match=r"is not the name of a table\. Write project"):
            quality_scan(name, load_spec(RULES))


def test_day_ends_where_the_next_begins() -> None:
    assert day_filter("time", date(2024, 2, 29)) == (
        "time >= TIMESTAMP '2024-02-29' AND time < TIMESTAMP '2024-03-01'"
    )


def test_given_spec_is_not_changed() -> None:
    spec = load_spec(RULES)
    quality_scan(TABLE, spec, row_filter="TRUE", export_table=TABLE)
    assert spec == load_spec(RULES)


def test_options_are_in_the_fields_of_the_api() -> None:
    scan = quality_scan(
        TABLE,
        load_spec(RULES),
        schedule="TZ=UTC 5 0 * * *",
        incremental_column="time",
        notifications=Notifications(recipients=("a@example.com",), on_failure=False, on_end=True),
        labels={"team": "metering"},
        display_name="Fleet",
        description="The fleet's day",
    )
    assert scan.execution_spec.trigger.schedule.cron == "TZ=UTC 5 0 * * *"
    assert scan.execution_spec.field == "time"
    report = scan.data_quality_spec.post_scan_actions.notification_report
    assert "job_end_trigger" in report
    assert "job_failure_trigger" not in report
    assert "score_threshold_trigger" not in report
    assert (scan.labels["team"], scan.display_name) == ("metering", "Fleet")


@pytest.mark.parametrize(
    ("in_spec", "option", "enabled"),
    [(False, False, False), (True, False, True), (False, True, True)],
)
def test_spec_or_option_enables_catalog_publishing(
    in_spec: bool, option: bool, enabled: bool
) -> None:
    spec = load_spec(RULES)
    spec.catalog_publishing_enabled = in_spec
    scan = quality_scan(TABLE, spec, catalog_publishing=option)
    assert scan.data_quality_spec.catalog_publishing_enabled is enabled


def test_defaults_of_the_service_are_no_difference() -> None:
    want = quality_scan(TABLE, load_spec(RULES), export_table=TABLE)
    want.data_quality_spec.sampling_percent = 0
    have = dataplex_v1.DataScan(want)
    have.uid = "u"
    spec = have.data_quality_spec
    spec.sampling_percent = 100
    spec.post_scan_actions.bigquery_export.results_table = (
        "projects/project/datasets/dataset/tables/table"
    )
    for rule in spec.rules:
        rule.threshold = rule.threshold or 1
    assert differences(have, want) == ()


def test_update_mask_has_the_schedule_and_the_whole_spec() -> None:
    have = quality_scan(TABLE, load_spec(RULES))
    want = quality_scan(TABLE, load_spec(RULES), row_filter="TRUE", schedule="0 0 * * *")
    want.data_quality_spec.rules[0].threshold = 0.5
    paths = differences(have, want)
    assert paths == (
        "execution_spec.trigger",
        "data_quality_spec.rules",
        "data_quality_spec.row_filter",
    )
    assert list(update_mask(paths).paths) == ["data_quality_spec", "execution_spec.trigger"]


def test_scan_of_another_kind_or_rule_is_refused() -> None:
    want = quality_scan(TABLE, load_spec(RULES))
    have = dataplex_v1.DataScan(want)
    have.data_quality_spec.rules.append(dataplex_v1.DataQualityRule(name="preview"))
    with pytest.raises(UserError, match="its rule 'preview' is of a kind that this client"):
        check_changeable(have, want)
    profile = dataplex_v1.DataScan(data=want.data, data_profile_spec={})
    with pytest.raises(UserError, match="it is not a data quality scan"):
        check_changeable(profile, want)
    once = dataplex_v1.DataScan(want)
    once.execution_spec.trigger = dataplex_v1.Trigger(one_time={})
    with pytest.raises(UserError, match="it runs only one time"):
        check_changeable(once, want)


def test_success_with_errors_is_a_result_with_a_warning() -> None:
    job = dataplex_v1.DataScanJob(
        name="j",
        state=State.SUCCEEDED_WITH_ERRORS,
        partial_failure_message="the report was not mailed",
        data_quality_result={"passed": True, "row_count": 48},
    )
    result = scan_result(job)
    assert result.passed
    assert result.score is None
    assert result.warning == "the report was not mailed"


def test_failed_publishing_is_a_warning() -> None:
    failed = dataplex_v1.DataScanCatalogPublishingStatus.State.FAILED
    job = dataplex_v1.DataScanJob(
        name="j",
        state=State.SUCCEEDED,
        data_quality_result={"passed": True, "catalog_publishing_status": {"state": failed}},
    )
    assert "not published in the catalog" in (scan_result(job).warning or "")


@pytest.mark.parametrize("state", [State.FAILED, State.CANCELLED])
def test_job_without_a_result_raises_its_message(state: State) -> None:
    with pytest.raises(ScanError, match=f"Scan job j ended {state.name}: quota"):
        scan_result(dataplex_v1.DataScanJob(name="j", state=state, message="quota"))
    with pytest.raises(ScanError, match="no reason was given"):
        scan_result(dataplex_v1.DataScanJob(name="j", state=state))
