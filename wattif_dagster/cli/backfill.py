"""wattif backfill: the missing days of assets, through real Dagster runs."""

import shlex
from datetime import date
from uuid import uuid4

import click

from wattif_dagster.backfills.history import read_history
from wattif_dagster.backfills.plan import Part, plan
from wattif_dagster.backfills.runs import SHARDS, SHORT, refuse_overlap
from wattif_dagster.cli.days import Day, days_of_the_fleet
from wattif_dagster.cli.options import with_options
from wattif_dagster.cli.project import Project
from wattif_dagster.settings import Settings

BACKFILL_TAG = "wattif/backfill"
"""The runs of one command have the same value."""


@click.command()
@click.option("--start", type=Day(), required=True, help="First day.")
@click.option("--end", type=Day(), required=True, help="Last day.")
@click.option(
    "--select",
    default="*",
    show_default=True,
    help="Assets, in Dagster's selection syntax: raw_readings, 'raw_readings+', 'group:landing'; "
    "a comma is an or.",
)
@click.option("--again", is_flag=True, help="Make days too that are made and current.")
@click.option(
    "--shards",
    type=int,
    help="Land days in so many steps; one after the other in this process, whatever "
    "WATTIF_STEP_EXECUTOR says: no day is faster, but of a large one that was ended a resume "
    "renders only the steps that lack. Default: WATTIF_INGEST__SHARDS.",
)
def backfill(start: date, end: date, select: str, again: bool, shards: int | None) -> None:
    """Make what is missing of the days START to END; Ctrl-C is safe."""
    settings = with_options(Settings.load(), {}, {"shards": shards})
    days = days_of_the_fleet(start, end, settings.simulation)
    with Project.open(settings) as project:
        keys = project.graph.select(select)
        refuse_overlap(project.instance, keys, days)
        if again:
            parts = [Part(tuple(days), tuple(keys))]
        else:
            parts = plan(read_history(project.instance, project.graph, keys), keys, days)
        asked = f"{len(days) * len(keys):,} days of assets"
        if not parts:
            click.echo(f"all {asked} are made and current; --again makes them again")
            return
        size = sum(part.size for part in parts)
        project.console.print(f"{size:,} of {asked} to make; runs: {len(parts)}")

        def go_on(run_id: str) -> str:
            if again and run_id:
                return f"wattif retry {run_id[:SHORT]}"
            same = ["wattif", "backfill", "--start", str(start), "--end", str(end)]
            chosen = [] if select == "*" else ["--select", select]
            split = ["--shards", str(shards)] if shards else []
            return shlex.join([*same, *chosen, *(["--again"] if again else []), *split])

        tags = {BACKFILL_TAG: uuid4().hex[:SHORT]}
        if shards:
            tags[SHARDS] = str(shards)
        project.make(parts, tags, go_on)
