"""The code location: assets, checks, automation and the resources that settings decide."""

from collections.abc import Mapping

from dagster import Definitions

from wattif_dagster.assets import (
    alerts,
    anomalies,
    evaluation,
    labels,
    preview,
    raw_readings,
    registry,
    scans,
    scores,
    sharded_readings,
    warehouse,
)
from wattif_dagster.automation import daily, notify, standing
from wattif_dagster.checks import completeness, gaps
from wattif_dagster.deploy.executors import step_executor
from wattif_dagster.ingest.options import IngestOptions
from wattif_dagster.resources.build import build_resources
from wattif_dagster.settings import Settings

ASSETS = [
    registry.meter_registry,
    raw_readings.raw_readings,
    labels.injected_anomalies,
    warehouse.meter_readings,
    warehouse.hourly_consumption,
    anomalies.fleet_anomalies,
    scans.anomaly_scan_results,
    scores.consumption_baseline,
    scores.anomaly_scores,
    scans.meter_scan_results,
    alerts.anomaly_alerts,
    evaluation.detector_evaluation,
]
CHECKS = [completeness.meter_readings_checks, completeness.hourly_consumption_checks]


def build_defs(resource_overrides: Mapping[str, object] | None = None) -> Definitions:
    """Fresh definitions; overrides replace resources by name.

    The resource `ingest` says in how many shards raw_readings is landed. The partitions' first day
    and the scans' checks are those of the environment, read at import.
    """
    settings = Settings.load()
    resources = {**build_resources(settings), **(resource_overrides or {})}
    ingest = resources["ingest"]
    assert isinstance(ingest, IngestOptions)
    landing = sharded_readings if ingest.shards > 1 else raw_readings
    assets = [landing.raw_readings if a is raw_readings.raw_readings else a for a in ASSETS]
    opted_in = [preview.anomaly_preview_results] if settings.scan.preview else []
    return Definitions(
        assets=[*assets, *opted_in],
        asset_checks=[*CHECKS, gaps.STANDING_CHECK],
        jobs=[daily.DAILY_JOB, standing.GAPS_JOB],
        schedules=[daily.DAILY_SCHEDULE, standing.GAPS_SCHEDULE],
        sensors=[notify.alert_notifications(settings.alerts)],
        resources=resources,
        executor=step_executor(settings.step_executor),
    )


defs = build_defs()
