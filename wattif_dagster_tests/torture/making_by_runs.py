"""Makes days by runs of Dagster, checks included, as `wattif backfill` does."""

from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from dagster import DagsterInstance, DagsterRunStatus

from wattif_dagster import keys
from wattif_dagster.backfill.execute import DayRunner
from wattif_dagster.backfill.plan import DayPlan
from wattif_dagster.backfill.runs import describe_failure
from wattif_dagster.definitions import build_defs
from wattif_dagster.settings import Settings

MADE = (
    keys.METER_REGISTRY,
    keys.RAW_READINGS,
    keys.INJECTED_ANOMALIES,
    keys.METER_READINGS,
    keys.HOURLY_CONSUMPTION,
)


def make_by_runs(settings: Settings, days: list[date]) -> None:
    """Make the days up to their roll-up."""
    with TemporaryDirectory() as home, DagsterInstance.ephemeral() as instance:
        runner = DayRunner(instance, Path(home), build_defs(settings))
        for day in days:
            run = runner.run(DayPlan(day, MADE))
            if run.status is not DagsterRunStatus.SUCCESS:
                raise SystemExit(str(describe_failure(instance, run)))
