"""Columns of the export table, in the form of BigQuery's REST API.

Source, schema 1_6_0: https://cloud.google.com/dataplex/docs/use-auto-data-quality#table-schema
"""

from typing import Any

PARTITION_FIELD = "job_start_time"


def _record(name: str, *fields: dict[str, Any], mode: str = "NULLABLE") -> dict[str, Any]:
    return {"name": name, "type": "RECORD", "mode": mode, "fields": list(fields)}


def _columns(column_type: str, *names: str) -> list[dict[str, Any]]:
    return [{"name": name, "type": column_type, "mode": "NULLABLE"} for name in names]


SCHEMA: list[dict[str, Any]] = [
    _record(
        "data_quality_scan",
        *_columns(
            "STRING", "resource_name", "project_id", "location", "data_scan_id", "display_name"
        ),
    ),
    _record(
        "data_source",
        *_columns("STRING", "resource_name", "dataplex_entity_project_id"),
        *_columns("INTEGER", "dataplex_entity_project_number"),
        *_columns("STRING", "dataplex_lake_id", "dataplex_zone_id", "dataplex_entity_id"),
        *_columns("STRING", "table_project_id"),
        *_columns("INTEGER", "table_project_number"),
        *_columns("STRING", "dataset_id", "table_id", "catalog_id", "namespace_id"),
    ),
    *_columns("STRING", "data_quality_job_id"),
    *_columns("JSON", "data_quality_job_configuration", "job_labels"),
    *_columns("TIMESTAMP", "job_start_time", "job_end_time"),
    _record(
        "job_quality_result",
        *_columns("BOOLEAN", "passed"),
        *_columns("FLOAT", "score"),
        *_columns("STRING", "incremental_start", "incremental_end"),
    ),
    *_columns("JSON", "job_dimension_result"),
    *_columns("INTEGER", "job_rows_scanned"),
    *_columns("STRING", "rule_name", "rule_description", "rule_type", "rule_evaluation_type"),
    *_columns("STRING", "rule_column", "rule_dimension"),
    *_columns("FLOAT", "rule_threshold_percent"),
    *_columns("JSON", "rule_parameters"),
    *_columns("BOOLEAN", "rule_passed", "rule_suspended"),
    *_columns("INTEGER", "rule_rows_evaluated", "rule_rows_passed"),
    *_columns("FLOAT", "rule_rows_passed_percent"),
    *_columns("INTEGER", "rule_rows_null"),
    *_columns("STRING", "rule_failed_records_query"),
    *_columns("TIMESTAMP", "created_on", "last_updated"),
    *_columns("INTEGER", "rule_assertion_row_count"),
    _record(
        "debug_queries",
        *_columns("STRING", "description", "sql_statement"),
        _record(
            "debug_query_results", *_columns("STRING", "name", "type", "value"), mode="REPEATED"
        ),
        mode="REPEATED",
    ),
    *_columns("JSON", "rule_attributes"),
    _record(
        "rule_source",
        _record(
            "rule_path_elements",
            _record("entry_source", *_columns("STRING", "entry_type", "entry", "display_name")),
            _record("entry_link_source", *_columns("STRING", "entry_link_type", "entry_link")),
            mode="REPEATED",
        ),
    ),
]
