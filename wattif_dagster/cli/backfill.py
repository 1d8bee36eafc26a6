"""wattif backfill: makes the partitions that are not up to date, a run a day."""

import shlex
from datetime import date

import click

from wattif_dagster.backfill.plan import BackfillPlan, plan_again, plan_backfill
from wattif_dagster.backfill.runs import refuse_overlap
from wattif_dagster.backfill.status import PartitionStatus, read_statuses
from wattif_dagster.cli.days import Day, require_days_of_fleet
from wattif_dagster.cli.project import Project
from wattif_dagster.settings import Settings


@click.command()
@click.option("--start", type=Day(), required=True, help="First day.")
@click.option("--end", type=Day(), required=True, help="Last day.")
@click.option(
    "--select",
    default="*",
    show_default=True,
    help="Assets, in Dagster's selection syntax: raw_readings, 'raw_readings+', 'group:landing'. "
    "A comma means or.",
)
@click.option("--again", is_flag=True, help="Make up-to-date partitions again too.")
@click.option("--queue", is_flag=True, help="Submit the runs to the instance's queue.")
@click.option("--replace", is_flag=True, help="Replace the fleet that the bucket holds.")
@click.option("--dry-run", is_flag=True, help="Only say what would be made.")
def backfill(
    start: date, end: date, select: str, again: bool, queue: bool, replace: bool, dry_run: bool
) -> None:
    """Make what is missing, failed or stale from START to END, a run for each day.

    The runs execute in this process, oldest day first. Ctrl-C cancels the day in progress, and the
    same command makes the rest.
    """
    settings = Settings.load()
    days = require_days_of_fleet(start, end, settings.simulation)
    with Project.open(settings) as project:
        runner = project.runner
        keys = runner.graph.select(select)
        refuse_overlap(runner.instance, keys, days)
        if again:
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
        if dry_run:
            return
        make = project.submit if queue else project.make

        def resume(first_unmade: date) -> str:
            begin = first_unmade if again else start
            return _command(begin, end, select, again=again, queue=queue)

        make(plan, resume, replace_fleet=replace)


def _describe(plan: BackfillPlan, total: int) -> str:
    """Say how many partitions are to be made, and why."""
    counts = ", ".join(
        f"{count:,} {status.value}"
        for status in PartitionStatus
        if status is not PartitionStatus.UP_TO_DATE and (count := plan.counts[status])
    )
    reasons = f" ({counts})" if counts else ""
    return f"{plan.partitions:,} of {total:,} partitions to make{reasons}, in {len(plan.days)} runs"


def _command(start: date, end: date, select: str, *, again: bool, queue: bool) -> str:
    words = ["wattif", "backfill", "--start", str(start), "--end", str(end)]
    words += [] if select == "*" else ["--select", select]
    words += [*(["--again"] if again else []), *(["--queue"] if queue else [])]
    return shlex.join(words)
