"""Makes days by the calls that the assets make, without Dagster."""

from datetime import date

from wattif_dagster.resources.build import Resources
from wattif_dagster_tests.support.whole_day import bring


def make_by_calls(resources: Resources, days: list[date]) -> None:
    """Make the days up to their roll-up."""
    for day in days:
        bring(resources, day, resources["wattif_ingest"].spool_dir)
