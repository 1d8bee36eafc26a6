"""When a meter's anomalous days are an alert, said once: settings and the resource use them."""

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class AlertOptions(BaseModel):
    """An alert is an episode of days, not an hour: at a million meters, 0.99 flags thousands."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    probability: float = Field(
        default=0.999, gt=0, le=1, description="A day counts when an hour of it reaches this."
    )
    days: int = Field(default=2, ge=1, le=31, description="That many days must count ...")
    of_days: int = Field(default=3, ge=1, le=31, description="... of the last that many.")

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        if self.days > self.of_days:
            raise ValueError(f"{self.days} of {self.of_days} days is never reached")
        return self
