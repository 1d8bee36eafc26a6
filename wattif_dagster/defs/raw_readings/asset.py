"""raw_readings: the day's NDJSON in Cloud Storage, listed by its manifest."""

import threading

from dagster import (
    AssetExecutionContext,
    Definitions,
    MaterializeResult,
    ResourceParam,
    definitions,
)

from wattif_dagster import keys, schemas
from wattif_dagster.daily_asset import build_context, daily_asset, describe_columns
from wattif_dagster.defs.raw_readings.imported import check_imported
from wattif_dagster.defs.raw_readings.report import describe_day, log_progress
from wattif_dagster.defs.raw_readings.sharded import build_sharded_asset
from wattif_dagster.defs.raw_readings.streamed import describe_streamed, find_streamed
from wattif_dagster.ingest.fleet import claim_bucket
from wattif_dagster.ingest.landing import RENDERING_VERSION, Landing
from wattif_dagster.ingest.monitor import Monitor
from wattif_dagster.ingest.pipeline import land_day
from wattif_dagster.ingest.registry import read_fleet
from wattif_dagster.partitions import partition_day
from wattif_dagster.resources.gcs import GcsTransferManager
from wattif_dagster.resources.options import IngestResource, SimulationResource


def land_readings(
    context: AssetExecutionContext,
    wattif_simulation: SimulationResource,
    wattif_ingest: IngestResource,
    wattif_gcs: GcsTransferManager,
    wattif_stop: ResourceParam[threading.Event],
) -> MaterializeResult:
    """A reading for every meter and interval of the day, as NDJSON objects under `dt=DAY/`.

    A day that `wattif stream` landed is checked and left as it is.
    """
    day = partition_day(context)
    claim_bucket(wattif_gcs, wattif_simulation)
    serials = read_fleet(wattif_gcs, wattif_simulation, day).serials
    if manifest := find_streamed(wattif_gcs, wattif_simulation, day):
        return MaterializeResult(metadata=describe_streamed(wattif_gcs, manifest))
    landing = Landing(wattif_simulation, day, serials, wattif_ingest)
    monitor = Monitor(log_progress(context), wattif_stop)
    return MaterializeResult(
        metadata=describe_day(wattif_gcs, land_day(wattif_gcs, landing, monitor))
    )


@definitions
def raw_readings() -> Definitions:
    """Build the asset as one step, or with a step for each shard where the settings have shards.

    Imported days have one step, which lands nothing.
    """
    context = build_context()
    imported = context.settings.source.is_imported
    build = daily_asset(
        keys.RAW_READINGS,
        deps=[keys.METER_REGISTRY],
        group="landing",
        kinds={"gcs", "json"},
        code_version=RENDERING_VERSION,
        metadata={"dagster/column_schema": describe_columns(schemas.METER_READINGS)},
    )(check_imported if imported else land_readings)
    sharded = context.settings.ingest.shards > 1 and not imported
    return build_sharded_asset(build(), context) if sharded else build()
