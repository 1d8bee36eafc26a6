"""The ledger of deliveries: which alert each channel was told of, or given up on."""

from collections.abc import Sequence
from datetime import date
from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationError

from wattif_dagster.alerting.message import Alert
from wattif_dagster.errors import UserError

RETRIES = 5
"""A channel that does not take an alert is tried again that often, then given up on."""


class Ledger(BaseModel):
    """Deliveries by channel, named by the SHA-256 of its URL, and `alert_id`.

    It holds the alerts of the days that are still told of, and no older ones: see `forget`.
    """

    model_config = ConfigDict(extra="forbid")

    seen: int = 0
    """Storage id of the last materialization whose alerts are settled with every channel."""
    settled: dict[str, set[str]] = {}
    """Alerts that a channel took, or was given up on."""
    failures: dict[str, dict[str, int]] = {}
    """How often a channel did not take an alert that is still to be settled."""

    @classmethod
    def parse(cls, cursor: str | None) -> Self:
        """The ledger of a sensor's cursor. Raises UserError when it is none."""
        try:
            return cls.model_validate_json(cursor) if cursor else cls()
        except ValidationError:
            raise UserError(
                "the cursor of the sensor is not one it wrote; clear it in the Dagster UI: "
                "alerts that are recent enough will be told again"
            ) from None

    def forget(self, opened_before: date) -> None:
        """Drop alerts opened before that day: they are not told any more."""

        def recent(alert_id: str) -> bool:
            return alert_id.rpartition(":")[2] >= opened_before.isoformat()

        self.settled = {key: set(filter(recent, ids)) for key, ids in self.settled.items()}
        self.failures = {
            key: {alert_id: n for alert_id, n in counts.items() if recent(alert_id)}
            for key, counts in self.failures.items()
        }

    def due(self, channel: str, alerts: Sequence[Alert]) -> list[Alert]:
        """Those of the alerts that the channel is to be told of."""
        settled = self.settled.get(channel, set())
        return [alert for alert in alerts if alert["alert_id"] not in settled]

    def record(self, channel: str, alerts: Sequence[Alert], taken: bool) -> list[str]:
        """Record a delivery; ids of the alerts on which the channel is given up now."""
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
