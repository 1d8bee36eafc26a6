"""The request of the anomaly detection preview."""

from dataclasses import replace
from typing import Any

from google.cloud import dataplex_v1

from wattif_dagster.resources.dataplex.definition import quality_scan
from wattif_dagster.resources.dataplex.preview import AnomalyDetection, preview_body

DETECTION = AnomalyDetection(
    column="consumption_hour_rolled",
    time="time_hour_rolled",
    result_table="wattif-local.ds.results",
)


def make_body(table: str = "wattif-local.ds.hours", **changes: Any) -> dict[str, Any]:
    """Make the JSON of a scan of the table, with any field of DETECTION changed."""
    scan = quality_scan(table, dataplex_v1.DataQualitySpec())
    return preview_body(scan, replace(DETECTION, **changes))
