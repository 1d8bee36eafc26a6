"""The message to a channel: one for all alerts that are new or ended."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wattif_dagster.reasons import describe_reason

LINES = 10
"""Alerts that have a line; the others are only counted."""

_OPEN = "{serial} since {opened_on}, {days_flagged} days flagged: {words}"
_CLOSED = "{serial} from {opened_on} to {last_flagged_on}, ended: {words}"

Alert = Mapping[str, Any]
"""A row of `anomaly_alerts`."""


def is_closed(alert: Alert) -> bool:
    """Whether the row tells of the end of an episode."""
    return alert["status"] == "closed"


@dataclass(frozen=True)
class Message:
    """A message in plain text."""

    title: str
    body: str

    def __str__(self) -> str:
        return f"{self.title}\n{self.body}"


def write_message(alerts: Sequence[Alert], places: Sequence[str]) -> Message:
    """Write a line for each of the first alerts, and the places at which to see more.

    Alerts that are new come before those that ended.
    """
    ended = sum(map(is_closed, alerts))
    new = len(alerts) - ended
    ordered = sorted(alerts, key=is_closed)
    lines = [
        (_CLOSED if is_closed(alert) else _OPEN).format(
            **alert, words=describe_reason(alert["reason"])
        )
        for alert in ordered[:LINES]
    ]
    if len(alerts) > LINES:
        lines.append(f"and {len(alerts) - LINES:,} more")
    counts = [_count(n, what) for n, what in ((new, "new"), (ended, "ended")) if n]
    return Message(f"WattIf: {', '.join(counts)}", "\n".join([*lines, *places]))


def _count(alerts: int, what: str) -> str:
    return f"{alerts:,} {what} {'alert' if alerts == 1 else 'alerts'}"
