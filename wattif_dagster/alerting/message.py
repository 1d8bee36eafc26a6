"""The message to a channel: one for all of its new alerts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wattif_dagster.reasons import describe_reason

LINES = 10
"""Alerts that have a line; the others are only counted."""

_LINE = "{serial} since {opened_on}, {days_flagged} days flagged: {words}"

Alert = Mapping[str, Any]
"""A row of `anomaly_alerts`."""


@dataclass(frozen=True)
class Message:
    """A message in plain text."""

    title: str
    body: str

    def __str__(self) -> str:
        return f"{self.title}\n{self.body}"


def write_message(alerts: Sequence[Alert], places: Sequence[str]) -> Message:
    """Write a line for each of the first alerts, and the places at which to see more."""
    count = len(alerts)
    lines = [
        _LINE.format(**alert, words=describe_reason(alert["reason"])) for alert in alerts[:LINES]
    ]
    if count > LINES:
        lines.append(f"and {count - LINES:,} more")
    title = f"WattIf: {count:,} new {'alert' if count == 1 else 'alerts'}"
    return Message(title, "\n".join([*lines, *places]))
