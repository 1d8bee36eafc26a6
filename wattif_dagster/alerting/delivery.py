"""Delivers alerts to all channels at the same time, so that none holds up another."""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from wattif_dagster.alerting.channels import Channel
from wattif_dagster.alerting.ledger import Ledger
from wattif_dagster.alerting.message import Alert, message_of

PATIENCE_SECONDS = 20
"""A channel that has not answered by then did not take the message. Dagster ends an evaluation
after 60 s, and its cursor would be lost."""


@dataclass(frozen=True)
class Delivery:
    """What became of a message: to whom, of how many alerts, and those given up on."""

    channel: str
    alerts: int
    taken: bool
    given_up: list[str]

    @property
    def is_pending(self) -> bool:
        """Whether some of its alerts are to be told again."""
        return not self.taken and len(self.given_up) < self.alerts

    def __str__(self) -> str:
        alerts = f"{self.alerts:,} {'alert' if self.alerts == 1 else 'alerts'}"
        if self.taken:
            return f"{self.channel} took {alerts}"
        given_up = f", given up on {len(self.given_up):,}" if self.given_up else ""
        return f"{self.channel} did not take {alerts}{given_up}"


def deliver(
    ledger: Ledger, channels: Sequence[Channel], alerts: Sequence[Alert], table: str
) -> list[Delivery]:
    """Tell each channel what it was not told yet, in one message, and record it in the ledger.

    Raises nothing of a channel's: whatever goes wrong there, it did not take the message.
    """
    due = [(channel, ledger.due(channel.key, alerts)) for channel in channels]
    due = [(channel, batch) for channel, batch in due if batch]
    pool = ThreadPoolExecutor(max(1, len(due)))
    sent = [pool.submit(channel.send, message_of(batch, table)) for channel, batch in due]
    wait(sent, timeout=PATIENCE_SECONDS)
    pool.shutdown(wait=False)
    deliveries = []
    for (channel, batch), answer in zip(due, sent, strict=True):
        taken = _is_yes(answer)
        given_up = ledger.record(channel.key, batch, taken)
        deliveries.append(Delivery(channel.name, len(batch), taken, given_up))
    return deliveries


def _is_yes(answer: Future[bool]) -> bool:
    return answer.done() and answer.exception() is None and answer.result()
