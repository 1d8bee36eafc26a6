"""Settings of the alerts: their rule, and who is told of new ones."""

from typing import Self

from pydantic import Field, SecretStr, model_validator

from wattif_dagster.detection.alert_options import AlertOptions


class AlertSettings(AlertOptions):
    """The rule of the alerts, and the channels: the URLs hold tokens, so no resource has them."""

    notify_urls: list[SecretStr] = Field(
        default=[], description="apprise URLs that are told of new alerts; none: the log alone."
    )
    notify_within_days: int = Field(
        default=7,
        ge=1,
        le=3660,
        description="Told are alerts opened on the last that many days, up to yesterday.",
    )

    @model_validator(mode="after")
    def _understood(self) -> Self:
        if not self.notify_urls:
            return self
        from wattif_dagster.alerting.channels import is_understood  # takes a second to import

        for place, url in enumerate(self.notify_urls, 1):
            if not is_understood(url):
                raise ValueError(
                    f"apprise does not understand notify URL {place} of {len(self.notify_urls)}; "
                    "write it as https://appriseit.com/services/ says for the service"
                )
        return self

    @property
    def rule(self) -> AlertOptions:
        """When days are an alert, without the channels."""
        return AlertOptions(**self.model_dump(include=set(AlertOptions.model_fields)))
