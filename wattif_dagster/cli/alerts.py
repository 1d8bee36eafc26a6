"""wattif alerts test: a sample message, through the channels that are set."""

from datetime import timedelta

import click

from wattif_dagster.alerting.channels import make_channels
from wattif_dagster.alerting.delivery import deliver
from wattif_dagster.alerting.ledger import Ledger
from wattif_dagster.alerting.message import Alert, write_message
from wattif_dagster.cli.days import find_yesterday
from wattif_dagster.settings import Settings

IS_A_TEST = ["This is a test: there are no such meters, and nothing is wrong."]
"""Stands at the end of the sample message, where others say where to see more."""


def test() -> None:
    """Send the sample message to every channel, or print it where none is set."""
    settings = Settings.load()
    channels = make_channels(settings.alerts.notify_urls)
    alerts = make_sample_alerts()
    if not channels:
        click.echo("No channel is set. This is the message that WATTIF_ALERTS__NOTIFY_URLS gets:\n")
        click.echo(str(write_message(alerts, IS_A_TEST)))
        click.echo("\nSet a channel as https://appriseit.com/services/ says, for example")
        click.echo("""  WATTIF_ALERTS__NOTIFY_URLS='["mailto://user:password@example.com"]'""")
        return
    deliveries = deliver(Ledger(), channels, alerts, IS_A_TEST)
    for delivery in deliveries:
        click.echo(f"{delivery}.")
    if not all(delivery.taken for delivery in deliveries):
        click.get_current_context().exit(1)


def make_sample_alerts() -> list[Alert]:
    """Make two rows of `anomaly_alerts`, of meters that do not exist."""
    yesterday = find_yesterday()
    samples = (("behaviour", 7, "day:floor7-", 0.9996), ("rule", 2, "rule:missing", 1.0))
    return [
        {
            "alert_date": yesterday,
            "alert_id": f"SAMPLE{number}:{kind}:{yesterday - timedelta(days=days)}",
            "serial": f"SAMPLE{number}",
            "kind": kind,
            "status": "open",
            "opened_on": yesterday - timedelta(days=days),
            "last_flagged_on": yesterday,
            "closed_on": None,
            "days_flagged": days,
            "worst_probability": probability,
            "reason": reason,
        }
        for number, (kind, days, reason, probability) in enumerate(samples, 1)
    ]
