"""raw_readings: the day's NDJSON in Cloud Storage, listed by its manifest."""

from collections.abc import Callable
from datetime import date

from dagster import AssetExecutionContext, MaterializeResult, MetadataValue, asset

from wattif_dagster import keys, schemas
from wattif_dagster.assets.common import INDEPENDENT, column_schema
from wattif_dagster.assets.days import DayMetadata, each_day, end_if_cancelled
from wattif_dagster.ingest.layout import day_prefix
from wattif_dagster.ingest.objects import RENDERING_VERSION
from wattif_dagster.ingest.pipeline import DayReport, land_day
from wattif_dagster.ingest.progress import Progress
from wattif_dagster.ingest.registry import read_fleet
from wattif_dagster.resources.gcs import GcsTransferManager
from wattif_dagster.resources.options import IngestResource, SimulationResource


@asset(
    key=keys.RAW_READINGS,
    deps=[keys.METER_REGISTRY],
    group_name="landing",
    kinds={"gcs", "json"},
    code_version=RENDERING_VERSION,
    metadata={"dagster/column_schema": column_schema(schemas.METER_READINGS)},
    **INDEPENDENT,
)
def raw_readings(
    context: AssetExecutionContext,
    simulation: SimulationResource,
    ingest: IngestResource,
    gcs: GcsTransferManager,
) -> MaterializeResult:
    """A reading for every meter and interval of the day, as NDJSON objects under `dt=DAY/`."""

    def make(day: date) -> DayMetadata:
        fleet = read_fleet(gcs, simulation, day)
        log = log_of(context)
        return metadata_of(gcs, land_day(gcs, simulation, day, fleet.serials, ingest, log))

    return each_day(context, make)


def log_of(context: AssetExecutionContext) -> Callable[[Progress], None]:
    """Writes progress to the run's log, and ends a run that is being cancelled."""

    def log(progress: Progress) -> None:
        end_if_cancelled(context)
        context.log.info(
            f"{progress.objects} of {progress.objects_total} objects, {progress.rows:,} rows, "
            f"{progress.bytes / 1e6:,.1f} MB"
        )

    return log


def metadata_of(gcs: GcsTransferManager, report: DayReport) -> DayMetadata:
    """What is said of a landed day."""
    manifest = report.manifest
    metadata: dict[str, object] = {
        "dagster/uri": f"{gcs.uri}/{day_prefix(manifest.day)}",
        "dagster/partition_row_count": manifest.total_rows,
        "meters": manifest.meters,
        "objects": len(manifest.objects),
        "objects_kept": report.objects_kept,
        "objects_removed": report.objects_removed,
        "megabytes": round(manifest.total_bytes / 1e6, 3),
        "megabytes_per_second": round(report.megabytes_per_second, 1),
        "spool_high_water_bytes": report.spool_high_water,
        "fingerprint": manifest.fingerprint,
    }
    if manifest.incident:
        metadata["incident"] = MetadataValue.json(manifest.model_dump(mode="json")["incident"])
    return metadata
