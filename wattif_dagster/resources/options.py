"""The options of the domain as Dagster resources, with the fields that `settings/` defines."""

from dagster import ConfigurableResource

from wattif_dagster.metering.simulation import Simulation
from wattif_dagster.settings.alerts import AlertRule
from wattif_dagster.settings.detection import DetectionOptions
from wattif_dagster.settings.ingest import IngestOptions
from wattif_dagster.settings.scan import ScanOptions


class SimulationResource(Simulation, ConfigurableResource):
    """The fleet. All assets share it, so that runs without config are consistent."""


class IngestResource(IngestOptions, ConfigurableResource):
    """How days are landed: object sizes, processes and limits."""


class DetectionResource(DetectionOptions, ConfigurableResource):
    """Which detector scores the meters."""


class ScanResource(ScanOptions, ConfigurableResource):
    """What the scans check, and who is mailed their reports."""


class AlertResource(AlertRule, ConfigurableResource):
    """When anomalous days of a meter are an alert."""
