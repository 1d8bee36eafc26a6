"""Builds the resources from settings. The assets name them by the keys below.

Each key begins with `wattif_`, so that they do not collide with the resources of another project.
"""

import threading
from collections.abc import Mapping
from difflib import get_close_matches
from typing import TypedDict, cast

from wattif_dagster.errors import UserError
from wattif_dagster.resources.bigquery import BigQueryWarehouse
from wattif_dagster.resources.bigquery_client import JOB_TIMEOUT_SECONDS, REQUEST_TIMEOUT_SECONDS
from wattif_dagster.resources.dataplex.scans import DataplexScans
from wattif_dagster.resources.gcs import GcsTransferManager
from wattif_dagster.resources.google_cloud import GoogleCloud
from wattif_dagster.resources.options import (
    AlertResource,
    DetectionResource,
    IngestResource,
    ScanResource,
    SimulationResource,
)
from wattif_dagster.settings import Settings

STOP = "wattif_stop"


class Resources(TypedDict):
    """The resources by key."""

    wattif_cloud: GoogleCloud
    wattif_gcs: GcsTransferManager
    wattif_bigquery: BigQueryWarehouse
    wattif_dataplex: DataplexScans
    wattif_simulation: SimulationResource
    wattif_ingest: IngestResource
    wattif_detection: DetectionResource
    wattif_scan_options: ScanResource
    wattif_alert_rule: AlertResource
    wattif_stop: threading.Event
    """Set it to cancel what runs in this process with these resources."""


def build_resources(settings: Settings) -> Resources:
    """Build the resources of these settings. Connects to nothing yet."""
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
    scan = settings.scan.with_ids(settings.dataset)
    return {
        "wattif_cloud": cloud,
        "wattif_gcs": GcsTransferManager(
            cloud=cloud,
            bucket=settings.bucket,
            location=settings.bigquery_location,  # elsewhere BigQuery could not load from it
            upload_workers=ingest.upload_workers,
            connections=ingest.connections,
        ),
        "wattif_bigquery": BigQueryWarehouse(
            cloud=cloud,
            dataset=settings.dataset,
            location=settings.bigquery_location,
            readings_type=settings.table_type,
            request_seconds=(
                JOB_TIMEOUT_SECONDS if settings.target == "local" else REQUEST_TIMEOUT_SECONDS
            ),
        ),
        "wattif_dataplex": DataplexScans(cloud=cloud, location=settings.location),
        "wattif_simulation": SimulationResource(**settings.simulation.model_dump()),
        "wattif_ingest": IngestResource(**ingest.model_dump()),
        "wattif_detection": DetectionResource(**settings.detection.model_dump()),
        "wattif_scan_options": ScanResource(**scan.model_dump()),
        "wattif_alert_rule": AlertResource(**settings.alerts.rule.model_dump()),
        "wattif_stop": threading.Event(),
    }


def override_resources(resources: Resources, overrides: Mapping[str, object]) -> Resources:
    """Replace resources by key. Raises UserError for an unknown key or a value of another type."""
    for key, value in overrides.items():
        if key not in resources:
            near = get_close_matches(key, resources, n=1)
            hint = f"Did you mean {near[0]}?" if near else f"The keys are {', '.join(resources)}."
            raise UserError(f"There is no resource {key}. {hint}")
        if not isinstance(value, expected := type(resources[key])):
            raise UserError(
                f"The resource {key} must be of the type {expected.__name__}, "
                f"not {type(value).__name__}."
            )
    return cast(Resources, {**resources, **overrides})
