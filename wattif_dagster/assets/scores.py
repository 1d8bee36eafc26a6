"""consumption_baseline and anomaly_scores: what each meter was expected to do, and how it did."""

from datetime import date

from dagster import AssetExecutionContext, MaterializeResult, asset

from wattif_dagster import keys, schemas
from wattif_dagster.assets import markdown
from wattif_dagster.assets.common import COMMON, table_metadata
from wattif_dagster.assets.days import DAYS_AT_ONCE, DayMetadata, each_day
from wattif_dagster.detection.fleet import THRESHOLD
from wattif_dagster.detection.meter_pictures import meters_picture
from wattif_dagster.errors import UserError
from wattif_dagster.resources.bigquery import BigQueryWarehouse
from wattif_dagster.resources.gcs import GcsTransferManager
from wattif_dagster.resources.options import DetectionResource
from wattif_dagster.warehouse import scores
from wattif_dagster.warehouse.load import require_manifest

METERS_DRAWN = 3
MOST_ANOMALOUS = {
    "meter": "{serial}",
    "hours": "{hours}",
    "probability": "{probability:.4f}",
    "reason": "{reason}",
}


# Both read weeks of history, as far as it is there, yet depend on the same day alone: through a
# partition mapping a backfill of one day would ask for all days whose history it is in.
@asset(
    key=keys.CONSUMPTION_BASELINE,
    deps=[keys.HOURLY_CONSUMPTION],
    group_name="detection",
    kinds={"bigquery", "sql"},
    code_version="1",
    metadata=table_metadata(schemas.CONSUMPTION_BASELINE),
    **COMMON,
)
def consumption_baseline(
    context: AssetExecutionContext,
    detection: DetectionResource,
    gcs: GcsTransferManager,
    bigquery: BigQueryWarehouse,
) -> MaterializeResult:
    """What each meter is expected to do on the day, from the six weeks before it."""
    detector = scores.detector_of(bigquery, detection)

    def make(day: date) -> DayMetadata:
        made = scores.fit_baseline(bigquery, detector, day, require_manifest(gcs, day))
        return {
            "dagster/partition_row_count": made.rows,
            "dagster/table_name": bigquery.table_name(schemas.CONSUMPTION_BASELINE),
            "meters": made.meters,
            "history_days": made.history_days,
            "detector": detector.name,
            "keeps": detector.keeps,
        }

    return each_day(context, make, DAYS_AT_ONCE)


@asset(
    key=keys.ANOMALY_SCORES,
    deps=[keys.METER_REGISTRY, keys.HOURLY_CONSUMPTION, keys.CONSUMPTION_BASELINE],
    group_name="detection",
    kinds={"bigquery", "sql"},
    code_version="1",
    metadata=table_metadata(schemas.ANOMALY_SCORES),
    **COMMON,
)
def anomaly_scores(
    context: AssetExecutionContext,
    detection: DetectionResource,
    gcs: GcsTransferManager,
    bigquery: BigQueryWarehouse,
) -> MaterializeResult:
    """How anomalous each meter's hour is, and why: rules, the hour itself, the days up to it."""
    detector = scores.detector_of(bigquery, detection)

    def make(day: date) -> DayMetadata:
        made = scores.score_day(bigquery, detector, day, require_manifest(gcs, day))
        if not made.rows:
            raise UserError(f"no meter is registered on {day}; materialize meter_registry first")
        if made.calibration_days < detector.calibration_days:
            context.log.info(
                f"{day}: {made.calibration_days} of {detector.calibration_days} days before it "
                "have a baseline to calibrate with; until then scores are provisional"
            )
        flagged = scores.flagged_meters(bigquery, day, THRESHOLD)
        curves = scores.curves(bigquery, day, [row["serial"] for row in flagged[:METERS_DRAWN]])
        return {
            "dagster/partition_row_count": made.rows,
            "dagster/table_name": bigquery.table_name(schemas.ANOMALY_SCORES),
            "threshold": THRESHOLD,
            "detector": detector.name,
            "calibration_days": made.calibration_days,
            "unscored_hours": made.unscored,
            "flagged_hours": sum(row["hours"] for row in flagged),
            "flagged_meters": len(flagged),
            "most_anomalous": markdown.table(MOST_ANOMALOUS, flagged),
            "picture": markdown.picture("The day's most anomalous meters", meters_picture(curves)),
        }

    return each_day(context, make, DAYS_AT_ONCE)
