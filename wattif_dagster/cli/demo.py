"""wattif demo: the whole path on the local cloud, through real Dagster runs."""

from contextlib import nullcontext
from datetime import date
from pathlib import Path

from rich.console import Console

from wattif_dagster.backfill.plan import BackfillPlan, plan_backfill
from wattif_dagster.backfill.runs import refuse_overlap
from wattif_dagster.backfill.status import read_statuses
from wattif_dagster.cli.cloud import running_cloud
from wattif_dagster.cli.commands import UI_PORT
from wattif_dagster.cli.demo_fleet import choose_fleet
from wattif_dagster.cli.demo_meters import plot_kinds, table_of_kinds
from wattif_dagster.cli.demo_report import FleetDays, table_of_fleet, table_of_readings
from wattif_dagster.cli.project import Project
from wattif_dagster.defs.fleet_anomalies.asset import read_anomalies
from wattif_dagster.defs.fleet_anomalies.plot import plot_day
from wattif_dagster.errors import UserError
from wattif_dagster.reconcile.day import reconcile_days
from wattif_dagster.resources.build import build_resources
from wattif_dagster.settings import Settings
from wattif_dagster.threshold import THRESHOLD

EXAMPLE = (
    "SELECT serial, time_hour_rolled, reason FROM anomaly_scores "
    f"WHERE anomaly_probability >= {THRESHOLD} LIMIT 10"
)


def run(days: int | None, *, keep: bool) -> None:
    """Make the fleet's days on the local cloud and print what came of them."""
    from wattif_dagster.local_cloud.supervisor import LocalCloud

    settings, wanted = choose_fleet(days)
    if keep:
        LocalCloud(settings.home).up()
    with nullcontext() if keep else running_cloud(settings):
        with Project.open(settings) as project:
            refuse_overlap(project.runner.instance, project.runner.graph.parents, wanted)
            plan = _plan(project, wanted)
            project.console.print(_introduce(settings, wanted, plan))
            if plan.days:
                again = "wattif demo" if days is None else f"wattif demo --days {days}"
                project.make(plan, lambda _day: again)
        _report(settings, wanted)


def _plan(project: Project, wanted: list[date]) -> BackfillPlan:
    """Plan to make the days that are not made yet."""
    graph, instance = project.runner.graph, project.runner.instance
    assets = list(graph.parents)
    return plan_backfill(read_statuses(instance, graph, assets, wanted), assets, wanted)


def _introduce(settings: Settings, wanted: list[date], plan: BackfillPlan) -> str:
    simulation = settings.simulation
    made = len(wanted) - len(plan.days)
    return (
        f"The demo simulates {simulation.meters:,} meters from {wanted[0]} to {wanted[-1]}. "
        "Their readings go to a bucket, are loaded into BigQuery and rolled up by the hour, and a "
        "detector looks for anomalies, all on this machine. Each day is a run of Dagster."
        + (f" {made} of the {len(wanted)} days are made already." if made else "")
    )


def _report(settings: Settings, wanted: list[date]) -> None:
    """Print what came of the days, and plot it. Raises UserError when readings were lost."""
    resources = build_resources(settings)
    gcs, bigquery = resources["wattif_gcs"], resources["wattif_bigquery"]
    found = list(reconcile_days(gcs, bigquery, wanted))
    fleet = FleetDays(
        [each.manifest for each in found if each.manifest],
        {day: read_anomalies(bigquery, day) for day in wanted},
    )
    console = Console(highlight=False)
    kinds, false_alarms = table_of_kinds(bigquery, wanted)
    for table in (table_of_readings(found, fleet.manifests), table_of_fleet(fleet), kinds):
        console.print(table)
        console.print()
    console.print(f"{false_alarms}\n", soft_wrap=True)
    folder = settings.home / "demo"
    folder.mkdir(parents=True, exist_ok=True)
    files = [
        _plot_fleet(settings, fleet, folder),
        *plot_kinds(bigquery, settings.simulation, wanted, folder),
    ]
    console.print("Pictures, of the fleet and of each kind of anomaly:")
    for file in files:
        console.print(f"  {file}", soft_wrap=True)
    console.print("Look into the tables, which `wattif query` lists:")
    console.print(f'  wattif query "{EXAMPLE}"', soft_wrap=True, markup=False)
    console.print(f"See the days in Dagster, on http://127.0.0.1:{UI_PORT}:\n  wattif dev")
    differences = [f"{each.day}: {text}" for each in found for text in each.differences]
    if differences:
        raise UserError(f"Readings were lost or added on the way. {'; '.join(differences)}")


def _plot_fleet(settings: Settings, fleet: FleetDays, folder: Path) -> Path:
    """Plot the day of the incident, or else the last day."""
    day = next((m.day for m in fleet.manifests if m.incident), fleet.manifests[-1].day)
    file = folder / f"fleet-{day}.png"
    incident = [time for time in fleet.incident_hours if time.date() == day]
    local_time = settings.simulation.local_time
    file.write_bytes(plot_day(fleet.anomalies[day], THRESHOLD, local_time, incident))
    return file
