"""The ledger of deliveries: the alerts that each channel took, or that were given up."""

from collections.abc import Sequence
from datetime import date
from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationError

from wattif_dagster.alerting.message import Alert
from wattif_dagster.errors import UserError

RETRIES = 5
"""An alert that a channel does not take is sent again that often, and then given up."""


class Ledger(BaseModel):
    """Deliveries by channel, named by the SHA-256 of its URL, and `alert_id`.

    It holds only alerts that are recent enough to be sent: see `forget`.
    """

    model_config = ConfigDict(extra="forbid")

    seen: int = 0
    """Storage id of the last materialization whose alerts are settled with every channel."""
    settled: dict[str, set[str]] = {}
    """Alerts that a channel took, or that were given up."""
    failures: dict[str, dict[str, int]] = {}
    """How often a channel did not take an alert that will be sent again."""

    @classmethod
    def parse(cls, cursor: str | None) -> Self:
        """Parse a sensor's cursor. Raises UserError when it holds no ledger."""
        try:
            return cls.model_validate_json(cursor) if cursor else cls()
        except ValidationError:
            raise UserError(
                "The sensor did not write this cursor. Clear it in the Dagster UI, and recent "
                "alerts are sent again."
            ) from None

    def forget(self, opened_before: date) -> None:
        """Drop alerts opened before that day, which are not sent any more."""

        def recent(alert_id: str) -> bool:
            return alert_id.rpartition(":")[2] >= opened_before.isoformat()

        self.settled = {key: set(filter(recent, ids)) for key, ids in self.settled.items()}
        self.failures = {
            key: {alert_id: n for alert_id, n in counts.items() if recent(alert_id)}
            for key, counts in self.failures.items()
        }

    def select_due(self, channel: str, alerts: Sequence[Alert]) -> list[Alert]:
        """Select the alerts that the channel has not settled."""
        settled = self.settled.get(channel, set())
        return [alert for alert in alerts if alert["alert_id"] not in settled]

    def record(self, channel: str, alerts: Sequence[Alert], taken: bool) -> list[str]:
        """Record a delivery; returns the ids of the alerts that are given up now."""
        settled = self.settled.setdefault(channel, set())
        failures = self.failures.setdefault(channel, {})
        given_up = []
        for alert_id in (alert["alert_id"] for alert in alerts):
            failed = failures.pop(alert_id, 0)
            if taken or failed == RETRIES:
                settled.add(alert_id)
            else:
                failures[alert_id] = failed + 1
            if not taken and failed == RETRIES:
                given_up.append(alert_id)
        return given_up
