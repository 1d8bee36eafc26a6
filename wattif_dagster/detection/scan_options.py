"""The knobs of the scans, said once: settings and the Dagster resource use them."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

DEFAULT_RULES = Path(__file__).with_name("scan_rules.yaml")
METER_RULES = Path(__file__).with_name("meter_scan_rules.yaml")

_SCAN_ID = r"^[a-z]([a-z0-9-]{0,50}[a-z0-9])?$"


class ScanOptions(BaseModel):
    """The Dataplex scans of `fleet_anomalies` and `anomaly_scores`.

    Each has rules and a name of its own; what is passed through to Dataplex is for both.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    rules: str = Field(
        default=str(DEFAULT_RULES), description="YAML file of the rules, each an asset check."
    )
    scan_id: str = Field(
        default="wattif-fleet-anomalies",
        pattern=_SCAN_ID,
        description="Name of the scan: a-z, 0-9 and '-'.",
    )
    meter_rules: str = Field(
        default=str(METER_RULES), description="YAML file of the rules for the meters' scores."
    )
    meter_scan_id: str = Field(
        default="wattif-meter-anomalies",
        pattern=_SCAN_ID,
        description="Name of the scan of the meters' scores.",
    )
    preview: bool = Field(
        default=False,
        description="Offer the anomaly detection preview too; Google must have enabled it.",
    )
    recipients: list[str] = Field(default=[], description="Who is mailed a report (at most 5).")
    below_score: float | None = Field(
        default=None, ge=0, le=100, description="Mail when the score is below."
    )
    on_failure: bool = Field(default=True, description="Mail when the scan's job fails.")
    on_end: bool = Field(default=False, description="Mail when the scan's job ends.")
    labels: dict[str, str] = Field(default={}, description="Labels of the scan.")
    schedule: str | None = Field(
        default=None,
        description="cron of a second scan of each whole table, that Dataplex runs by itself.",
    )

    @property
    def rules_file(self) -> Path:
        """The YAML file of the fleet's rules."""
        return Path(self.rules)

    @property
    def meter_rules_file(self) -> Path:
        """The YAML file of the meters' rules."""
        return Path(self.meter_rules)
