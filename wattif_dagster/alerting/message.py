"""What a channel is told: one message for all of its new alerts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

LINES = 10
"""Alerts that are spelled out; of the others the message says how many there are."""

_LINE = "{serial} since {opened_on}, {days_flagged} days flagged, {reason}"

Alert = Mapping[str, Any]
"""A row of `anomaly_alerts`."""


@dataclass(frozen=True)
class Message:
    """Plain text."""

    title: str
    body: str

    def __str__(self) -> str:
        return f"{self.title}\n{self.body}"


def message_of(alerts: Sequence[Alert], table: str) -> Message:
    """The alerts, the first of them a line each; `table` is where the others are."""
    count = len(alerts)
    lines = [_LINE.format_map(alert) for alert in alerts[:LINES]]
    if count > LINES:
        lines.append(f"and {count - LINES:,} more")
    title = f"WattIf: {count:,} new {'alert' if count == 1 else 'alerts'}"
    return Message(title, "\n".join([*lines, f"in {table}"]))
