"""wattif demo: the whole path on the local cloud, through real Dagster runs."""

from contextlib import nullcontext
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import click
from dagster import DagsterInstance
from rich.console import Console
from rich.progress import track
from rich.table import Table

from wattif_dagster.cli.days import first_days_of_the_fleet
from wattif_dagster.cli.demo_meters import draw_kinds, table_of_kinds
from wattif_dagster.cli.instance import dagster_instance
from wattif_dagster.detection.fleet import THRESHOLD
from wattif_dagster.detection.pictures import day_picture
from wattif_dagster.errors import UserError
from wattif_dagster.ingest.manifest import Manifest
from wattif_dagster.resources.build import Resources, build_resources
from wattif_dagster.settings import Settings
from wattif_dagster.warehouse.anomalies import anomaly_rows
from wattif_dagster.warehouse.reconcile import DayCounts, count_day

Judged = dict[date, list[dict[str, Any]]]
"""The rows of `fleet_anomalies` by day."""


@click.command()
@click.option("--days", type=click.IntRange(1), default=14, show_default=True)
@click.option("--keep", is_flag=True, help="Leave the local cloud running.")
def demo(days: int, keep: bool) -> None:
    """Land, load, roll up and scan the first DAYS days of the fleet on the local cloud."""
    from wattif_dagster.local_cloud.supervisor import LocalCloud

    settings = Settings.load(target="local")
    wanted = first_days_of_the_fleet(days, settings.simulation)
    instance = dagster_instance(settings.home)
    cloud = LocalCloud(settings.home)
    if keep:
        cloud.up()
    with nullcontext() if keep else cloud.running():
        resources = build_resources(settings)
        resources["gcs"].ensure_bucket()
        _materialize(resources, wanted, instance)
        counts = [count_day(resources["gcs"], resources["bigquery"], day) for day in wanted]
        judged = {day: anomaly_rows(resources["bigquery"], day) for day in wanted}
        _print_report(counts, judged, resources, _draw(settings.home, counts, judged))


def _materialize(resources: Resources, days: list[date], instance: DagsterInstance) -> None:
    from wattif_dagster.definitions import build_defs

    job = build_defs(resources).resolve_job_def("daily")
    quiet = {"loggers": {"console": {"config": {"log_level": "ERROR"}}}}
    for day in track(days, "days materialized", console=Console(stderr=True)):
        result = job.execute_in_process(
            partition_key=day.isoformat(),
            instance=instance,
            run_config=quiet,
            raise_on_error=False,
        )
        if not result.success:
            failed = [event.step_key for event in result.all_events if event.is_step_failure]
            raise UserError(
                f"the run of {day} failed in {', '.join(map(str, failed))} (run {result.run_id}); "
                "see it with `wattif dev`"
            )


def _draw(home: Path, counts: list[DayCounts], judged: Judged) -> Path:
    """The picture of the day of the incident, or of the last day."""
    day = next((c.manifest.day for c in counts if c.manifest.incident), counts[-1].manifest.day)
    picture = home / "demo" / f"fleet-{day}.png"
    picture.parent.mkdir(parents=True, exist_ok=True)
    picture.write_bytes(day_picture(judged[day], THRESHOLD))
    return picture


def _print_report(
    counts: list[DayCounts], judged: Judged, resources: Resources, picture: Path
) -> None:
    bigquery = resources["bigquery"]
    flagged = [row["time"] for rows in judged.values() for row in rows if row["is_anomaly"]]
    truth = _incident_hours([count.manifest for count in counts])
    found = truth.intersection(flagged)
    table = Table(box=None, show_header=False)
    for name, value in {
        "days": f"{len(counts)}",
        "meters": f"{counts[-1].manifest.meters:,} on the last day",
        "objects": f"{sum(len(c.manifest.objects) for c in counts):,}",
        "MB": f"{sum(c.manifest.total_bytes for c in counts) / 1e6:,.1f}",
        "rows rendered": f"{sum(c.rendered for c in counts):,}",
        "rows uploaded": f"{sum(c.uploaded for c in counts):,}",
        "rows loaded": f"{sum(c.loaded for c in counts):,}",
        "rows rolled up": f"{sum(c.rolled_up for c in counts):,}",
        "incident injected": f"{len(truth)} hours" if truth else "none",
        "found": f"{len(found)} of its {len(truth)} hours" if truth else "-",
        "flagged elsewhere": f"{len([time for time in flagged if time not in truth])} of "
        f"{48 * len(counts) - 2 * len(truth)} values, at probability {THRESHOLD}",
    }.items():
        table.add_row(name, value)
    console = Console()
    console.print(table)
    days = [count.manifest.day for count in counts]
    console.print(table_of_kinds(bigquery, days))
    draw_kinds(bigquery, days[-1], picture.parent)
    console.print(f"tables   {bigquery.cloud.project}.{bigquery.dataset}.*", highlight=False)
    console.print(f"pictures {picture.parent}", highlight=False, soft_wrap=True)
    console.print("UI       `make dev`, then http://127.0.0.1:3000", highlight=False)
    if not all(count.agree for count in counts):
        raise UserError("readings were lost or added on the way; see the table above")


def _incident_hours(manifests: list[Manifest]) -> set[datetime]:
    hours: set[datetime] = set()
    for manifest in manifests:
        if manifest.incident:
            at = datetime.fromisoformat(manifest.incident.starts_at)
            while at < datetime.fromisoformat(manifest.incident.ends_at):
                hours.add(at)
                at += timedelta(hours=1)
    return hours
