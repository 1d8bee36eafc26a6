"""Exported results, as BigQuery returns them."""

from google.cloud import bigquery
from google.cloud import dataplex_v1 as dp

from .scans import PEOPLE, Scans, State, data_scan, row_condition, rule, seconds

Export = dp.DataQualityResult.PostScanActionsResult.BigQueryExportResult


def export_to(table: str) -> dict:
    results = f"//bigquery.googleapis.com/projects/demo-project/datasets/ds/tables/{table}"
    return {"bigquery_export": {"results_table": results}}


def test_export_writes_one_row_per_rule(both: Scans, warehouse: bigquery.Client) -> None:
    debug = {"description": "top", "sql_statement": "SELECT MAX(value) AS top FROM ${data()}"}
    rules = [
        rule(
            "range_expectation",
            {"min_value": "0"},
            name="positive",
            description="not negative",
            column="value",
            dimension="VALIDITY",
            threshold=0.5,
            ignore_null=True,
            attributes={"owner": "meters"},
            debug_queries=[debug],
        ),
        rule("sql_assertion", {"sql_statement": "SELECT * FROM ${data()} WHERE id > 3"}),
    ]
    table = "results_" + both.parent.rpartition("-")[2]
    warehouse.delete_table(f"ds.{table}", not_found_ok=True)
    scan = data_scan(*rules, post_scan_actions=export_to(table), row_filter="id < 5")
    scan.labels, scan.display_name = {"team": "meters"}, "People"
    both.create(scan)
    job = both.run()
    result = job.data_quality_result.post_scan_actions_result.bigquery_export_result
    assert (job.state, result.state) == (State.SUCCEEDED, Export.State.SUCCEEDED)

    partitioning = warehouse.get_table(f"ds.{table}").time_partitioning
    assert partitioning is not None
    assert (partitioning.type_, partitioning.field) == ("DAY", "job_start_time")

    query = f"SELECT * FROM ds.{table} ORDER BY rule_name NULLS LAST"
    row, assertion = (dict(row) for row in warehouse.query(query).result())
    assert row["data_quality_scan"]["data_scan_id"] == "scan"
    assert row["data_quality_scan"]["display_name"] == "People"
    assert row["data_source"]["resource_name"] == PEOPLE
    assert row["data_source"]["table_id"] == "people"
    assert row["data_quality_job_id"] == job.uid
    assert row["data_quality_job_configuration"]["row_filter"] == "id < 5"
    assert row["data_quality_job_configuration"]["trigger"] == "ondemand"
    assert row["job_labels"] == {"team": "meters"}
    assert row["job_start_time"].timestamp() == seconds(job.start_time)
    assert row["job_quality_result"]["passed"] is False
    assert row["job_quality_result"]["score"] == 50
    assert row["job_dimension_result"] == {"VALIDITY": {"passed": True, "score": 100}}
    assert row["job_rows_scanned"] == 4
    assert row["rule_name"] == "positive"
    assert row["rule_type"] == "Range Check"
    assert row["rule_evaluation_type"] == "Per row"
    assert row["rule_threshold_percent"] == 50
    assert row["rule_parameters"] == {"min_value": "0"}
    assert (row["rule_rows_evaluated"], row["rule_rows_passed"], row["rule_rows_null"]) == (4, 3, 0)
    assert row["rule_rows_passed_percent"] == 75
    assert row["rule_attributes"] == {"owner": "meters"}
    assert row["debug_queries"][0]["debug_query_results"][0]["value"] == "9.5"
    failing = warehouse.query(row["rule_failed_records_query"]).result()
    assert [failed["id"] for failed in failing] == [4]

    assert assertion["rule_type"] == "SQL Assertion"
    assert assertion["rule_assertion_row_count"] == 1
    assert assertion["rule_rows_evaluated"] is None
    assert assertion["rule_passed"] is False


def test_export_of_a_second_job_appends(scans: Scans, warehouse: bigquery.Client) -> None:
    scans.create(data_scan(post_scan_actions=export_to("results_twice")))
    jobs = {scans.run().uid, scans.run().uid}
    rows = warehouse.query("SELECT data_quality_job_id AS job FROM ds.results_twice").result()
    assert {row["job"] for row in rows} == jobs


def test_job_with_a_failed_export_reports_it(scans: Scans, warehouse: bigquery.Client) -> None:
    warehouse.query("CREATE TABLE ds.other_shape (rule_name STRING)").result()
    scans.create(data_scan(row_condition("id > 0"), post_scan_actions=export_to("other_shape")))
    job = scans.run()
    assert job.state == State.SUCCEEDED_WITH_ERRORS
    assert "lacks the columns data_quality_scan" in job.partial_failure_message
    assert job.data_quality_result.passed
    result = job.data_quality_result.post_scan_actions_result.bigquery_export_result
    assert result.state == Export.State.FAILED


def test_job_without_export_has_no_export_result(scans: Scans) -> None:
    assert "post_scan_actions_result" not in scans.results(row_condition("TRUE"))


def test_job_without_active_rules_exports_no_rows(scans: Scans, warehouse: bigquery.Client) -> None:
    suspended = row_condition("TRUE", suspended=True)
    scans.create(data_scan(suspended, post_scan_actions=export_to("results_none")))
    assert scans.run().state == State.SUCCEEDED
    assert not list(warehouse.query("SELECT * FROM ds.results_none").result())
