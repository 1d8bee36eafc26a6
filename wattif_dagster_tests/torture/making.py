"""Makes days by the calls that the assets make, without Dagster."""

from datetime import date

from wattif_dagster.resources.build import build_resources
from wattif_dagster.settings import Settings
from wattif_dagster_tests.support.whole_day import make_whole_day


def make_by_calls(settings: Settings, days: list[date]) -> None:
    """Make the days up to their roll-up."""
    resources = build_resources(settings)
    for day in days:
        make_whole_day(resources, day, resources["wattif_ingest"].spool_dir)
