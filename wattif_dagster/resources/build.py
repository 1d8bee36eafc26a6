"""Settings to resources: the only place where the two meet."""

from typing import TypedDict

from wattif_dagster.resources.bigquery import BigQueryWarehouse
from wattif_dagster.resources.cloud import GoogleCloud
from wattif_dagster.resources.dataplex import DataplexScans
from wattif_dagster.resources.gcs import GcsTransferManager
from wattif_dagster.resources.options import (
    AlertResource,
    DetectionResource,
    IngestResource,
    ScanResource,
    SimulationResource,
)
from wattif_dagster.settings import Settings


class Resources(TypedDict):
    """The resources by the names the assets ask for."""

    cloud: GoogleCloud
    simulation: SimulationResource
    ingest: IngestResource
    detection: DetectionResource
    scan: ScanResource
    alerts: AlertResource
    gcs: GcsTransferManager
    bigquery: BigQueryWarehouse
    scans: DataplexScans


def build_resources(settings: Settings) -> Resources:
    """The resources of these settings. Connects to nothing yet."""
    cloud = GoogleCloud(
        target=settings.target,
        project=settings.project,
        endpoints_file=str(settings.endpoints_file),
        auth=settings.auth,
        key_file=str(settings.key_file) if settings.key_file else None,
        impersonate=settings.impersonate,
    )
    ingest = settings.ingest
    if "spool_dir" not in ingest.model_fields_set:
        ingest = ingest.model_copy(update={"spool_dir": str(settings.home / "spool")})
    return {
        "cloud": cloud,
        "simulation": SimulationResource(**settings.simulation.model_dump()),
        "ingest": IngestResource(**ingest.model_dump()),
        "detection": DetectionResource(**settings.detection.model_dump()),
        "scan": ScanResource(**settings.scan.model_dump()),
        "alerts": AlertResource(**settings.alerts.rule.model_dump()),
        "gcs": GcsTransferManager(
            cloud=cloud,
            bucket=settings.bucket,
            upload_workers=ingest.upload_workers,
            connections=ingest.connections,
        ),
        "bigquery": BigQueryWarehouse(
            cloud=cloud,
            dataset=settings.dataset,
            location=settings.bigquery_location,
            readings_type=settings.table_type,
        ),
        "scans": DataplexScans(cloud=cloud, location=settings.location),
    }
