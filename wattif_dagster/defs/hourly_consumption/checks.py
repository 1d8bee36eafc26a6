"""The blocking check of hourly_consumption: the roll-up has every reading."""

from collections.abc import Sequence

from dagster import AssetCheckResult, AssetCheckSpec

from wattif_dagster import keys
from wattif_dagster.daily_asset import daily_check
from wattif_dagster.ingest.labels import Label
from wattif_dagster.ingest.manifest import Manifest
from wattif_dagster.reconcile.counts import HoursCounts
from wattif_dagster.reconcile.injected import Finding, check_finding, explain_faulty_hours
from wattif_dagster.settings import Settings

HOURS_COMPLETE = "hours_complete"


def hours_checks(settings: Settings) -> list[AssetCheckSpec]:
    """Describe the check."""
    text = "Every meter has 24 hours, each with all its readings."
    return [daily_check(keys.HOURLY_CONSUMPTION, HOURS_COMPLETE, text, settings, blocking=True)]


def check_hours(
    counts: HoursCounts, manifest: Manifest, labels: Sequence[Label]
) -> list[AssetCheckResult]:
    """Compare the day's hours with the manifest and the injected faults.

    Of an imported day, hours without all their readings are what was reported.
    """
    faulty = 24 * manifest.meters - counts.hours + counts.incomplete_hours
    finding = explain_faulty_hours(faulty, counts.faulty_by_meter, labels)
    if manifest.imported:
        finding = Finding(0, reported=faulty)
    if not finding.unexplained and counts.readings != manifest.total_rows:
        finding = Finding(abs(counts.readings - manifest.total_rows), finding.injected)
    return [check_finding(HOURS_COMPLETE, finding, counts, manifest)]
