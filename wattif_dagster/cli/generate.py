"""wattif generate: what the predecessor's script did, complete and checked."""

from datetime import date
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from wattif_dagster.cli.days import Day, days_between
from wattif_dagster.cli.options import with_options
from wattif_dagster.errors import UserError
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


@click.command()
@click.option("--start", type=Day(), required=True, help="First day.")
@click.option("--end", type=Day(), required=True, help="Last day.")
@click.option("--bucket", help="Bucket; default: WATTIF_BUCKET or smart-meter-fake-data-t.")
@click.option("--meters", type=int, help="Meters on the first day.")
@click.option("--target", type=click.Choice(["local", "gcp"]), help="Where the bucket is.")
@click.option("--spool-dir", type=click.Path(path_type=Path), help="Files on their way.")
@click.option("--compression", type=click.Choice(["none", "gzip"]))
@click.option("--meters-per-object", type=int, help="1 names each by its serial.")
@click.option("--replace", is_flag=True, help="Replace days landed with other settings.")
@click.option("-v", "--verbose", is_flag=True, help="A line for every batch.")
def generate(
    start: date,
    end: date,
    bucket: str | None,
    meters: int | None,
    target: str | None,
    spool_dir: Path | None,
    compression: str | None,
    meters_per_object: int | None,
    replace: bool,
    verbose: bool,
) -> None:
    """Land every reading of the days START to END in the bucket."""
    days = days_between(start, end)
    settings = _settings(
        Settings.load(bucket=bucket, target=target),
        start,
        meters,
        {
            "spool_dir": str(spool_dir) if spool_dir else None,
            "compression": compression,
            "meters_per_object": meters_per_object,
        },
    )
    resources = build_resources(settings)
    gcs = resources["wattif_gcs"]
    gcs.require_bucket()
    claim_bucket(gcs, settings.simulation, replace=replace)
    console = Console(stderr=True)
    reports: list[DayReport] = []
    try:
        for day in days:
            reports.append(_land(resources, day, console, verbose))
    finally:
        _summary(gcs, reports, len(days))
    _compare(gcs, reports)


def _settings(
    settings: Settings, start: date, meters: int | None, ingest: dict[str, object]
) -> Settings:
    """The settings with the command's options; a fleet begins no later than `start`."""
    simulation: dict[str, object] = {"meters": meters}
    if start < settings.simulation.first_day:
        simulation["start_date"] = start.isoformat()
    return with_options(settings, simulation, ingest)


def _land(resources: Resources, day: date, console: Console, verbose: bool) -> DayReport:
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

        report = land_day(gcs, landing, Monitor(show))
    if not console.is_terminal:
        console.print(
            f"{day} landed: {len(report.manifest.objects)} objects, "
            f"{report.manifest.total_rows:,} rows, {report.megabytes_per_second:,.1f} MB/s",
            highlight=False,
        )
    return report


def _summary(gcs: GcsTransferManager, reports: list[DayReport], days_asked: int) -> None:
    """Print the days that have a manifest: they are complete, also when a later one failed."""
    table = Table("day", "meters", "objects", "kept", "rows", "MB", "MB/s", box=None)
    for report in reports:
        manifest = report.manifest
        table.add_row(
            str(manifest.day),
            f"{manifest.meters:,}",
            f"{len(manifest.objects):,}",
            f"{report.objects_kept:,}",
            f"{manifest.total_rows:,}",
            f"{manifest.total_bytes / 1e6:,.1f}",
            f"{report.megabytes_per_second:,.1f}",
        )
    Console().print(table)
    click.echo(f"{len(reports)} of {days_asked} days are complete in {gcs.uri}")


def _compare(gcs: GcsTransferManager, reports: list[DayReport]) -> None:
    """Raises UserError when the bucket does not hold what was landed."""
    for report in reports:
        manifest = report.manifest
        for difference in manifest.differences(gcs.list(day_prefix(manifest.day))):
            raise UserError(f"the bucket changed under the run: {difference}; run it again")
