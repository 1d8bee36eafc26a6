"""Which detector scores the meters."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

DetectorName = Literal["layered", "arima_plus", "ai_detect_anomalies"]

LOCAL_DETECTORS: tuple[DetectorName, ...] = ("layered",)
"""Detectors that the local cloud can run. The others belong to BigQuery ML."""


class DetectionOptions(BaseModel):
    """The detector that makes `consumption_baseline` and `anomaly_scores`; see `detection`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    detector: DetectorName = Field(
        default="layered", description="layered; on Google Cloud arima_plus or ai_detect_anomalies."
    )

    def refusal(self, target: str) -> str | None:
        """Say why the detector cannot run on the target, `local` or `gcp`; None when it can."""
        if target == "local" and self.detector not in LOCAL_DETECTORS:
            return (
                f"WATTIF_DETECTION__DETECTOR={self.detector} needs BigQuery ML, which the local "
                "cloud does not have; set it to layered, or set WATTIF_TARGET=gcp"
            )
        return None
