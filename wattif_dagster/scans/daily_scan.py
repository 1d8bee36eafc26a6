"""Runs a Dataplex scan of one day of a table."""

import threading
from dataclasses import dataclass
from datetime import date
from typing import Literal

from google.cloud import dataplex_v1

from wattif_dagster.resources.bigquery import BigQueryWarehouse
from wattif_dagster.resources.dataplex.definition import Notifications, day_filter, quality_scan
from wattif_dagster.resources.dataplex.results import ScanResult
from wattif_dagster.resources.dataplex.scans import DataplexScans
from wattif_dagster.schemas import Table
from wattif_dagster.settings.scan import ScanOptions

SCHEDULED_SUFFIX = "-scheduled"


@dataclass(frozen=True)
class TableScan:
    """The table that is scanned, the table of the results, and the names of the scan.

    `id_option` names the option with the scan's id.
    """

    table: Table
    results: Table
    id_option: Literal["scan_id", "meter_scan_id"]
    display_name: str
    description: str

    def find_id(self, options: ScanOptions) -> str:
        """Find the scan's id in the options."""
        scan_id = getattr(options, self.id_option)
        assert scan_id, "ScanOptions.with_ids fills in the ids"
        return scan_id


def scan_day(
    scans: DataplexScans,
    bigquery: BigQueryWarehouse,
    options: ScanOptions,
    scan: TableScan,
    spec: dataplex_v1.DataQualitySpec,
    day: date,
    stop: threading.Event,
) -> ScanResult:
    """Confine the scan to the day, run it and wait for it; returns its result.

    The scan is one shared object, so only one caller may use it at a time. With a schedule there
    is a second scan of the whole table, because Dataplex runs only on-demand scans when asked.
    Raises what DataplexScans raises, and CancelledError when `stop` is set.
    """
    common = {
        "export_table": bigquery.table_name(scan.results),
        "notifications": choose_notifications(options),
        "labels": options.labels,
        "catalog_publishing": options.catalog_publishing,
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
    scan_id = scan.find_id(options)
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
    return scans.wait(scans.run(scan_id), stop)


def choose_notifications(options: ScanOptions) -> Notifications:
    """Choose who gets a scan's report by mail."""
    return Notifications(
        recipients=tuple(options.recipients),
        below_score=options.below_score,
        on_failure=options.on_failure,
        on_end=options.on_end,
    )
