"""Runs a Dataplex scan of one day of a table."""

import threading
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from google.cloud import dataplex_v1

from wattif_dagster.resources.bigquery import BigQueryWarehouse
from wattif_dagster.resources.dataplex.definition import (
    Notifications,
    day_filter,
    quality_scan,
    yesterday_filter,
)
from wattif_dagster.resources.dataplex.results import ScanResult
from wattif_dagster.resources.dataplex.scans import DataplexScans
from wattif_dagster.schemas import Table
from wattif_dagster.settings.scan import ScanOptions

SCHEDULED = "scheduled"


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

    @property
    def scheduled(self) -> "TableScan":
        """The scan that Dataplex runs by itself, with a table of its own for the results."""
        return replace(
            self,
            results=replace(self.results, name=f"{self.results.name}_{SCHEDULED}"),
            display_name=f"{self.display_name}, {SCHEDULED}",
        )


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
    is a second scan, because Dataplex runs only on-demand scans when asked. Raises what
    DataplexScans raises, and CancelledError when `stop` is set.
    """
    rows = day_filter(scan.table.partition_by, day)
    scan_id = scan.find_id(options)
    scans.ensure(scan_id, _define(bigquery, options, scan, spec, row_filter=rows))
    if options.schedule:
        scheduled = define_scheduled(bigquery, options, scan, spec, options.schedule)
        scans.ensure(f"{scan_id}-{SCHEDULED}", scheduled)
    return scans.wait(scans.run(scan_id), stop)


def define_scheduled(
    bigquery: BigQueryWarehouse,
    options: ScanOptions,
    scan: TableScan,
    spec: dataplex_v1.DataQualitySpec,
    schedule: str,
) -> dataplex_v1.DataScan:
    """Define the scan that Dataplex runs by the cron `schedule`, each time of the day before.

    The rules are those of one day, and a fault would break them for ever in the whole table.
    """
    rows = yesterday_filter(scan.table.partition_by)
    return _define(bigquery, options, scan.scheduled, spec, row_filter=rows, schedule=schedule)


def _define(
    bigquery: BigQueryWarehouse,
    options: ScanOptions,
    scan: TableScan,
    spec: dataplex_v1.DataQualitySpec,
    *,
    row_filter: str,
    schedule: str | None = None,
) -> dataplex_v1.DataScan:
    return quality_scan(
        bigquery.table_name(scan.table),
        spec,
        row_filter=row_filter,
        export_table=bigquery.table_name(scan.results),
        notifications=choose_notifications(options),
        schedule=schedule,
        display_name=scan.display_name,
        description=scan.description,
        labels=options.labels,
        catalog_publishing=options.catalog_publishing,
    )


def choose_notifications(options: ScanOptions) -> Notifications:
    """Choose who gets a scan's report by mail."""
    return Notifications(
        recipients=tuple(options.recipients),
        below_score=options.below_score,
        on_failure=options.on_failure,
        on_end=options.on_end,
    )
