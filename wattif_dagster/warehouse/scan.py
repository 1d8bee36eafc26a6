"""The Dataplex scan of one day of `fleet_anomalies`."""

from datetime import date

from google.cloud import dataplex_v1

from wattif_dagster import schemas
from wattif_dagster.detection.scan_options import ScanOptions
from wattif_dagster.resources.bigquery import BigQueryWarehouse
from wattif_dagster.resources.dataplex import DataplexScans
from wattif_dagster.resources.scan_definition import Notifications, day_filter, quality_scan
from wattif_dagster.resources.scan_results import ScanResult

SCHEDULED_SUFFIX = "-scheduled"


def scan_day(
    scans: DataplexScans,
    bigquery: BigQueryWarehouse,
    options: ScanOptions,
    spec: dataplex_v1.DataQualitySpec,
    day: date,
) -> ScanResult:
    """Confine the scan to the day, run it, wait for it; its result.

    The scan is one shared object: callers take turns. With a schedule, a second scan of the whole
    table is kept, since Dataplex runs only on-demand scans when asked. Raises what DataplexScans
    raises.
    """
    table = schemas.FLEET_ANOMALIES
    common = {
        "export_table": bigquery.table_name(schemas.ANOMALY_SCAN_RESULTS),
        "notifications": Notifications(
            recipients=tuple(options.recipients),
            below_score=options.below_score,
            on_failure=options.on_failure,
            on_end=options.on_end,
        ),
        "labels": options.labels,
    }
    name = bigquery.table_name(table)
    confined = quality_scan(
        name,
        spec,
        row_filter=day_filter(table.partition_by, day),
        display_name="WattIf fleet anomalies",
        description="AVG and MAX of consumption_hour_rolled of one day, against their history.",
        **common,
    )
    scans.ensure(options.scan_id, confined)
    if options.schedule:
        scheduled = quality_scan(
            name,
            spec,
            schedule=options.schedule,
            display_name="WattIf fleet anomalies, scheduled",
            **common,
        )
        scans.ensure(options.scan_id + SCHEDULED_SUFFIX, scheduled)
    return scans.wait(scans.run(options.scan_id))
