"""Which detector judges the meters, said once: settings and the Dagster resource use it."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

DetectorName = Literal["layered", "arima_plus", "ai_detect_anomalies"]

LOCAL: tuple[DetectorName, ...] = ("layered",)
"""Detectors that the local cloud can run; the others are BigQuery ML's."""


class DetectionOptions(BaseModel):
    """What makes `consumption_baseline` and `anomaly_scores`; see `detectors.py`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    detector: DetectorName = Field(
        default="layered", description="layered; on Google Cloud arima_plus or ai_detect_anomalies."
    )

    def refusal(self, target: str) -> str | None:
        """Why the detector cannot run on the target, `local` or `gcp`; None when it can."""
        if target == "local" and self.detector not in LOCAL:
            return (
                f"WATTIF_DETECTION__DETECTOR={self.detector} needs BigQuery ML, which the local "
                "cloud does not have; set it to layered, or set WATTIF_TARGET=gcp"
            )
        return None
