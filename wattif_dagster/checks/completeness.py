"""Blocking checks: every reading of the manifest is in BigQuery, once, and rolled up."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict

from dagster import AssetCheckExecutionContext, AssetCheckResult, AssetCheckSpec, multi_asset_check

from wattif_dagster import keys
from wattif_dagster.partitions import days_of
from wattif_dagster.resources.bigquery import BigQueryWarehouse
from wattif_dagster.resources.gcs import GcsTransferManager
from wattif_dagster.resources.options import SimulationResource
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
    context: AssetCheckExecutionContext,
    simulation: SimulationResource,
    gcs: GcsTransferManager,
    bigquery: BigQueryWarehouse,
) -> Iterable[AssetCheckResult]:
    """Readings in BigQuery against the manifest and the registry, in one query a day."""
    by_day: dict[str, dict[str, int]] = {}
    counts: dict[str, dict[str, int]] = {}
    for day in days_of(context):
        key = day.isoformat()
        manifest = require_manifest(gcs, day)
        quality = readings_quality(bigquery, day, simulation.interval_seconds)
        by_day[key] = _faults(quality, manifest.total_rows)
        counts[key] = {"manifest_rows": manifest.total_rows, **asdict(quality)}
    yield from _results(context, by_day, counts)


@multi_asset_check(
    specs=_specs(
        keys.HOURLY_CONSUMPTION,
        {HOURS_COMPLETE: "24 hours for each meter, each with all its readings."},
    )
)
def hourly_consumption_checks(
    context: AssetCheckExecutionContext,
    simulation: SimulationResource,
    gcs: GcsTransferManager,
    bigquery: BigQueryWarehouse,
) -> Iterable[AssetCheckResult]:
    """The roll-up against the manifest: nothing lost on the way."""
    by_day: dict[str, dict[str, int]] = {}
    counts: dict[str, dict[str, int]] = {}
    for day in days_of(context):
        key = day.isoformat()
        manifest = require_manifest(gcs, day)
        quality = hours_quality(bigquery, day, simulation.readings_per_hour)
        missing_hours = abs(24 * manifest.meters - quality.hours)
        by_day[key] = {HOURS_COMPLETE: missing_hours + quality.incomplete_hours}
        counts[key] = {"manifest_rows": manifest.total_rows, **asdict(quality)}
    yield from _results(context, by_day, counts)


def _results(
    context: AssetCheckExecutionContext,
    by_day: dict[str, dict[str, int]],
    counts: dict[str, dict[str, int]],
) -> Iterator[AssetCheckResult]:
    """One result for each selected check over all days of the run."""
    for key in context.selected_asset_check_keys:
        faults = {day: found[key.name] for day, found in by_day.items() if found[key.name]}
        yield AssetCheckResult(
            passed=not faults,
            asset_key=key.asset_key,
            check_name=key.name,
            metadata={"faults_by_day": faults, "counts_by_day": counts},
        )
