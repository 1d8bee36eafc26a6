"""Blocking checks: every reading of the manifest is in BigQuery, once, and rolled up.

A check that an injected fault is meant to break warns and names it. Anything beyond the labels is
an error, and stops the run.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from typing import Any

from dagster import (
    AssetCheckExecutionContext,
    AssetCheckResult,
    AssetCheckSeverity,
    AssetCheckSpec,
    multi_asset_check,
)

from wattif_dagster import keys
from wattif_dagster.checks.injected import (
    Finding,
    faulty_hours,
    readings_beyond_range,
    repeated_rows,
)
from wattif_dagster.ingest.labels import Label, read_labels
from wattif_dagster.ingest.manifest import Manifest
from wattif_dagster.partitions import days_of
from wattif_dagster.resources.bigquery import BigQueryWarehouse
from wattif_dagster.resources.gcs import GcsTransferManager
from wattif_dagster.retries import retry_if_it_may_pass
from wattif_dagster.warehouse.load import require_manifest
from wattif_dagster.warehouse.quality import (
    HoursQuality,
    ReadingsQuality,
    hours_quality,
    readings_quality,
)

READINGS_CHECKS = {
    "rows_match_manifest": "As many rows in BigQuery as the manifest lists.",
    "serials_match_registry": "Every registered meter reports, and no other.",
    "no_duplicates": "No meter reports twice for one timestamp.",
    "timestamps_on_interval": "Every timestamp lies in its day and on the interval.",
    "readings_in_range": "Every reading is one a meter could send.",
}
HOURS_COMPLETE = "hours_complete"

METERS_NAMED = 20
"""Meters that a check names for each kind of injected fault."""

Comparison = tuple[dict[str, Finding], dict[str, Any]]
"""A finding by check, and the counts they come from."""


def _specs(asset: object, described: dict[str, str]) -> list[AssetCheckSpec]:
    return [
        AssetCheckSpec(name, asset=asset, description=text, blocking=True)  # type: ignore[arg-type]
        for name, text in described.items()
    ]


def _findings(
    quality: ReadingsQuality, manifest: Manifest, labels: list[Label]
) -> dict[str, Finding]:
    return {
        "rows_match_manifest": Finding(abs(quality.row_count - manifest.total_rows)),
        "serials_match_registry": Finding(quality.unregistered + quality.silent),
        "no_duplicates": repeated_rows(
            quality.repeated, quality.repeated_by_meter, labels, manifest.readings_per_hour
        ),
        "timestamps_on_interval": Finding(quality.misplaced),
        "readings_in_range": readings_beyond_range(
            quality.out_of_range, quality.out_of_range_by_meter, labels
        ),
    }


@multi_asset_check(specs=_specs(keys.METER_READINGS, READINGS_CHECKS), can_subset=True)
def meter_readings_checks(
    context: AssetCheckExecutionContext, gcs: GcsTransferManager, bigquery: BigQueryWarehouse
) -> Iterable[AssetCheckResult]:
    """Readings in BigQuery against the manifest and the registry, in one query a day."""

    def compare(manifest: Manifest, labels: list[Label]) -> Comparison:
        quality = readings_quality(bigquery, manifest.day, manifest.interval_seconds)
        return _findings(quality, manifest, labels), _counts(quality)

    yield from _results(context, gcs, compare)


@multi_asset_check(
    specs=_specs(
        keys.HOURLY_CONSUMPTION,
        {HOURS_COMPLETE: "24 hours for each meter, each with all its readings."},
    )
)
def hourly_consumption_checks(
    context: AssetCheckExecutionContext, gcs: GcsTransferManager, bigquery: BigQueryWarehouse
) -> Iterable[AssetCheckResult]:
    """The roll-up against the manifest: nothing lost on the way."""

    def compare(manifest: Manifest, labels: list[Label]) -> Comparison:
        quality = hours_quality(bigquery, manifest.day, manifest.readings_per_hour)
        faulty = 24 * manifest.meters - quality.hours + quality.incomplete_hours
        finding = faulty_hours(faulty, quality.faulty_by_meter, labels)
        if not finding.unexplained and quality.readings != manifest.total_rows:
            finding = Finding(abs(quality.readings - manifest.total_rows), finding.injected)
        return {HOURS_COMPLETE: finding}, _counts(quality)

    yield from _results(context, gcs, compare)


def _counts(quality: ReadingsQuality | HoursQuality) -> dict[str, Any]:
    return {name: value for name, value in asdict(quality).items() if isinstance(value, int)}


def _results(
    context: AssetCheckExecutionContext,
    gcs: GcsTransferManager,
    compare: Callable[[Manifest, list[Label]], Comparison],
) -> Iterator[AssetCheckResult]:
    """One result for each selected check over all days of the run.

    A failure that may pass is tried again, all days together.
    """
    findings_by_day: dict[str, dict[str, Finding]] = {}
    counts_by_day: dict[str, dict[str, Any]] = {}
    try:
        for day in days_of(context):
            manifest = require_manifest(gcs, day)
            findings_by_day[str(day)], counts = compare(manifest, read_labels(gcs, manifest))
            counts_by_day[str(day)] = {"manifest_rows": manifest.total_rows, **counts}
    except Exception as error:
        retry_if_it_may_pass(context, error)
        raise
    for key in context.selected_asset_check_keys:
        found = {day: findings[key.name] for day, findings in findings_by_day.items()}
        faults = {day: item.unexplained for day, item in found.items() if item.unexplained}
        injected = {
            day: {kind: serials[:METERS_NAMED] for kind, serials in item.injected.items()}
            for day, item in found.items()
            if item.injected
        }
        yield AssetCheckResult(
            passed=not faults and not injected,
            asset_key=key.asset_key,
            check_name=key.name,
            severity=AssetCheckSeverity.WARN
            if injected and not faults
            else AssetCheckSeverity.ERROR,
            metadata={
                keys.FAULTS_BY_DAY: faults,
                "injected_by_day": injected,
                keys.COUNTS_BY_DAY: counts_by_day,
            },
        )
