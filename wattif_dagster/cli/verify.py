"""wattif verify: compares manifest, bucket, tables and roll-up of days."""

from datetime import date

import click
from rich.console import Console
from rich.text import Text

from wattif_dagster.cli.days import require_days_of_fleet
from wattif_dagster.reconcile.day import Reconciliation, reconcile_days
from wattif_dagster.resources.build import build_resources
from wattif_dagster.settings import Settings


def run(start: date, end: date) -> None:
    """Reconcile each day from start to end and print what differs."""
    settings = Settings.load()
    days = require_days_of_fleet(start, end, settings)
    resources = build_resources(settings)
    gcs, bigquery = resources["wattif_gcs"], resources["wattif_bigquery"]
    gcs.require_bucket()
    console = Console(highlight=False, soft_wrap=True)
    agreeing = 0
    for found in reconcile_days(gcs, bigquery, days):
        agreeing += found.agrees
        _print(console, found)
    dataset = f"{bigquery.cloud.project}.{bigquery.dataset}"
    console.print(f"{agreeing} of {len(days)} days agree in {gcs.uri} and {dataset}.")
    if agreeing < len(days):
        click.get_current_context().exit(1)


def _print(console: Console, found: Reconciliation) -> None:
    """Print a line for the day, and an indented line for each difference."""
    sound = ("differs", "bold red") if found.differences else ("agrees ", "green")
    held = "no manifest"
    if manifest := found.manifest:
        held = f"{len(manifest.objects):,} objects, {manifest.total_rows:,} rows"
    console.print(Text.assemble(f"{found.day}  ", sound, f"  {held}"))
    for difference in found.differences:
        console.print(Text(f"  {difference}"))
