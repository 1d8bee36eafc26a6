"""The blocking checks of meter_readings: each reading of the manifest is there exactly once."""

from collections.abc import Sequence

from dagster import AssetCheckResult, AssetCheckSpec

from wattif_dagster import keys
from wattif_dagster.daily_asset import daily_check
from wattif_dagster.ingest.labels import Label
from wattif_dagster.ingest.manifest import Manifest
from wattif_dagster.reconcile.counts import ReadingsCounts
from wattif_dagster.reconcile.injected import (
    Finding,
    check_finding,
    explain_out_of_range,
    explain_repeated,
)
from wattif_dagster.settings import Settings

_DESCRIPTIONS = {
    "rows_match_manifest": "BigQuery has as many rows as the manifest lists.",
    "serials_match_registry": "Every registered meter reports, and no other meter does.",
    "no_duplicates": "No meter reports twice for one timestamp.",
    "timestamps_on_interval": "Every timestamp lies in its day and on the interval.",
    "readings_in_range": "Every reading is possible for a household.",
}


def readings_checks(settings: Settings) -> list[AssetCheckSpec]:
    """Describe the checks."""
    return [
        daily_check(keys.METER_READINGS, name, text, settings, blocking=True)
        for name, text in _DESCRIPTIONS.items()
    ]


def check_readings(
    counts: ReadingsCounts, manifest: Manifest, labels: Sequence[Label]
) -> list[AssetCheckResult]:
    """Compare the day's rows with the manifest, the registry and the injected faults.

    Of an imported day, silent meters and large readings are what was reported.
    """
    findings = {
        "rows_match_manifest": Finding(abs(counts.readings - manifest.total_rows)),
        "serials_match_registry": Finding(counts.unregistered + counts.silent),
        "no_duplicates": explain_repeated(
            counts.repeated, counts.repeated_by_meter, labels, manifest.readings_per_hour
        ),
        "timestamps_on_interval": Finding(counts.misplaced),
        "readings_in_range": explain_out_of_range(
            counts.out_of_range, counts.out_of_range_by_meter, labels
        ),
    }
    if manifest.imported:
        findings["serials_match_registry"] = Finding(counts.unregistered, reported=counts.silent)
        findings["readings_in_range"] = Finding(0, reported=counts.out_of_range)
    return [check_finding(name, finding, counts, manifest) for name, finding in findings.items()]
