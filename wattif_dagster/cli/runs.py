"""wattif runs: lists the latest runs, and why they failed."""

from datetime import timedelta

import click
from dagster import DagsterRunStatus, RunRecord
from rich.console import Console
from rich.table import Column, Table

from wattif_dagster.backfill.runs import (
    SHORT,
    describe_failure,
    describe_run,
    find_run,
    read_day,
)
from wattif_dagster.cli.instance import dagster_instance
from wattif_dagster.errors import UserError
from wattif_dagster.settings import Settings

WIDTH = 240
"""Characters of a line that goes to no terminal, so that each run has one line."""


def list_runs(limit: int) -> None:
    """Print the latest runs, the newest first."""
    instance = dagster_instance(Settings.load().home)
    table = Table(
        *(Column(name, no_wrap=True) for name in ("run", "what", "day", "began", "status")),
        Column("took", justify="right", no_wrap=True),
        Column("failure", overflow="fold"),
        box=None,
    )
    for record in instance.get_run_records(limit=limit):
        run = record.dagster_run
        failed = run.status is DagsterRunStatus.FAILURE
        table.add_row(
            run.run_id[:SHORT],
            describe_run(run),
            str(read_day(run) or ""),
            f"{record.create_timestamp:%Y-%m-%d %H:%M}",
            run.status.value.lower(),
            _duration(record),
            (describe_failure(instance, run) or "") if failed else "",
        )
    if table.row_count:
        console = Console()
        if not console.is_terminal:
            console.width = WIDTH
        console.print(table)
    else:
        click.echo("There is no run yet. `wattif backfill` and `wattif dev` start runs.")


def fail(run_id: str) -> None:
    """Mark the unfinished run as failed. Raises UserError when it is finished or unknown."""
    instance = dagster_instance(Settings.load().home)
    run = find_run(instance, run_id).dagster_run
    if run.is_finished:
        raise UserError(f"Run {run.run_id[:SHORT]} is finished: {run.status.value.lower()}.")
    instance.report_run_failed(run, "Marked as failed by `wattif runs --fail`.")
    instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)
    click.echo(f"Run {run.run_id[:SHORT]} is marked as failed.")


def _duration(record: RunRecord) -> str:
    if record.start_time is None or record.end_time is None:
        return ""
    return str(timedelta(seconds=round(record.end_time - record.start_time)))
