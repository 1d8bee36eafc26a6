"""Makes days by a run of Dagster, checks included."""

from datetime import date

from dagster import DagsterInstance

from wattif_dagster import keys
from wattif_dagster.resources.build import Resources
from wattif_dagster_tests.support.runs import failures, run_days

MADE = [
    keys.METER_REGISTRY,
    keys.RAW_READINGS,
    keys.INJECTED_ANOMALIES,
    keys.METER_READINGS,
    keys.HOURLY_CONSUMPTION,
]


def make_by_runs(resources: Resources, days: list[date]) -> None:
    """Make the days up to their roll-up."""
    with DagsterInstance.ephemeral() as instance:
        result = run_days(resources, instance, MADE, days[0], days[-1])
    if not result.success:
        raise SystemExit(str(failures(result)))
