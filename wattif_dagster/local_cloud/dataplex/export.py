"""Builds the rows of the export table from the results of a job, one row per rule.

The columns are in export_schema.
"""

import json
from datetime import UTC, datetime
from typing import Any

from google.cloud.dataplex_v1.types import (
    DataQualityResult,
    DataQualityRule,
    DataQualityRuleResult,
    DataScan,
    DataScanJob,
)
from google.protobuf import json_format

from wattif_dagster.scan_rules import ROW_KINDS

from . import preview
from .names import TableName, extract_scan
from .rules import get_kind
from .trigger import get_trigger_mode

_RULE_TYPES = {
    "range_expectation": "Range Check",
    "non_null_expectation": "Null Check",
    "set_expectation": "Set Check",
    "regex_expectation": "Regex Check",
    "uniqueness_expectation": "Uniqueness Check",
    "statistic_range_expectation": "Statistic Check",
    "row_condition_expectation": "Row Condition",
    "table_condition_expectation": "Table Condition",
    "sql_assertion": "SQL Assertion",
    preview.RULE_KIND: "Anomaly Detection",
}


def build_export_rows(
    scan: DataScan, job: DataScanJob, result: DataQualityResult, end_time: datetime
) -> list[dict[str, Any]]:
    """JSON rows of one job. `end_time` is the time when the rules had run."""
    job_columns = _build_job_columns(scan, job, result, end_time)
    return [job_columns | _build_rule_columns(rule_result) for rule_result in result.rules]


def _build_job_columns(
    scan: DataScan, job: DataScanJob, result: DataQualityResult, end_time: datetime
) -> dict[str, Any]:
    _, project, _, location, _, scan_id = extract_scan(job.name).split("/")
    source = TableName.parse(scan.data.resource, "data.resource")
    spec, scanned = scan.data_quality_spec, result.scanned_data.incremental_field
    now = datetime.now(UTC).isoformat()
    return {
        "data_quality_scan": {
            "resource_name": f"//dataplex.googleapis.com/{extract_scan(job.name)}",
            "project_id": project,
            "location": location,
            "data_scan_id": scan_id,
            "display_name": scan.display_name or None,
        },
        "data_source": {
            "resource_name": scan.data.resource,
            "table_project_id": source.project,
            "dataset_id": source.dataset,
            "table_id": source.table,
        },
        "data_quality_job_id": job.uid,
        "data_quality_job_configuration": json.dumps(
            {
                "trigger": get_trigger_mode(scan).replace("_", ""),
                "incremental": bool(scan.execution_spec.field),
                "incremental_column": scan.execution_spec.field or None,
                "sampling_percent": round(spec.sampling_percent, 3) or 100.0,
                "row_filter": spec.row_filter or None,
            }
        ),
        "job_labels": json.dumps(dict(scan.labels)),
        "job_start_time": DataScanJob.pb(job).start_time.ToJsonString(),
        "job_end_time": end_time.isoformat(),
        "job_quality_result": {
            "passed": result.passed,
            "score": round(result.score, 2),
            "incremental_start": scanned.start or None,
            "incremental_end": scanned.end or None,
        },
        "job_dimension_result": json.dumps(
            {
                item.dimension.name: {"passed": item.passed, "score": round(item.score, 2)}
                for item in result.dimensions
            }
        ),
        "job_rows_scanned": result.row_count,
        "created_on": now,
        "last_updated": now,
    }


def _build_rule_columns(result: DataQualityRuleResult) -> dict[str, Any]:
    rule, rule_kind = result.rule, get_kind(result.rule)
    columns = {
        "rule_name": rule.name or None,
        "rule_description": rule.description or None,
        "rule_type": _RULE_TYPES[rule_kind],
        "rule_evaluation_type": "Per row" if rule_kind in ROW_KINDS else "Aggregate",
        "rule_column": rule.column or None,
        "rule_dimension": rule.dimension or None,
        "rule_parameters": _serialize_parameters(rule),
        "rule_passed": result.passed,
        "rule_suspended": rule.suspended,
        "rule_attributes": json.dumps(dict(rule.attributes)),
        "debug_queries": _list_debug_queries(result),
    }
    if rule_kind in ROW_KINDS:
        columns |= {
            "rule_threshold_percent": (rule.threshold or 1.0) * 100,
            "rule_rows_evaluated": result.evaluated_count,
            "rule_rows_passed": result.passed_count,
            "rule_rows_passed_percent": result.pass_ratio * 100,
            "rule_rows_null": result.null_count,
            "rule_failed_records_query": result.failing_rows_query,
        }
    if rule_kind == "sql_assertion":
        columns["rule_assertion_row_count"] = result.assertion_row_count
    return columns


def _serialize_parameters(rule: DataQualityRule) -> str:
    """The settings of the rule kind as JSON."""
    expectation = getattr(preview.extend(rule), get_kind(rule))
    return json_format.MessageToJson(expectation, preserving_proto_field_name=True, indent=None)


def _list_debug_queries(result: DataQualityRuleResult) -> list[dict[str, Any]]:
    return [
        {
            "description": query.description or None,
            "sql_statement": query.sql_statement,
            "debug_query_results": [
                {"name": item.name, "type": item.type_, "value": item.value}
                for item in answers.results
            ],
        }
        for query, answers in zip(
            result.rule.debug_queries, result.debug_queries_result_sets, strict=True
        )
    ]
