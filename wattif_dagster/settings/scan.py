"""The options of the Dataplex scans."""

import hashlib
import re

from pydantic import BaseModel, ConfigDict, Field, field_validator

from wattif_dagster.settings.paths import UserPathText

_SCAN_ID = r"^[a-z]([a-z0-9-]{0,50}[a-z0-9])?$"
_MOST_OF_DATASET = 20
"""Characters of the dataset's name in a scan id, which has at most 52."""


class ScanOptions(BaseModel):
    """The Dataplex scans of `fleet_anomalies` and `anomaly_scores`.

    Each scan has its own rules and id. The other options are passed to Dataplex for both.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    rules: UserPathText | None = Field(
        default=None, description="YAML file of the fleet's rules; each rule is an asset check."
    )
    scan_id: str | None = Field(
        default=None,
        pattern=_SCAN_ID,
        description="Id of the scan: a-z, 0-9 and '-'; DATASET-fleet-anomalies unless set.",
    )
    meter_rules: UserPathText | None = Field(
        default=None, description="YAML file of the rules for the meters' scores."
    )
    meter_scan_id: str | None = Field(
        default=None,
        pattern=_SCAN_ID,
        description="Id of the meters' scan; DATASET-meter-anomalies unless set.",
    )
    preview: bool = Field(
        default=False,
        description="Adds the anomaly detection preview, which Google must have enabled.",
    )
    recipients: list[str] = Field(default=[], description="Mail addresses of the report (up to 5).")
    below_score: float | None = Field(
        default=None, ge=0, le=100, description="Mail when the score is below this."
    )
    on_failure: bool = Field(default=True, description="Mail when the scan's job fails.")
    on_end: bool = Field(default=False, description="Mail when the scan's job ends.")
    labels: dict[str, str] = Field(default={}, description="Labels of the scans.")
    catalog_publishing: bool = Field(
        default=False, description="Shows the latest result with the table in Google's catalog."
    )
    schedule: str | None = Field(
        default=None,
        description="cron of a second scan, of the day before, which Dataplex runs by itself.",
    )

    @field_validator("recipients")
    @classmethod
    def _check_recipients(cls, recipients: list[str]) -> list[str]:
        if not recipients:
            return recipients
        from wattif_dagster.scan_rules import MAX_RECIPIENTS  # takes a second to import

        if len(recipients) > MAX_RECIPIENTS:
            raise ValueError(
                f"Dataplex mails a report to at most {MAX_RECIPIENTS} addresses, not "
                f"{len(recipients)}; use the address of a group"
            )
        return recipients

    def with_ids(self, dataset: str) -> "ScanOptions":
        """Fill in the ids that are not set, from the dataset that the scans look at."""
        stem = _make_stem(dataset)
        return self.model_copy(
            update={
                "scan_id": self.scan_id or f"{stem}-fleet-anomalies",
                "meter_scan_id": self.meter_scan_id or f"{stem}-meter-anomalies",
            }
        )


def _make_stem(dataset: str) -> str:
    """Make the first part of a scan id: the dataset's name, or part of it and a digest."""
    if re.fullmatch(rf"[a-z][a-z0-9]{{0,{_MOST_OF_DATASET - 1}}}", dataset):
        return dataset
    words = re.sub(r"[^a-z0-9]+", "-", dataset.lower()).strip("-")[:_MOST_OF_DATASET].strip("-")
    digest = hashlib.sha256(dataset.encode()).hexdigest()[:8]
    return f"d-{words}-{digest}" if words else f"d-{digest}"
