"""wattif backfill: makes the partitions that are not up to date, a run a day."""

import shlex
from dataclasses import dataclass
from datetime import date

import click

from wattif_dagster.backfill.plan import BackfillPlan, plan_again, plan_backfill
from wattif_dagster.backfill.runs import refuse_overlap
from wattif_dagster.backfill.status import PartitionStatus, read_statuses
from wattif_dagster.cli.days import require_days_of_fleet
from wattif_dagster.cli.project import Project
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
    days = require_days_of_fleet(request.start, request.end, settings)
    with Project.open(settings) as project:
        runner = project.runner
        keys = runner.graph.select(request.select)
        refuse_overlap(runner.instance, keys, days)
        if request.again or replace_fleet:
            plan = plan_again(keys, days)
        else:
            statuses = read_statuses(runner.instance, runner.graph, keys, days)
            plan = plan_backfill(statuses, keys, days)
        if not plan.days:
            click.echo(
                f"Nothing to do: all {len(days) * len(keys):,} partitions ({len(days)} days of "
                f"{len(keys)} assets) are up to date. Use --again to make them again."
            )
            return
        project.console.print(_describe(plan, len(days) * len(keys)))
        if not dry_run:
            make = project.submit if request.queue else project.make
            make(plan, request.command, replace_fleet=replace_fleet)


def _describe(plan: BackfillPlan, total: int) -> str:
    """Say how many partitions are to be made, and why."""
    counts = ", ".join(
        f"{count:,} {status.value}"
        for status in PartitionStatus
        if status is not PartitionStatus.UP_TO_DATE and (count := plan.counts[status])
    )
    reasons = f" ({counts})" if counts else ""
    return f"{plan.partitions:,} of {total:,} partitions to make{reasons}, in {len(plan.days)} runs"
