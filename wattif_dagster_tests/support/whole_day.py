"""A day brought to every station that is verified."""

from datetime import date

from wattif_dagster.warehouse.rollup import hourly_consumption_sql

from wattif_dagster import schemas
from wattif_dagster.defs.meter_readings.load import load_readings
from wattif_dagster.ingest.layout import registry_rows_name
from wattif_dagster.ingest.pipeline import land_day
from wattif_dagster.ingest.registry import land_registry
from wattif_dagster.resources.build import Resources
from wattif_dagster.settings.ingest import IngestOptions


def bring(resources: Resources, day: date, spool_dir: str) -> None:
    """Land registry, readings and labels of the day, two meters an object; load; roll up."""
    gcs, bigquery, simulation = resources["wattif_gcs"], resources["wattif_bigquery"], resources["wattif_simulation"]
    fleet = land_registry(gcs, simulation, day)
    options = IngestOptions(spool_dir=spool_dir, meters_per_object=2)
    manifest = land_day(gcs, simulation, day, fleet.serials, options).manifest
    load_readings(gcs, bigquery, day)
    for table, name in (
        (schemas.METER_REGISTRY, registry_rows_name(day)),
        (schemas.INJECTED_ANOMALIES, manifest.labels.name),
    ):
        bigquery.load_partition(table, day, [f"{gcs.uri}/{name}"], "v")
    roll_up = hourly_consumption_sql(bigquery, day, simulation.interval_seconds)
    bigquery.replace_partition(schemas.HOURLY_CONSUMPTION, day, roll_up)
