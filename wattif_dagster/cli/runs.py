"""wattif runs: the latest runs, and why they failed."""

from datetime import timedelta

import click
from dagster import DagsterRunStatus, RunRecord
from rich.console import Console
from rich.table import Column, Table

from wattif_dagster.backfills.lost import lost_runs
from wattif_dagster.backfills.runs import SHORT, failure_of, span_of, title_of
from wattif_dagster.cli.instance import dagster_instance, ensure_dagster_home
from wattif_dagster.settings import Settings

WIDTH = 240
"""Characters of a line where they go to no terminal: a run a line."""


@click.command()
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True)
def runs(limit: int) -> None:
    """List the latest runs; `wattif retry` makes what a failed one did not."""
    home = Settings.load().home
    instance = dagster_instance(home)
    lost = lost_runs(ensure_dagster_home(home))
    table = Table(
        *(Column(name, no_wrap=True) for name in ("run", "what", "days", "began", "status")),
        Column("took", justify="right", no_wrap=True),
        Column("failure", overflow="fold"),
        box=None,
    )
    for record in instance.get_run_records(limit=limit):
        run = record.dagster_run
        failed = run.status is DagsterRunStatus.FAILURE
        killed = run.run_id in lost and not run.is_finished
        table.add_row(
            run.run_id[:SHORT],
            title_of(run),
            str(span_of(run) or ""),
            f"{record.create_timestamp:%Y-%m-%d %H:%M}",
            "killed" if killed else run.status.value.lower(),
            _took(record),
            (failure_of(instance, run) or "") if failed else "",
        )
    if table.row_count:
        console = Console()
        if not console.is_terminal:
            console.width = WIDTH
        console.print(table)
    else:
        click.echo("there is no run yet; `wattif backfill` or `wattif dev` starts some")


def _took(record: RunRecord) -> str:
    if record.start_time is None or record.end_time is None:
        return ""
    return str(timedelta(seconds=round(record.end_time - record.start_time)))
