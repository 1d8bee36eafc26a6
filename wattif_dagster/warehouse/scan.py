"""The Dataplex scans of one day of a table."""

from dataclasses import dataclass
from datetime import date

from google.cloud import dataplex_v1

from wattif_dagster import schemas
from wattif_dagster.detection.scan_options import ScanOptions
from wattif_dagster.resources.bigquery import BigQueryWarehouse
from wattif_dagster.resources.dataplex import DataplexScans
from wattif_dagster.resources.scan_definition import Notifications, day_filter, quality_scan
from wattif_dagster.resources.scan_results import ScanResult
from wattif_dagster.schemas import Table

SCHEDULED_SUFFIX = "-scheduled"


@dataclass(frozen=True)
class TableScan:
    """Which table is scanned, where Dataplex exports to, and how the scan is called."""

    table: Table
    results: Table
    display_name: str
    description: str


FLEET_SCAN = TableScan(
    schemas.FLEET_ANOMALIES,
    schemas.ANOMALY_SCAN_RESULTS,
    "WattIf fleet anomalies",
    "AVG and MAX of consumption_hour_rolled of one day, against their history.",
)
METER_SCAN = TableScan(
    schemas.ANOMALY_SCORES,
    schemas.METER_SCAN_RESULTS,
    "WattIf meter anomalies",
    "Anomaly scores of each meter's hours of one day.",
)


def scan_day(
    scans: DataplexScans,
    bigquery: BigQueryWarehouse,
    options: ScanOptions,
    scan: TableScan,
    scan_id: str,
    spec: dataplex_v1.DataQualitySpec,
    day: date,
) -> ScanResult:
    """Confine the scan to the day, run it, wait for it; its result.

    The scan is one shared object: callers take turns. With a schedule, a second scan of the whole
    table is kept, since Dataplex runs only on-demand scans when asked. Raises what DataplexScans
    raises.
    """
    common = {
        "export_table": bigquery.table_name(scan.results),
        "notifications": notifications(options),
        "labels": options.labels,
    }
    name = bigquery.table_name(scan.table)
    confined = quality_scan(
        name,
        spec,
        row_filter=day_filter(scan.table.partition_by, day),
        display_name=scan.display_name,
        description=scan.description,
        **common,
    )
    scans.ensure(scan_id, confined)
    if options.schedule:
        scheduled = quality_scan(
            name,
            spec,
            schedule=options.schedule,
            display_name=f"{scan.display_name}, scheduled",
            **common,
        )
        scans.ensure(scan_id + SCHEDULED_SUFFIX, scheduled)
    return scans.wait(scans.run(scan_id))


def notifications(options: ScanOptions) -> Notifications:
    """Who is told of a scan, as the options have it."""
    return Notifications(
        recipients=tuple(options.recipients),
        below_score=options.below_score,
        on_failure=options.on_failure,
        on_end=options.on_end,
    )
