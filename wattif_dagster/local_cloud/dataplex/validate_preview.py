"""Checks the settings of the preview before a scan is stored."""

from typing import Any

from google.cloud.dataplex_v1.types import DataScan

from . import preview
from .anomaly_points import WINDOWS
from .errors import invalid_argument
from .names import TableName, parse_dataset
from .rules import get_kind

METRICS = ("AVG", "MAX", "MIN", "SUM")

_TIMES = ("timestamp_column", "use_partition_column", "use_incremental_column")


def check_preview(scan: DataScan) -> None:
    """Check the preview's rules and settings of a scan. Raises ApiError INVALID_ARGUMENT."""
    spec, field = preview.extend(scan.data_quality_spec), "data_quality_spec.anomaly_detection"
    columns = [rule.column.lower() for rule in spec.rules if get_kind(rule) == preview.RULE_KIND]
    if not columns:
        if spec.HasField("anomaly_detection"):
            raise invalid_argument(
                f"{field}: needs a rule with {preview.RULE_KIND}; "
                "freshness and volume are not supported by the local Dataplex service"
            )
        return
    if len(set(columns)) < len(columns):
        raise invalid_argument(f"{preview.RULE_KIND}: a column can have only one such rule")
    settings = spec.anomaly_detection
    if settings.aggregation_window not in WINDOWS:
        raise invalid_argument(
            f"{field}.aggregation_window: {settings.aggregation_window!r} is not one of "
            f"{', '.join(WINDOWS)}"
        )
    if sum(bool(getattr(settings, name)) for name in _TIMES) != 1:
        raise invalid_argument(f"{field}: exactly one of {', '.join(_TIMES)} is required")
    if settings.use_incremental_column and not scan.execution_spec.field:
        raise invalid_argument(f"{field}.use_incremental_column: needs execution_spec.field")
    export, path = settings.bigquery_export, f"{field}.bigquery_export"
    TableName.parse(export.result_table, f"{path}.result_table")
    parse_dataset(export.intermediate_dataset, f"{path}.intermediate_dataset")


def check_detection(detection: Any, field: str) -> None:
    """Check the metrics and threshold of one rule. Raises ApiError INVALID_ARGUMENT."""
    unknown = [metric for metric in detection.metrics if metric not in METRICS]
    if unknown or not detection.metrics:
        raise invalid_argument(f"{field}.metrics: one or more of {', '.join(METRICS)} are required")
    if len(set(detection.metrics)) < len(detection.metrics):
        raise invalid_argument(f"{field}.metrics: a metric is given twice")
    if not 0 < detection.anomaly_probability_threshold < 1:
        raise invalid_argument(
            f"{field}.anomaly_probability_threshold: must be above 0 and below 1"
        )
