"""What runs report about a landed day: lines of the log, and metadata."""

from collections.abc import Callable
from typing import Any

from dagster import AssetExecutionContext, MetadataValue

from wattif_dagster.ingest.layout import day_prefix
from wattif_dagster.ingest.monitor import Progress
from wattif_dagster.ingest.pipeline import DayReport
from wattif_dagster.resources.gcs import GcsTransferManager


def log_progress(context: AssetExecutionContext) -> Callable[[Progress], None]:
    """Make a function that writes progress to the run's log."""

    def log(progress: Progress) -> None:
        context.log.info(
            f"{progress.objects} of {progress.objects_total} objects, {progress.rows:,} rows, "
            f"{progress.bytes / 1e6:,.1f} MB"
        )

    return log


def describe_day(gcs: GcsTransferManager, report: DayReport) -> dict[str, Any]:
    """Describe a landed day as metadata."""
    manifest = report.manifest
    metadata: dict[str, Any] = {
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
