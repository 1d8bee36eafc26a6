"""A day that is in the bucket and in all tables that are reconciled."""

from datetime import date

from wattif_dagster import schemas
from wattif_dagster.defs.hourly_consumption.asset import roll_up
from wattif_dagster.defs.meter_readings.load import load_readings
from wattif_dagster.ingest.landing import Landing
from wattif_dagster.ingest.layout import registry_rows_name
from wattif_dagster.ingest.pipeline import land_day
from wattif_dagster.ingest.registry import land_registry
from wattif_dagster.resources.build import Resources
from wattif_dagster.settings.ingest import IngestOptions


def make_whole_day(resources: Resources, day: date, spool_dir: str) -> None:
    """Land registry, readings and labels of the day, two meters an object; load; roll up."""
    gcs, bigquery = resources["wattif_gcs"], resources["wattif_bigquery"]
    simulation = resources["wattif_simulation"]
    serials = land_registry(gcs, simulation, day).serials
    options = IngestOptions(spool_dir=spool_dir, meters_per_object=2)
    manifest = land_day(gcs, Landing(simulation, day, serials, options)).manifest
    load_readings(gcs, bigquery, manifest)
    for table, name in (
        (schemas.METER_REGISTRY, registry_rows_name(day)),
        (schemas.INJECTED_ANOMALIES, manifest.beside.name),
    ):
        bigquery.load_partition(table, day, [f"{gcs.uri}/{name}"], "v")
    roll_up(bigquery, manifest)
