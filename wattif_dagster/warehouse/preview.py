"""anomaly_preview_results: the anomaly detection preview over `hourly_consumption`."""

from typing import Any

from google.cloud import dataplex_v1

from wattif_dagster import schemas
from wattif_dagster.detection.fleet import THRESHOLD
from wattif_dagster.detection.scan_options import ScanOptions
from wattif_dagster.resources.anomaly_preview import (
    AnomalyDetection,
    ensure_preview,
    preview_body,
)
from wattif_dagster.resources.bigquery import BigQueryWarehouse
from wattif_dagster.resources.dataplex import DataplexScans
from wattif_dagster.resources.scan_definition import quality_scan
from wattif_dagster.resources.scan_results import ScanResult
from wattif_dagster.warehouse.scan import notifications

PREVIEW_SUFFIX = "-preview"


def run_preview(
    scans: DataplexScans, bigquery: BigQueryWarehouse, options: ScanOptions
) -> tuple[ScanResult, list[dict[str, Any]]]:
    """Run the scan, made where it is missing; its result, and the rows it judged, by time.

    The service keeps the state: the first run judges the last hours, each later one those since.
    Raises UserError where the preview is not enabled, ScanFailed.
    """
    scan_id = options.scan_id + PREVIEW_SUFFIX
    table, results = schemas.HOURLY_CONSUMPTION, schemas.ANOMALY_PREVIEW_RESULTS
    scan = quality_scan(
        bigquery.table_name(table),
        dataplex_v1.DataQualitySpec(),
        notifications=notifications(options),
        display_name="WattIf fleet anomalies, preview",
        labels=options.labels,
    )
    detection = AnomalyDetection(
        column="consumption_hour_rolled",
        time=table.partition_by,
        result_table=bigquery.table_name(results),
        threshold=THRESHOLD,
    )
    ensure_preview(scans, scan_id, preview_body(scan, detection))
    result = scans.wait(scans.run(scan_id))
    job_id = result.job_name.rpartition("/")[2]
    rows = bigquery.rows(
        f"SELECT {', '.join(results.column_names)} FROM {bigquery.quoted(results)} "
        f"WHERE data_scan_job_id = '{job_id}' ORDER BY time, metric"
    )
    return result, rows
