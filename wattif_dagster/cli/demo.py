"""wattif demo: the whole path on the local cloud, through real Dagster runs."""

from contextlib import nullcontext
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from wattif_dagster.backfill.plan import plan_again
from wattif_dagster.backfill.runs import refuse_overlap
from wattif_dagster.cli.cloud import running_cloud
from wattif_dagster.cli.commands import UI_PORT
from wattif_dagster.cli.days import require_first_days
from wattif_dagster.cli.demo_meters import plot_kinds, table_of_kinds
from wattif_dagster.cli.project import Project
from wattif_dagster.defs.fleet_anomalies.asset import read_anomalies
from wattif_dagster.defs.fleet_anomalies.plot import plot_day
from wattif_dagster.errors import UserError
from wattif_dagster.ingest.manifest import Manifest
from wattif_dagster.reconcile.day import Reconciliation, reconcile_days
from wattif_dagster.resources.build import Resources, build_resources
from wattif_dagster.settings import Settings
from wattif_dagster.threshold import THRESHOLD

ScoredDays = dict[date, list[dict[str, Any]]]
"""The rows of `fleet_anomalies` by day."""


def run(days: int, *, keep: bool) -> None:
    """Make the fleet's first days on the local cloud and print what came of them."""
    from wattif_dagster.local_cloud.supervisor import LocalCloud

    settings = Settings.load(target="local")
    if settings.source.is_imported:
        raise UserError("The demo simulates a fleet. Unset WATTIF_SOURCE__KIND for it.")
    wanted = require_first_days(days, settings.simulation)
    if keep:
        LocalCloud(settings.home).up()
    with nullcontext() if keep else running_cloud(settings):
        with Project.open(settings) as project:
            keys = list(project.runner.graph.parents)
            refuse_overlap(project.runner.instance, keys, wanted)
            project.make(plan_again(keys, wanted), lambda _day: "wattif demo")
        resources = build_resources(settings)
        gcs, bigquery = resources["wattif_gcs"], resources["wattif_bigquery"]
        found = list(reconcile_days(gcs, bigquery, wanted))
        scored = {day: read_anomalies(bigquery, day) for day in wanted}
        manifests = [each.manifest for each in found if each.manifest]
        _print_report(found, manifests, scored, resources, _plot(settings.home, manifests, scored))


def _plot(home: Path, manifests: list[Manifest], scored: ScoredDays) -> Path:
    """Plot the day of the incident, or else the last day."""
    day = next((m.day for m in manifests if m.incident), manifests[-1].day)
    file = home / "demo" / f"fleet-{day}.png"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(plot_day(scored[day], THRESHOLD))
    return file


def _print_report(
    found: list[Reconciliation],
    manifests: list[Manifest],
    scored: ScoredDays,
    resources: Resources,
    plot: Path,
) -> None:
    bigquery = resources["wattif_bigquery"]
    flagged = [row["time"] for rows in scored.values() for row in rows if row["is_anomaly"]]
    incident = _list_incident_hours(manifests)
    hits = incident.intersection(flagged)
    table = Table(box=None, show_header=False)
    for name, value in {
        "days": f"{len(found)}",
        "meters": f"{manifests[-1].meters:,} on the last day",
        "objects": f"{sum(len(m.objects) for m in manifests):,}",
        "MB": f"{sum(m.total_bytes for m in manifests) / 1e6:,.1f}",
        "rows rendered": f"{sum(m.total_rows for m in manifests):,}",
        "rows uploaded": f"{sum(each.uploaded for each in found):,}",
        "rows loaded": f"{sum(each.loaded or 0 for each in found):,}",
        "rows rolled up": f"{sum(each.rolled_up or 0 for each in found):,}",
        "incident injected": f"{len(incident)} hours" if incident else "none",
        "incident found": f"{len(hits)} of its {len(incident)} hours" if incident else "-",
        "flagged elsewhere": f"{len([time for time in flagged if time not in incident])} of "
        f"{48 * len(found) - 2 * len(incident)} values, at probability {THRESHOLD}",
    }.items():
        table.add_row(name, value)
    console = Console()
    console.print(table)
    days = [each.day for each in found]
    console.print(table_of_kinds(bigquery, days))
    plot_kinds(bigquery, days[-1], plot.parent)
    console.print(f"tables   {bigquery.cloud.project}.{bigquery.dataset}.*", highlight=False)
    console.print(f"plots    {plot.parent}", highlight=False, soft_wrap=True)
    console.print(f"UI       `wattif dev`, then http://127.0.0.1:{UI_PORT}", highlight=False)
    differences = [f"{each.day}: {text}" for each in found for text in each.differences]
    if differences:
        raise UserError(f"Readings were lost or added on the way. {'; '.join(differences)}")


def _list_incident_hours(manifests: list[Manifest]) -> set[datetime]:
    hours: set[datetime] = set()
    for manifest in manifests:
        if manifest.incident:
            at = datetime.fromisoformat(manifest.incident.starts_at)
            while at < datetime.fromisoformat(manifest.incident.ends_at):
                hours.add(at)
                at += timedelta(hours=1)
    return hours
