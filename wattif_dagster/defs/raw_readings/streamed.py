"""raw_readings of streamed days: `wattif stream` has landed them, and they are checked here."""

from datetime import date
from typing import Any

from wattif_dagster.errors import UserError
from wattif_dagster.ingest.layout import day_prefix
from wattif_dagster.ingest.manifest import Manifest, read_manifest
from wattif_dagster.metering.simulation import Simulation
from wattif_dagster.resources.gcs import GcsTransferManager


def find_streamed(gcs: GcsTransferManager, simulation: Simulation, day: date) -> Manifest | None:
    """Find the manifest of a day that was streamed with these settings.

    Raises UserError where the bucket does not hold what it lists.
    """
    manifest = read_manifest(gcs, day)
    if manifest is None or not manifest.is_streamed:
        return None
    if manifest.fingerprint != simulation.fingerprint:
        return None
    if differences := manifest.differences(gcs.list(day_prefix(day))):
        raise UserError(
            f"The bucket does not hold what the manifest of {day} lists: {differences[0]}. "
            f"Land the day at once: `wattif generate --start {day} --end {day}`."
        )
    return manifest


def describe_streamed(gcs: GcsTransferManager, manifest: Manifest) -> dict[str, Any]:
    """Describe a streamed day as metadata."""
    return {
        "dagster/uri": f"{gcs.uri}/{day_prefix(manifest.day)}",
        "dagster/partition_row_count": manifest.total_rows,
        "meters": manifest.meters,
        "objects": len(manifest.objects),
        "megabytes": round(manifest.total_bytes / 1e6, 3),
        "fingerprint": manifest.fingerprint,
        "streamed": True,
    }
