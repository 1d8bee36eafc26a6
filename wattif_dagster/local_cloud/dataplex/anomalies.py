"""The preview's anomaly detection: it judges metrics by time window and segment by their history.

The model of the real service is not published. This model is Student's t predictive interval (see
detection/fleet_anomalies.sql) over the last points of a series. For windows shorter than a day
these are points at the same time of day. A point with too few points before it gets no verdict.

The intermediate table of the scan keeps the points. The first job judges only the last points.
Later jobs judge the points after the end of the table, so no point is judged twice. A point is used
when its window has ended.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from math import sqrt
from typing import Any

from google.cloud.dataplex_v1.types import (
    DataQualityResult,
    DataQualityRuleResult,
    DataScan,
    DataScanJob,
)

from wattif_dagster.defs.fleet_anomalies.student_t import critical_value, two_sided_probability

from . import preview
from .anomaly_points import Source, choose_unit, render_history
from .answers import Query
from .literals import quote_identifier, quote_string
from .names import TableName, parse_dataset
from .rules import get_kind
from .warehouse import Warehouse

_MIN_HISTORY = 5
_RELATIVE_FLOOR, _ABSOLUTE_FLOOR = 1e-4, 1e-6  # least deviations: rounding is no anomaly


def _make_columns(**types: str) -> list[dict[str, str]]:
    return [{"name": name, "type": type_, "mode": "NULLABLE"} for name, type_ in types.items()]


RESULT_SCHEMA = _make_columns(
    segmentation="JSON",
    column_name="STRING",
    metric="STRING",
    time="TIMESTAMP",
    value="FLOAT",
    is_anomaly="BOOLEAN",
    lower_bound="FLOAT",
    upper_bound="FLOAT",
    anomaly_prob="FLOAT",
    data_scan_job_id="STRING",
)
_POINT_SCHEMA = _make_columns(
    segmentation="STRING", column_name="STRING", metric="STRING", time="TIMESTAMP", value="FLOAT"
)


@dataclass(frozen=True)
class Detection:
    """The results of the rules by their position in the spec, and the tables of the job."""

    rules: Mapping[int, DataQualityRuleResult]
    tables: DataQualityResult.AnomalyDetectionGeneratedAssets


def detect(
    scan: DataScan, job: DataScanJob, source: Source, query: Query, warehouse: Warehouse
) -> Detection:
    """Judge the new points and write them to the scan's tables.

    Raises ScanError when the SQL fails or a table cannot be written, and what `query` raises.
    """
    spec = preview.extend(scan.data_quality_spec)
    export = spec.anomaly_detection.bigquery_export
    results = TableName.parse(export.result_table, "result_table")
    project, dataset = parse_dataset(export.intermediate_dataset, "intermediate_dataset")
    kept = TableName(project, dataset, f"anomaly_detection_{scan.uid.replace('-', '_')}")
    warehouse.append(kept, _POINT_SCHEMA, "time", [])
    unit = choose_unit(spec.anomaly_detection.aggregation_window, source, query)
    now = datetime.now(UTC)
    outcomes: dict[int, DataQualityRuleResult] = {}
    for position, rule in enumerate(spec.rules):
        if get_kind(rule) != preview.RULE_KIND or rule.suspended:
            continue
        detection = rule.data_anomaly_detection
        fresh = source.render_points(
            rule.column, list(detection.metrics), unit, quote_identifier(str(kept)), now
        )
        answer = query(render_history(fresh, quote_identifier(str(kept)), unit))
        names = [name for name, _ in answer.columns]
        rows = [
            _judge_point(
                dict(zip(names, row, strict=True)), detection.anomaly_probability_threshold
            )
            | {"data_scan_job_id": job.uid}
            for row in answer.rows
        ]
        warehouse.append(results, RESULT_SCHEMA, "time", rows)
        query(f"INSERT INTO {quote_identifier(str(kept))} {fresh}")
        outcomes[position] = _summarize(rows, rule.column, results, job.uid)
    return Detection(
        outcomes,
        DataQualityResult.AnomalyDetectionGeneratedAssets(
            result_table=str(results), data_intermediate_table=str(kept)
        ),
    )


def _judge_point(point: Mapping[str, Any], threshold: float) -> dict[str, Any]:
    """The point as a row of the result table, without its job."""
    row = {name: point[name] for name in ("segmentation", "column_name", "metric", "value")}
    row |= {"time": point["time"].isoformat(), "is_anomaly": None, "anomaly_prob": None}
    row |= {"lower_bound": None, "upper_bound": None}
    n = point["n"]
    if n >= _MIN_HISTORY:
        mean, df = point["mean"], n - 1
        floor = max(_RELATIVE_FLOOR * abs(mean), _ABSOLUTE_FLOOR)
        scale = max(point["sd"], floor) * sqrt(1 + 1 / n)
        probability = min(1.0, two_sided_probability(abs(point["value"] - mean) / scale, df))
        width = _critical_value(threshold, df) * scale
        row |= {
            "is_anomaly": probability > threshold,
            "lower_bound": mean - width,
            "upper_bound": mean + width,
            "anomaly_prob": probability,
        }
    return row


_critical_value = cache(critical_value)


def _summarize(
    rows: list[dict[str, Any]], column: str, results: TableName, job_id: str
) -> DataQualityRuleResult:
    anomalies = sum(bool(row["is_anomaly"]) for row in rows)
    return DataQualityRuleResult(
        passed=not anomalies,
        evaluated_count=len(rows),
        passed_count=len(rows) - anomalies,
        pass_ratio=1 - anomalies / len(rows) if rows else 1,
        failing_rows_query=(
            f"SELECT * FROM {quote_identifier(str(results))} WHERE is_anomaly "
            f"AND column_name = {quote_string(column)} "
            f"AND data_scan_job_id = {quote_string(job_id)}"
        ),
    )
