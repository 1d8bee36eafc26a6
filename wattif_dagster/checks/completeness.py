"""Blocking checks: every reading of the manifest is in BigQuery, once, and rolled up."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict

from dagster import AssetCheckExecutionContext, AssetCheckResult, AssetCheckSpec, multi_asset_check

from wattif_dagster import keys
from wattif_dagster.ingest.manifest import Manifest
from wattif_dagster.metering.simulation import SECONDS_PER_HOUR
from wattif_dagster.partitions import days_of
from wattif_dagster.resources.bigquery import BigQueryWarehouse
from wattif_dagster.resources.gcs import GcsTransferManager
from wattif_dagster.warehouse.load import require_manifest
from wattif_dagster.warehouse.quality import ReadingsQuality, hours_quality, readings_quality

READINGS_CHECKS = {
    "rows_match_manifest": "As many rows in BigQuery as the manifest lists.",
    "serials_match_registry": "Every registered meter reports, and no other.",
    "no_duplicates": "No meter reports twice for one timestamp.",
    "timestamps_on_interval": "Every timestamp lies in its day and on the interval.",
    "readings_in_range": "Every reading is one a meter could send.",
}
HOURS_COMPLETE = "hours_complete"

Comparison = tuple[dict[str, int], dict[str, int]]
"""Faults by check, 0 passes, and the counts they come from."""


def _specs(asset: object, described: dict[str, str]) -> list[AssetCheckSpec]:
    return [
        AssetCheckSpec(name, asset=asset, description=text, blocking=True)  # type: ignore[arg-type]
        for name, text in described.items()
    ]


def _faults(quality: ReadingsQuality, manifest_rows: int) -> dict[str, int]:
    """How many faults each check finds; 0 passes."""
    return {
        "rows_match_manifest": abs(quality.row_count - manifest_rows),
        "serials_match_registry": quality.unregistered + quality.silent,
        "no_duplicates": quality.repeated,
        "timestamps_on_interval": quality.misplaced,
        "readings_in_range": quality.out_of_range,
    }


@multi_asset_check(specs=_specs(keys.METER_READINGS, READINGS_CHECKS), can_subset=True)
def meter_readings_checks(
    context: AssetCheckExecutionContext, gcs: GcsTransferManager, bigquery: BigQueryWarehouse
) -> Iterable[AssetCheckResult]:
    """Readings in BigQuery against the manifest and the registry, in one query a day."""

    def compare(manifest: Manifest) -> Comparison:
        quality = readings_quality(bigquery, manifest.day, manifest.interval_seconds)
        return _faults(quality, manifest.total_rows), asdict(quality)

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

    def compare(manifest: Manifest) -> Comparison:
        per_hour = SECONDS_PER_HOUR // manifest.interval_seconds
        quality = hours_quality(bigquery, manifest.day, per_hour)
        missing_hours = abs(24 * manifest.meters - quality.hours)
        return {HOURS_COMPLETE: missing_hours + quality.incomplete_hours}, asdict(quality)

    yield from _results(context, gcs, compare)


def _results(
    context: AssetCheckExecutionContext,
    gcs: GcsTransferManager,
    compare: Callable[[Manifest], Comparison],
) -> Iterator[AssetCheckResult]:
    """One result for each selected check over all days of the run."""
    faults_by_day: dict[str, dict[str, int]] = {}
    counts_by_day: dict[str, dict[str, int]] = {}
    for day in days_of(context):
        manifest = require_manifest(gcs, day)
        faults_by_day[str(day)], counts = compare(manifest)
        counts_by_day[str(day)] = {"manifest_rows": manifest.total_rows, **counts}
    for key in context.selected_asset_check_keys:
        faults = {day: found[key.name] for day, found in faults_by_day.items() if found[key.name]}
        yield AssetCheckResult(
            passed=not faults,
            asset_key=key.asset_key,
            check_name=key.name,
            metadata={"faults_by_day": faults, "counts_by_day": counts_by_day},
        )
