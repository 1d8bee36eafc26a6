"""raw_readings of imported days: `wattif import` has landed them, and they are checked here."""

from dagster import AssetExecutionContext, DataVersion, MaterializeResult

from wattif_dagster.errors import UserError
from wattif_dagster.ingest.fleet import claim_bucket_for_imports
from wattif_dagster.ingest.imported import require_imported
from wattif_dagster.ingest.layout import day_prefix
from wattif_dagster.ingest.store import crc32c, encode_crc32c
from wattif_dagster.partitions import partition_day
from wattif_dagster.resources.gcs import GcsTransferManager


def check_imported(
    context: AssetExecutionContext, wattif_gcs: GcsTransferManager
) -> MaterializeResult:
    """The day's readings as NDJSON objects under `dt=DAY/`, which `wattif import` landed."""
    day = partition_day(context)
    claim_bucket_for_imports(wattif_gcs)
    manifest = require_imported(wattif_gcs, day)
    assert manifest.imported is not None
    if differences := manifest.differences(wattif_gcs.list(day_prefix(day))):
        raise UserError(
            f"The bucket does not hold what the manifest of {day} lists: {differences[0]}. "
            "Import the readings of that day again."
        )
    return MaterializeResult(
        metadata={
            "dagster/uri": f"{wattif_gcs.uri}/{day_prefix(day)}",
            "dagster/partition_row_count": manifest.total_rows,
            "meters": manifest.meters,
            "objects": len(manifest.objects),
            "interval_seconds": manifest.interval_seconds,
            "import_report": f"{wattif_gcs.uri}/{manifest.imported.report}",
            "rows_rejected_by_import": manifest.imported.rejected,
        },
        data_version=DataVersion(encode_crc32c(crc32c(manifest.dumps()))),
    )
