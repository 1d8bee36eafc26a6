"""wattif verify: whether days are the same in manifest, bucket, tables and roll-up."""

from datetime import date

import click
from rich.console import Console
from rich.text import Text

from wattif_dagster.cli.days import Day, days_of_the_fleet
from wattif_dagster.resources.build import build_resources
from wattif_dagster.settings import Settings
from wattif_dagster.warehouse.verify import Verdict, verify_days


@click.command()
@click.option("--start", type=Day(), required=True, help="First day.")
@click.option("--end", type=Day(), required=True, help="Last day.")
@click.pass_context
def verify(context: click.Context, start: date, end: date) -> None:
    """Compare manifest, bucket, tables and roll-up of each day; exit code 1 when any differs.

    Nothing is downloaded: objects are compared by size and CRC-32C, tables by rows and energy.
    """
    settings = Settings.load()
    days = days_of_the_fleet(start, end, settings.simulation)
    resources = build_resources(settings)
    gcs, bigquery = resources["gcs"], resources["bigquery"]
    gcs.require_bucket()
    console = Console(highlight=False, soft_wrap=True)
    agreeing = 0
    for verdict in verify_days(gcs, bigquery, days):
        agreeing += not verdict.differences
        _print(console, verdict)
    dataset = f"{bigquery.cloud.project}.{bigquery.dataset}"
    console.print(f"{agreeing} of {len(days)} days agree in {gcs.uri} and {dataset}")
    if agreeing < len(days):
        context.exit(1)


def _print(console: Console, verdict: Verdict) -> None:
    """A line for the day, and an indented one for each difference."""
    sound = ("differs", "bold red") if verdict.differences else ("agrees ", "green")
    held = "no manifest"
    if manifest := verdict.manifest:
        held = f"{len(manifest.objects):,} objects, {manifest.total_rows:,} rows"
    console.print(Text.assemble(f"{verdict.day}  ", sound, f"  {held}"))
    for difference in verdict.differences:
        console.print(Text(f"  {difference}"))
