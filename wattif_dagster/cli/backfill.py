"""wattif backfill: makes the partitions that are not up to date, a run a day."""

import shlex
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import date

import click

from wattif_dagster import keys
from wattif_dagster.backfill.plan import BackfillPlan, plan_again, plan_backfill
from wattif_dagster.backfill.runs import refuse_overlap
from wattif_dagster.backfill.status import PartitionStatus, SourceVersions, read_statuses
from wattif_dagster.cli.cloud import running_cloud
from wattif_dagster.cli.days import require_days_of_fleet
from wattif_dagster.cli.project import Project
from wattif_dagster.errors import UserError
from wattif_dagster.ingest.imported import find_day_versions, find_fleet_versions
from wattif_dagster.resources.build import build_resources
from wattif_dagster.settings import Settings


@dataclass(frozen=True)
class Request:
    """What the command is asked for."""

    start: date
    end: date
    select: str
    again: bool
    queue: bool

    def command(self, first_unmade: date) -> str:
        """Write the command that makes the rest."""
        begin = first_unmade if self.again else self.start
        words = ["wattif", "backfill", "--start", str(begin), "--end", str(self.end)]
        words += [] if self.select == "*" else ["--select", self.select]
        words += [*(["--again"] if self.again else []), *(["--queue"] if self.queue else [])]
        return shlex.join(words)


def run(request: Request, *, replace_fleet: bool, dry_run: bool) -> None:
    """Plan the backfill, say what it makes and why, and make it."""
    settings = Settings.load()
    if replace_fleet and settings.source.is_imported:
        raise UserError("--replace is for simulated fleets. Import readings again to replace them.")
    days = require_days_of_fleet(request.start, request.end, settings)
    # What was imported since is in the bucket, so the local cloud must run for the plan already.
    cloud = running_cloud(settings) if settings.source.is_imported else nullcontext()
    with cloud, Project.open(settings) as project:
        runner = project.runner
        assets = runner.graph.select(request.select)
        refuse_overlap(runner.instance, assets, days)
        if request.again or replace_fleet:
            plan = plan_again(assets, days)
        else:
            versions = _find_versions(settings, days) if settings.source.is_imported else None
            statuses = read_statuses(runner.instance, runner.graph, assets, days, versions)
            plan = plan_backfill(statuses, assets, days)
        if not plan.days:
            click.echo(
                f"Nothing to do: all {len(days) * len(assets):,} partitions ({len(days)} days of "
                f"{len(assets)} assets) are up to date. Use --again to make them again."
            )
            return
        project.console.print(_describe(plan, len(days) * len(assets)))
        if not dry_run:
            make = project.submit if request.queue else project.make
            make(plan, request.command, replace_fleet=replace_fleet)


def _find_versions(settings: Settings, days: list[date]) -> SourceVersions:
    """Find the versions of what was imported."""
    gcs = build_resources(settings)["wattif_gcs"]
    return {
        keys.RAW_READINGS: find_day_versions(gcs),
        keys.METER_REGISTRY: find_fleet_versions(gcs, days),
    }


def _describe(plan: BackfillPlan, total: int) -> str:
    """Say how many partitions are to be made, and why."""
    counts = ", ".join(
        f"{count:,} {status.value}"
        for status in PartitionStatus
        if status is not PartitionStatus.UP_TO_DATE and (count := plan.counts[status])
    )
    reasons = f" ({counts})" if counts else ""
    return f"{plan.partitions:,} of {total:,} partitions to make{reasons}, in {len(plan.days)} runs"
