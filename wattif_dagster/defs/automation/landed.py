"""The sensor of days that were landed outside of Dagster, by `wattif stream` or `wattif import`."""

from datetime import date

from dagster import (
    DefaultSensorStatus,
    Definitions,
    RunRequest,
    SensorEvaluationContext,
    SensorResult,
    SkipReason,
    definitions,
    sensor,
)

from wattif_dagster import keys
from wattif_dagster.daily_asset import build_context
from wattif_dagster.ingest.layout import MANIFESTS_FOLDER, manifest_name
from wattif_dagster.partitions import daily_partitions
from wattif_dagster.resources.gcs import GcsTransferManager

INTERVAL_SECONDS = 60
DAYS_LOOKED_AT = 31


@definitions
def landed_days() -> Definitions:
    """Build the sensor. It is stopped until you start it."""
    partitions = daily_partitions(build_context().settings.first_day)

    @sensor(
        name="landed_days",
        job_name="daily",
        minimum_interval_seconds=INTERVAL_SECONDS,
        default_status=DefaultSensorStatus.STOPPED,
        description="Makes each day of the last month whose manifest is in the bucket, and whose "
        "raw_readings no run has made.",
    )
    def evaluate(context: SensorEvaluationContext, wattif_gcs: GcsTransferManager) -> SensorResult:
        days = partitions.get_partition_keys()[-DAYS_LOOKED_AT:]
        made = context.instance.get_materialized_partitions(keys.RAW_READINGS)
        landed = {item.name: item.crc32c for item in wattif_gcs.list(MANIFESTS_FOLDER)}
        requests = [
            RunRequest(run_key=f"{day}:{landed[name]:08x}", partition_key=day)
            for day, name in ((day, manifest_name(date.fromisoformat(day))) for day in days)
            if name in landed and day not in made
        ]
        if not requests:
            return SensorResult(skip_reason=SkipReason("No landed day is waiting to be made."))
        return SensorResult(run_requests=requests)

    return Definitions(sensors=[evaluate])
