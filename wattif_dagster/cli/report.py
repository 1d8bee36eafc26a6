"""wattif report: a page about a day."""

from datetime import date
from pathlib import Path

import click

from wattif_dagster.cli.cloud import running_cloud
from wattif_dagster.cli.days import require_days_of_fleet
from wattif_dagster.defs.daily_report.report import make_report
from wattif_dagster.resources.build import build_resources
from wattif_dagster.settings import Settings


def run(day: date, out: Path | None) -> None:
    """Make the day's page and write it to a file."""
    settings = Settings.load()
    require_days_of_fleet(day, day, settings)
    with running_cloud(settings):
        bigquery = build_resources(settings)["wattif_bigquery"]
        report = make_report(bigquery, day, settings.simulation.local_time)
    file = out or Path(f"report-{day}.html")
    file.write_bytes(report.html)
    meters, rules = len(report.flagged.meters), len(report.flagged.rules)
    click.echo(f"{file}: {meters:,} meters behave unlike expected, {rules} rules are broken.")
