"""Delivers alerts to all channels at the same time, so that no channel waits for another."""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from wattif_dagster.alerting.channels import Channel
from wattif_dagster.alerting.ledger import Ledger
from wattif_dagster.alerting.message import Alert, write_message

TIMEOUT_SECONDS = 20
"""A channel that does not answer within this time did not take the message. Dagster ends an
evaluation after 60 s, and its cursor would not be saved."""


@dataclass(frozen=True)
class Delivery:
    """The result of a message to a channel, and the ids of the alerts that are given up."""

    channel: str
    alerts: int
    taken: bool
    given_up: list[str]

    @property
    def is_pending(self) -> bool:
        """Whether some of its alerts will be sent again."""
        return not self.taken and len(self.given_up) < self.alerts

    def __str__(self) -> str:
        alerts = f"{self.alerts:,} {'alert' if self.alerts == 1 else 'alerts'}"
        if self.taken:
            return f"{self.channel} took {alerts}"
        given_up = f", and {len(self.given_up):,} will not be sent again" if self.given_up else ""
        return f"{self.channel} did not take {alerts}{given_up}"


def deliver(
    ledger: Ledger, channels: Sequence[Channel], alerts: Sequence[Alert], places: Sequence[str]
) -> list[Delivery]:
    """Send each channel its new alerts in one message, and record that in the ledger.

    `places` are lines at the end of the message, which say where to see more.
    An error of a channel is not raised: the channel did not take the message.
    """
    due = [(channel, ledger.select_due(channel.key, alerts)) for channel in channels]
    due = [(channel, batch) for channel, batch in due if batch]
    pool = ThreadPoolExecutor(max(1, len(due)))
    sent = [pool.submit(channel.send, write_message(batch, places)) for channel, batch in due]
    wait(sent, timeout=TIMEOUT_SECONDS)
    pool.shutdown(wait=False)
    deliveries = []
    for (channel, batch), answer in zip(due, sent, strict=True):
        taken = _is_taken(answer)
        given_up = ledger.record(channel.key, batch, taken)
        deliveries.append(Delivery(channel.name, len(batch), taken, given_up))
    return deliveries


def _is_taken(answer: Future[bool]) -> bool:
    return answer.done() and answer.exception() is None and answer.result()
