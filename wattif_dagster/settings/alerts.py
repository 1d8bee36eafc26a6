"""Which anomalous days of a meter are an alert, and which channels get new alerts."""

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from wattif_dagster.threshold import THRESHOLD


class AlertRule(BaseModel):
    """An alert is an episode of days. Of a million meters, 0.99 would flag thousands of hours."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    probability: float = Field(
        default=0.999,
        ge=THRESHOLD,
        le=1,
        description="A day counts when one of its hours reaches this.",
    )
    days: int = Field(default=2, ge=1, le=31, description="So many days must count ...")
    of_days: int = Field(default=3, ge=1, le=31, description="... out of the last so many days.")

    @model_validator(mode="after")
    def _check_reachable(self) -> Self:
        if self.days > self.of_days:
            raise ValueError(f"{self.days} of {self.of_days} days can never be reached")
        return self


class AlertSettings(AlertRule):
    """The alert rule and the channels. The URLs hold tokens, so no resource holds them."""

    notify_urls: list[SecretStr] = Field(
        default=[],
        description="apprise URLs that get new alerts. Without any, alerts are logged.",
    )
    notify_within_days: int = Field(
        default=7,
        ge=1,
        le=3660,
        description="Alerts opened within so many days up to yesterday are sent.",
    )

    @field_validator("notify_urls")
    @classmethod
    def _check_urls(cls, urls: list[SecretStr]) -> list[SecretStr]:
        if not urls:
            return urls
        from wattif_dagster.alerting.channels import is_understood  # takes a second to import

        for place, url in enumerate(urls, 1):
            if not is_understood(url):
                raise ValueError(
                    f"apprise does not understand URL {place} of {len(urls)}; "
                    "write it as https://appriseit.com/services/ says for the service"
                )
        return urls

    @property
    def rule(self) -> AlertRule:
        """The rule without the channels."""
        return AlertRule(**self.model_dump(include=set(AlertRule.model_fields)))
