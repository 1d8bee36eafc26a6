"""The readings of a day in BigQuery: exactly the objects its manifest lists."""

import hashlib
from collections.abc import Iterable
from datetime import date

from wattif_dagster import schemas
from wattif_dagster.errors import UserError
from wattif_dagster.ingest.layout import day_prefix, extension, readings_name
from wattif_dagster.ingest.manifest import Manifest, read_manifest
from wattif_dagster.ingest.store import StoredObject
from wattif_dagster.resources.bigquery import BigQueryWarehouse
from wattif_dagster.resources.bigquery_tables import in_folder, of_day
from wattif_dagster.resources.gcs import GcsTransferManager

MAX_URIS = 10_000
"""Source URIs of a BigQuery load job."""


def load_readings(gcs: GcsTransferManager, bigquery: BigQueryWarehouse, day: date) -> int:
    """Bring the day's readings into BigQuery; rows.

    Raises UserError when the day was not landed or the bucket disagrees with its manifest.
    """
    manifest = require_manifest(gcs, day)
    external = bigquery.readings_type == "external"
    uris = source_uris(gcs.bucket, manifest, gcs.list(day_prefix(day)), alone=external)
    if external:
        bigquery.ensure_external(
            schemas.METER_READINGS, gcs.bucket, extension(manifest.compression)
        )
        counted = bigquery.row(
            f"SELECT COUNT(*) AS n FROM {bigquery.quoted(schemas.METER_READINGS)} "
            f"WHERE {readings_of(bigquery, day)}"
        )
        return int(counted["n"])
    return bigquery.load_partition(schemas.METER_READINGS, day, uris, version(manifest))


def readings_of(bigquery: BigQueryWarehouse, day: date) -> str:
    """The SQL condition that confines a query of `meter_readings` to what was brought for a day."""
    if bigquery.readings_type == "external":
        return in_folder(day)
    return of_day(schemas.METER_READINGS, day)


def require_manifest(gcs: GcsTransferManager, day: date) -> Manifest:
    """The day's manifest. Raises UserError when the day was not landed."""
    manifest = read_manifest(gcs, day)
    if manifest is None:
        raise UserError(f"{day} has no manifest in {gcs.uri}; materialize raw_readings of it first")
    return manifest


def source_uris(
    bucket: str, manifest: Manifest, stored: Iterable[StoredObject], *, alone: bool = False
) -> list[str]:
    """URIs that stand for exactly the manifest's objects.

    Raises UserError when the bucket holds anything else for the day; the objects of another landing
    are let be unless the day has to be `alone`, as for an external table, which reads whatever is
    in the day's folder. Past 10,000 objects it is one wildcard, of the names of this landing: right
    only because the listing was compared.
    """
    different = manifest.differences(stored, alone=alone)
    if different:
        more = f" and {len(different) - 1} more" if len(different) > 1 else ""
        raise UserError(
            f"the bucket does not hold what the manifest of {manifest.day} lists: "
            f"{different[0]}{more}; materialize raw_readings of that day again"
        )
    if len(manifest.objects) > MAX_URIS:
        every = readings_name(manifest.day, "*", manifest.landing, manifest.compression)
        return [f"gs://{bucket}/{every}"]
    return [f"gs://{bucket}/{item.name}" for item in manifest.objects]


def version(manifest: Manifest) -> str:
    """12 hex digits that name the manifest's content."""
    return hashlib.sha256(manifest.dumps()).hexdigest()[:12]
