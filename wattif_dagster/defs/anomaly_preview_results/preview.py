"""Runs the anomaly detection preview over `hourly_consumption`."""

import threading
from typing import Any

from google.cloud import dataplex_v1
from google.cloud.bigquery import ScalarQueryParameter

from wattif_dagster import schemas
from wattif_dagster.resources.bigquery import BigQueryWarehouse
from wattif_dagster.resources.dataplex.definition import quality_scan
from wattif_dagster.resources.dataplex.preview import (
    AnomalyDetection,
    ensure_preview,
    preview_body,
)
from wattif_dagster.resources.dataplex.results import ScanResult
from wattif_dagster.resources.dataplex.scans import DataplexScans
from wattif_dagster.scans.daily_scan import choose_notifications
from wattif_dagster.settings.scan import ScanOptions
from wattif_dagster.threshold import THRESHOLD

PREVIEW_SUFFIX = "-preview"


def run_preview(
    scans: DataplexScans, bigquery: BigQueryWarehouse, options: ScanOptions, stop: threading.Event
) -> tuple[ScanResult, list[dict[str, Any]]]:
    """Run the scan, which is created where it does not exist; returns its result and its rows.

    The service keeps the state: the first run scores the last hours, and each later run the hours
    since then. Raises UserError where the preview is not enabled, ScanError, and CancelledError.
    """
    scan_id = f"{options.scan_id}{PREVIEW_SUFFIX}"
    table = schemas.HOURLY_CONSUMPTION
    scan = quality_scan(
        bigquery.table_name(table),
        dataplex_v1.DataQualitySpec(),
        notifications=choose_notifications(options),
        display_name="WattIf fleet anomalies, preview",
        labels=options.labels,
    )
    detection = AnomalyDetection(
        column="consumption_hour_rolled",
        time=table.partition_by,
        result_table=bigquery.table_name(schemas.ANOMALY_PREVIEW_RESULTS),
        threshold=THRESHOLD,
    )
    ensure_preview(scans, scan_id, preview_body(scan, detection))
    result = scans.wait(scans.run(scan_id), stop)
    return result, read_scored(bigquery, result.job_name)


def read_scored(bigquery: BigQueryWarehouse, job_name: str) -> list[dict[str, Any]]:
    """Read the rows that the job wrote, by time and metric."""
    table = schemas.ANOMALY_PREVIEW_RESULTS
    return bigquery.rows(
        f"SELECT {', '.join(table.column_names)} FROM {bigquery.quoted(table)} "
        "WHERE data_scan_job_id = @job ORDER BY time, metric",
        ScalarQueryParameter("job", "STRING", job_name.rpartition("/")[2]),
    )
