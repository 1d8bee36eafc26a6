"""consumption_baseline: what each meter is expected to do on the day."""

from dagster import AssetExecutionContext, MaterializeResult

from wattif_dagster import keys, schemas
from wattif_dagster.daily_asset import daily_asset
from wattif_dagster.defs.consumption_baseline.fit import choose_detector, fit_baseline
from wattif_dagster.ingest.manifest import require_manifest
from wattif_dagster.partitions import partition_day
from wattif_dagster.resources.bigquery import BigQueryWarehouse
from wattif_dagster.resources.gcs import GcsTransferManager
from wattif_dagster.resources.options import DetectionResource, SimulationResource


@daily_asset(
    keys.CONSUMPTION_BASELINE,
    table=schemas.CONSUMPTION_BASELINE,
    deps=[keys.HOURLY_CONSUMPTION, keys.METER_DAYS],
    reads_earlier_days=True,
    group="detection",
    kinds={"bigquery", "sql"},
)
def consumption_baseline(
    context: AssetExecutionContext,
    wattif_detection: DetectionResource,
    wattif_simulation: SimulationResource,
    wattif_gcs: GcsTransferManager,
    wattif_bigquery: BigQueryWarehouse,
) -> MaterializeResult:
    """What each meter is expected to do on the day, from the six weeks before it."""
    day = partition_day(context)
    detector = choose_detector(wattif_bigquery, wattif_detection)
    expected_readings = require_manifest(wattif_gcs, day).readings_per_hour
    local_time = wattif_simulation.local_time
    baseline = fit_baseline(wattif_bigquery, detector, day, expected_readings, local_time)
    return MaterializeResult(
        metadata={
            "dagster/partition_row_count": baseline.rows,
            "meters": baseline.meters,
            "history_days": baseline.history_days,
            "detector": detector.name,
            "keeps": detector.keeps,
        }
    )
