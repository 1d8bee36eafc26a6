"""The domain's settings as Dagster resources: the same fields, said there."""

from dagster import ConfigurableResource

from wattif_dagster.detection.alert_options import AlertOptions
from wattif_dagster.detection.detection_options import DetectionOptions
from wattif_dagster.detection.scan_options import ScanOptions
from wattif_dagster.ingest.options import IngestOptions
from wattif_dagster.metering.simulation import Simulation


class SimulationResource(Simulation, ConfigurableResource):
    """Shared by all assets, so that a backfill launched without config is consistent."""


class IngestResource(IngestOptions, ConfigurableResource):
    """How days are landed."""


class DetectionResource(DetectionOptions, ConfigurableResource):
    """Which detector judges the meters."""


class ScanResource(ScanOptions, ConfigurableResource):
    """What the scans ask, and whom they tell."""


class AlertResource(AlertOptions, ConfigurableResource):
    """When a meter's anomalous days are an alert."""
