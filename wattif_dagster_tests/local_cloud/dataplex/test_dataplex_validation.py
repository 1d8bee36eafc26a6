"""Invalid requests are refused with INVALID_ARGUMENT before they are stored."""

import pytest
from google.api_core import exceptions as gx
from google.cloud import dataplex_v1 as dp
from google.protobuf.duration_pb2 import Duration

from wattif_dagster.local_cloud.dataplex.errors import ApiError
from wattif_dagster.local_cloud.dataplex.validate import check_scan

from .scans import ALWAYS, PEOPLE, Scans, data_scan, row_condition, rule

RANGE = {"min_value": "0"}


def report(**fields: object) -> dp.DataScan:
    return data_scan(post_scan_actions={"notification_report": fields})


def labelled(labels: dict[str, str]) -> dp.DataScan:
    scan = data_scan()
    scan.labels = labels
    return scan


def one_time(seconds: int) -> dp.DataScan:
    scan = data_scan()
    trigger = dp.Trigger(one_time={"ttl_after_scan_completion": Duration(seconds=seconds)})
    scan.execution_spec.trigger = trigger
    return scan


def as_user() -> dp.DataScan:
    scan = data_scan()
    scan.execution_identity = dp.ExecutionIdentity(user_credential={})
    return scan


def described(length: int) -> dp.DataScan:
    scan = data_scan()
    scan.description = "x" * length
    return scan


INVALID = {
    "data_quality_spec: required": dp.DataScan(data={"resource": PEOPLE}),
    "data.resource: required": dp.DataScan(data_quality_spec=data_scan().data_quality_spec),
    "data.resource: ": data_scan(resource="//bigquery.googleapis.com/projects/p/datasets/d"),
    "data.resource: '//storage": data_scan(resource="//storage.googleapis.com/projects/p"),
    "tables/a`b": data_scan(resource="//bigquery.googleapis.com/projects/p/datasets/d/tables/a`b"),
    "rules: 1 to 1000": dp.DataScan(data={"resource": PEOPLE}, data_quality_spec={}),
    "are required": data_scan(*[ALWAYS] * 1001),
    "rules[0]: one rule type": data_scan(dp.DataQualityRule(column="id")),
    "rules[1]: one rule type": data_scan(ALWAYS, dp.DataQualityRule()),
    "column: required by range": data_scan(rule("range_expectation", RANGE)),
    "column: required by non_null": data_scan(rule("non_null_expectation")),
    "column: 'a.b'": data_scan(rule("non_null_expectation", column="a.b")),
    "column: 'a`b'": data_scan(rule("non_null_expectation", column="a`b")),
    "threshold: must be in": data_scan(row_condition("TRUE", threshold=1.5)),
    "not -0.1": data_scan(row_condition("TRUE", threshold=-0.1)),
    "threshold: not valid": data_scan(
        rule("sql_assertion", {"sql_statement": "SELECT 1"}, threshold=0.5)
    ),
    "ignore_null: not valid": data_scan(row_condition("TRUE", ignore_null=True)),
    "name: '1st'": data_scan(row_condition("TRUE", name="1st")),
    "name: 'end-'": data_scan(row_condition("TRUE", name="end-")),
    "name: 'a b'": data_scan(row_condition("TRUE", name="a b")),
    "dimension: 'accuracy'": data_scan(row_condition("TRUE", dimension="accuracy")),
    "uppercase letters": data_scan(row_condition("TRUE", dimension="A" * 31)),
    "rules[0].description": data_scan(row_condition("TRUE", description="x" * 1025)),
    "range_expectation: min_value or": data_scan(rule("range_expectation", column="id")),
    "MEAN, MIN or MAX": data_scan(rule("statistic_range_expectation", RANGE, column="id")),
    "at least one value": data_scan(rule("set_expectation", column="id")),
    "regex: required": data_scan(rule("regex_expectation", column="id")),
    "sql_expression: required": data_scan(row_condition(" ")),
    "row_condition_expectation.sql_expression: must not": data_scan(row_condition("TRUE;")),
    "table_condition_expectation.sql_expression: must not": data_scan(
        rule("table_condition_expectation", {"sql_expression": "1; 2"})
    ),
    "sql_statement: must not": data_scan(rule("sql_assertion", {"sql_statement": "SELECT 1;"})),
    "row_filter: must not": data_scan(row_filter="TRUE; DROP TABLE t"),
    "debug_queries: at most 1": data_scan(
        row_condition("TRUE", debug_queries=[{"sql_statement": "SELECT 1"}] * 2)
    ),
    "debug_queries[0].sql_statement": data_scan(row_condition("TRUE", debug_queries=[{}])),
    "sampling_percent: must be": data_scan(sampling_percent=100.5),
    "in 0 to 100": data_scan(sampling_percent=-1),
    "results_table": data_scan(post_scan_actions={"bigquery_export": {"results_table": "d.t"}}),
    "e-mail addresses": report(job_end_trigger={}),
    "recipients.emails: at most 5, not 6": report(recipients={"emails": ["a@b.c"] * 6}),
    "score_threshold: must be": report(
        recipients={"emails": ["a@b.c"]}, score_threshold_trigger={"score_threshold": 101}
    ),
    "labels: 'Team'": labelled({"Team": "a"}),
    "labels: 'team': 'A B'": labelled({"team": "A B"}),
    "labels: at most 64": labelled({f"k{number}": "" for number in range(65)}),
    "365 days": one_time(366 * 24 * 3600),
    "0 seconds": one_time(-1),
    "user_credential": as_user(),
    "description: at most 1024": described(1025),
}


@pytest.mark.parametrize("message", INVALID)
def test_check_scan_refuses_an_invalid_scan(message: str) -> None:
    with pytest.raises(ApiError) as caught:
        check_scan(INVALID[message])
    assert caught.value.code.name == "INVALID_ARGUMENT"
    assert message in caught.value.message


@pytest.mark.parametrize(
    "scan",
    [
        data_scan(*[ALWAYS] * 1000),
        data_scan(row_condition("TRUE", threshold=1, name="a-1", dimension="MYOWN")),
        data_scan(sampling_percent=12.345),
        data_scan(resource=PEOPLE.removeprefix("//bigquery.googleapis.com/")),
        data_scan(resource="//bigquery.googleapis.com/projects/p/datasets/d/tables/Tag-1 zwölf"),
        report(recipients={"emails": ["a@b.c"]}, score_threshold_trigger={"score_threshold": 80}),
        labelled({"team": ""}),
        one_time(0),
        described(1024),
    ],
)
def test_check_scan_accepts_a_valid_scan(scan: dp.DataScan) -> None:
    check_scan(scan)


def test_client_receives_the_message(both: Scans) -> None:
    with pytest.raises(gx.BadRequest, match=r"rules\[0\]\.threshold: must be in 0\.0 to 1\.0"):
        both.create(data_scan(row_condition("TRUE", threshold=2)))


@pytest.mark.parametrize("scan_id", ["Upper", "1st", "end-", "a_b", "a" * 64])
def test_create_refuses_invalid_ids(scan_id: str, both: Scans) -> None:
    with pytest.raises(gx.BadRequest, match="data_scan_id"):
        both.create(scan_id=scan_id)


@pytest.mark.parametrize("field", ["name", "no_such_column"])
def test_incremental_field_must_be_a_date_or_timestamp(field: str, both: Scans) -> None:
    scan = data_scan()
    scan.execution_spec.field = field
    with pytest.raises(gx.BadRequest, match=field):
        both.create(scan)
