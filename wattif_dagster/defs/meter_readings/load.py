"""Loads the readings of a day into BigQuery: exactly the objects that its manifest lists."""

from collections.abc import Iterable

from wattif_dagster import schemas
from wattif_dagster.errors import UserError
from wattif_dagster.ingest.layout import day_prefix, extension, readings_name
from wattif_dagster.ingest.manifest import Manifest
from wattif_dagster.ingest.store import StoredObject
from wattif_dagster.limits import MAX_URIS
from wattif_dagster.resources.bigquery import BigQueryWarehouse
from wattif_dagster.resources.gcs import GcsTransferManager


def load_readings(gcs: GcsTransferManager, bigquery: BigQueryWarehouse, manifest: Manifest) -> int:
    """Load the readings that the manifest lists into BigQuery; returns the number of rows.

    Raises UserError when the bucket does not hold what the manifest lists.
    """
    day = manifest.day
    external = bigquery.readings_type == "external"
    uris = list_source_uris(gcs.bucket, manifest, gcs.list(day_prefix(day)), alone=external)
    if external:
        bigquery.ensure_external(
            schemas.METER_READINGS, gcs.bucket, extension(manifest.compression)
        )
        return bigquery.count_rows(schemas.METER_READINGS, day)
    return bigquery.load_partition(schemas.METER_READINGS, day, uris, manifest.version_digest)


def list_source_uris(
    bucket: str, manifest: Manifest, stored: Iterable[StoredObject], *, alone: bool = False
) -> list[str]:
    """List the URIs of exactly the manifest's objects.

    Raises UserError when the bucket holds other objects of the day. Objects of another revision are
    allowed, unless the manifest's must be `alone`: an external table reads everything in the day's
    folder. More than 10,000 objects are listed as one wildcard of the revision's names, which
    matches exactly these because the listing was compared.
    """
    different = manifest.differences(stored, alone=alone)
    if different:
        more = f" and {len(different) - 1} more" if len(different) > 1 else ""
        raise UserError(
            f"The bucket does not hold what the manifest of {manifest.day} lists: "
            f"{different[0]}{more}. Materialize raw_readings of that day again."
        )
    if len(manifest.objects) > MAX_URIS:
        every = readings_name(manifest.day, "*", manifest.revision, manifest.compression)
        return [f"gs://{bucket}/{every}"]
    return [f"gs://{bucket}/{item.name}" for item in manifest.objects]
