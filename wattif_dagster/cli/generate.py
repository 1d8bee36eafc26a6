"""wattif generate: fills a bucket with readings, complete and checked."""

import threading
from collections.abc import Mapping
from datetime import date

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from wattif_dagster.cli.days import require_days_of_fleet
from wattif_dagster.cli.interrupts import interrupts_set
from wattif_dagster.cli.options import with_options
from wattif_dagster.errors import CancelledError, UserError
from wattif_dagster.ingest.fleet import claim_bucket
from wattif_dagster.ingest.landing import Landing
from wattif_dagster.ingest.layout import day_prefix
from wattif_dagster.ingest.monitor import Monitor
from wattif_dagster.ingest.monitor import Progress as Landed
from wattif_dagster.ingest.pipeline import DayReport, land_day
from wattif_dagster.ingest.registry import land_registry
from wattif_dagster.resources.build import Resources, build_resources
from wattif_dagster.resources.gcs import GcsTransferManager
from wattif_dagster.settings import Settings


def run(
    span: tuple[date, date],
    target: Mapping[str, object],
    simulation: Mapping[str, object],
    ingest: Mapping[str, object],
    *,
    replace: bool,
    verbose: bool,
) -> None:
    """Land each day from the first to the last of `span`, with options over the settings."""
    settings = with_options(Settings.load(**target), simulation, ingest)
    if settings.source.is_imported:
        raise UserError(
            "WATTIF_SOURCE__KIND=files has imported readings, so none are generated. Unset it, and "
            "set WATTIF_BUCKET to another bucket, to simulate a fleet."
        )
    days = require_days_of_fleet(*span, settings)
    resources = build_resources(settings)
    gcs = resources["wattif_gcs"]
    gcs.require_bucket()
    claim_bucket(gcs, settings.simulation, replace=replace)
    console = Console(stderr=True)
    reports: list[DayReport] = []
    stop = threading.Event()
    try:
        with interrupts_set(stop):
            for day in days:
                if stop.is_set():
                    raise CancelledError
                reports.append(_land(resources, day, console, stop, verbose=verbose))
    except CancelledError:
        console.print("The same command continues from here.")
        raise KeyboardInterrupt from None
    finally:
        _summary(gcs, reports, len(days))
    _compare(gcs, reports)


def _land(
    resources: Resources, day: date, console: Console, stop: threading.Event, *, verbose: bool
) -> DayReport:
    gcs, simulation = resources["wattif_gcs"], resources["wattif_simulation"]
    fleet = land_registry(gcs, simulation, day)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("objects  {task.fields[megabytes]:,.1f} MB"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task(str(day), total=None, megabytes=0.0)

        landing = Landing(simulation, day, fleet.serials, resources["wattif_ingest"])

        def show(landed: Landed) -> None:
            megabytes = landed.bytes / 1e6
            bar.update(
                task,
                total=landed.objects_total,
                completed=landed.objects,
                megabytes=megabytes,
            )
            if verbose:
                console.print(
                    f"{day} {landed.objects}/{landed.objects_total} objects, "
                    f"{landed.rows:,} rows, {megabytes:,.1f} MB",
                    highlight=False,
                )

        report = land_day(gcs, landing, Monitor(show, stop))
    if not console.is_terminal:
        console.print(
            f"{day} landed: {len(report.manifest.objects)} objects, {report.objects_kept} of them "
            f"kept, {report.manifest.total_rows:,} rows in {report.seconds:,.1f} s",
            highlight=False,
        )
    return report


def _summary(gcs: GcsTransferManager, reports: list[DayReport], days_asked: int) -> None:
    """Print the days that have a manifest: they are complete, even when a later day failed."""
    table = Table("day", "meters", "objects", "kept", "rows", "MB", "seconds", box=None)
    for report in reports:
        manifest = report.manifest
        table.add_row(
            str(manifest.day),
            f"{manifest.meters:,}",
            f"{len(manifest.objects):,}",
            f"{report.objects_kept:,}",
            f"{manifest.total_rows:,}",
            f"{manifest.total_bytes / 1e6:,.1f}",
            f"{report.seconds:,.1f}",
        )
    Console().print(table)
    click.echo(f"{len(reports)} of {days_asked} days are complete in {gcs.uri}.")


def _compare(gcs: GcsTransferManager, reports: list[DayReport]) -> None:
    """Raise UserError when the bucket does not hold what was landed."""
    for report in reports:
        manifest = report.manifest
        for difference in manifest.differences(gcs.list(day_prefix(manifest.day))):
            raise UserError(f"The bucket changed during the run: {difference}. Run it again.")
