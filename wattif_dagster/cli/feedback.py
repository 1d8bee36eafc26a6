"""wattif feedback: what was found out about a meter."""

from datetime import UTC, datetime, timedelta

import click
from rich.console import Console
from rich.table import Table

from wattif_dagster.feedback import Verdict, give_feedback, read_feedback
from wattif_dagster.resources.bigquery import BigQueryWarehouse
from wattif_dagster.resources.build import build_resources
from wattif_dagster.settings import Settings


def run(serial: str | None, verdict: Verdict | None, note: str | None, snooze: int | None) -> None:
    """Store the verdict, or list the latest of each meter without a serial."""
    bigquery = build_resources(Settings.load())["wattif_bigquery"]
    if serial is None:
        if verdict or note or snooze:
            raise click.UsageError("Give the serial of the meter first.")
        _list(bigquery)
        return
    if verdict is None:
        raise click.UsageError("Say what it is with --verdict.")
    today = datetime.now(UTC).date()
    until = today + timedelta(days=snooze) if snooze else None
    give_feedback(bigquery, serial, verdict, note, until)
    rest = f"; its alerts rest until {until}" if until else ""
    click.echo(f"{serial}: {verdict}{rest}.")


def _list(bigquery: BigQueryWarehouse) -> None:
    table = Table("meter", "verdict", "given", "no alerts until", "note", box=None)
    for each in read_feedback(bigquery).values():
        until = str(each.snoozed_until or "")
        given = f"{each.given_at:%Y-%m-%d}"
        table.add_row(each.serial, each.verdict, given, until, each.note or "")
    Console(highlight=False).print(table if table.row_count else "Nobody gave any feedback.")
