"""The knobs of the fleet scan, said once: settings and the Dagster resource use them."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

DEFAULT_RULES = Path(__file__).with_name("scan_rules.yaml")


class ScanOptions(BaseModel):
    """Rules of the Dataplex scan of `fleet_anomalies`, and what is passed through to Dataplex."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rules: str = Field(
        default=str(DEFAULT_RULES), description="YAML file of the rules, each an asset check."
    )
    scan_id: str = Field(
        default="wattif-fleet-anomalies",
        pattern=r"^[a-z]([a-z0-9-]{0,50}[a-z0-9])?$",
        description="Name of the scan: a-z, 0-9 and '-'.",
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
        description="cron of a second scan, over the whole table, that Dataplex runs by itself.",
    )

    @property
    def rules_file(self) -> Path:
        """The YAML file."""
        return Path(self.rules)
