"""anomaly_scores: how anomalous each meter's hours of the day are."""

from dagster import AssetExecutionContext, MaterializeResult

from wattif_dagster import keys, markdown, schemas
from wattif_dagster.daily_asset import daily_asset
from wattif_dagster.defs.anomaly_scores.plot import plot_meters
from wattif_dagster.defs.anomaly_scores.scores import (
    find_flagged_meters,
    read_curves,
    score_day,
)
from wattif_dagster.defs.consumption_baseline.fit import choose_detector
from wattif_dagster.errors import UserError
from wattif_dagster.ingest.manifest import require_manifest
from wattif_dagster.partitions import partition_day
from wattif_dagster.reasons import describe_reason
from wattif_dagster.resources.bigquery import BigQueryWarehouse
from wattif_dagster.resources.gcs import GcsTransferManager
from wattif_dagster.resources.options import DetectionResource, SimulationResource
from wattif_dagster.threshold import THRESHOLD

METERS_PLOTTED = 3
MOST_ANOMALOUS = {
    "meter": "{serial}",
    "hours": "{hours}",
    "probability": "{probability:.4f}",
    "reason": "{reason}",
}


@daily_asset(
    keys.ANOMALY_SCORES,
    table=schemas.ANOMALY_SCORES,
    deps=[
        keys.METER_REGISTRY,
        keys.HOURLY_CONSUMPTION,
        keys.METER_DAYS,
        keys.CONSUMPTION_BASELINE,
    ],
    reads_earlier_days=True,
    group="detection",
    kinds={"bigquery", "sql"},
)
def anomaly_scores(
    context: AssetExecutionContext,
    wattif_detection: DetectionResource,
    wattif_simulation: SimulationResource,
    wattif_gcs: GcsTransferManager,
    wattif_bigquery: BigQueryWarehouse,
) -> MaterializeResult:
    """How anomalous each meter's hour is, and why: rules, the hour itself, the days up to it."""
    day = partition_day(context)
    detector = choose_detector(wattif_bigquery, wattif_detection)
    expected_readings = require_manifest(wattif_gcs, day).readings_per_hour
    scores = score_day(wattif_bigquery, detector, day, expected_readings)
    if not scores.rows:
        raise UserError(f"No meter is registered on {day}. Materialize meter_registry first.")
    if scores.calibration_days < detector.calibration_days:
        context.log.info(
            f"{scores.calibration_days} of the {detector.calibration_days} days that calibrate the "
            f"scores of {day} have scores. Scores are provisional until all of them have some."
        )
    flagged = find_flagged_meters(wattif_bigquery, day)
    curves = read_curves(wattif_bigquery, day, [row["serial"] for row in flagged[:METERS_PLOTTED]])
    return MaterializeResult(
        metadata={
            "dagster/partition_row_count": scores.rows,
            "threshold": THRESHOLD,
            "detector": detector.name,
            "calibration_days": scores.calibration_days,
            "unscored_hours": scores.unscored,
            "flagged_hours": sum(row["hours"] for row in flagged),
            "flagged_meters": len(flagged),
            "most_anomalous": markdown.table(
                MOST_ANOMALOUS,
                [{**row, "reason": describe_reason(row["reason"])} for row in flagged],
            ),
            "plot": markdown.image(
                "The day's most anomalous meters",
                plot_meters(curves, local_time=wattif_simulation.local_time),
            ),
        }
    )
