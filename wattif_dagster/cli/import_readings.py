"""wattif import: lands the readings of files, and says what became of each row."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from rich.console import Console
from rich.table import Table
from rich.text import Text

from wattif_dagster.cli.cloud import running_cloud
from wattif_dagster.cli.interrupts import interrupts_set
from wattif_dagster.cli.progress import telling
from wattif_dagster.errors import CancelledError, UserError
from wattif_dagster.importing.options import ImportOptions
from wattif_dagster.importing.report import ImportReport
from wattif_dagster.importing.run import Import, import_files
from wattif_dagster.ingest.fleet import claim_bucket_for_imports
from wattif_dagster.ingest.layout import import_report_name
from wattif_dagster.ingest.monitor import Monitor
from wattif_dagster.ingest.store import ObjectStore
from wattif_dagster.partitions import group_days
from wattif_dagster.resources.build import build_resources
from wattif_dagster.settings import Settings

METERS_NAMED = 5


def run(files: Sequence[Path], options: ImportOptions, *, dry_run: bool) -> None:
    """Import the files into the settings' bucket; with `dry_run` only say what would be landed."""
    settings = Settings.load()
    options = replace(options, home_zone=parse_zone(settings.simulation.timezone))
    if not dry_run:
        _require_files(settings)
    resources = build_resources(settings)
    gcs, ingest = resources["wattif_gcs"], resources["wattif_ingest"]
    console, stop = Console(stderr=True), threading.Event()

    def read(store: ObjectStore | None) -> ImportReport:
        first_day = settings.source.first_day if store else None
        with telling(console) as tell:
            return import_files(
                store, Import(files, options, ingest, first_day, Monitor(stop=stop), tell)
            )

    try:
        with interrupts_set(stop):
            if dry_run:
                _print(read(None), None)
                return
            with running_cloud(settings):
                gcs.require_bucket()
                claim_bucket_for_imports(gcs)
                report = read(gcs)
            _print(report, gcs.uri)
    except CancelledError:
        console.print("The same command continues from here.")
        raise KeyboardInterrupt from None


def parse_zone(name: str) -> ZoneInfo:
    """The time zone of an IANA name. Raises UserError for another one."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UserError(
            f"There is no time zone {name!r}. Use an IANA name such as Europe/Berlin or UTC."
        ) from None


def _require_files(settings: Settings) -> None:
    if not settings.source.is_imported:
        raise UserError(
            "The readings are simulated. To import your own, set WATTIF_SOURCE__KIND=files and "
            "WATTIF_SOURCE__FIRST_DAY, which `wattif import --dry-run FILE` tells."
        )


def _print(report: ImportReport, bucket: str | None) -> None:
    console = Console(highlight=False, soft_wrap=True)
    counts = Table(box=None, show_header=False)
    counts.add_column()
    counts.add_column(justify="right")
    for name, value in (
        ("readings read", report.read),
        ("would be landed" if report.dry_run else "landed", report.landed),
        ("replaced by a later row", report.replaced),
        ("rejected", report.total_rejected),
    ):
        counts.add_row(name, f"{value:,}")
    console.print(counts)
    for key, found in report.rejected.items():
        console.print(Text(f"  {found['rows']:,} {key}: {found['because']} {_locate(found)}"))
    days = [date.fromisoformat(day) for day in report.readings_by_day]
    if not days:
        console.print("No reading is left, so nothing is landed.")
    else:
        console.print(
            f"{report.meters:,} meters, {report.meters_without_gaps:,} of them without a gap, "
            f"{days[0]} to {days[-1]}, an interval of {report.interval_seconds:,} seconds."
        )
    if partial := sorted(set(report.readings_by_day) - set(report.complete_days)):
        named = ", ".join(partial[:METERS_NAMED]) + (" ..." if len(partial) > METERS_NAMED else "")
        console.print(f"{len(partial):,} days lack readings of some meters: {named}")
    _print_meters(console, "have gaps", report.gaps, "intervals")
    _print_meters(console, "have another interval", report.rejected_meters, "seconds")
    if bucket:
        console.print(
            f"{len(report.changed_days):,} of {len(days):,} days changed and were landed."
        )
        console.print(f"report  {bucket}/{import_report_name(report.id)}")
    _print_next(console, report)


def _locate(found: Mapping[str, Any]) -> str:
    """Say where the first rejected row is, and what it says."""
    sample = found["sample"]
    texts = {k: v for k, v in sample.items() if k not in ("file", "row", "reason")}
    shown = ", ".join(f"{name} {value!r}" for name, value in texts.items())
    return f"First: {sample['file']}, row {sample['row']}: {shown}"


def _print_meters(console: Console, what: str, meters: Mapping[str, int], unit: str) -> None:
    if not meters:
        return
    worst = sorted(meters.items(), key=lambda each: (-each[1], each[0]))
    named = ", ".join(f"{serial} ({count:,} {unit})" for serial, count in worst[:METERS_NAMED])
    more = f" and {len(worst) - METERS_NAMED:,} more" if len(worst) > METERS_NAMED else ""
    console.print(Text(f"{len(worst):,} meters {what}: {named}{more}."))


def _print_next(console: Console, report: ImportReport) -> None:
    """Say which settings and which command come next."""
    days = [date.fromisoformat(day) for day in report.readings_by_day]
    if report.dry_run and days:
        console.print("To land them, set:")
        console.print(f"  WATTIF_SOURCE__KIND=files\n  WATTIF_SOURCE__FIRST_DAY={days[0]}")
    if report.dry_run or not report.changed_days:
        return
    spans = group_days(map(date.fromisoformat, report.changed_days))
    console.print("Continue with:")
    for span in spans:
        console.print(f"  wattif backfill --start {span.first} --end {span.last}")
