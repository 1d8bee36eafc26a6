"""Which steps run on which day, in which local time."""

from datetime import date, timedelta

import pytest

from wattif_dagster import schemas
from wattif_dagster.detection.layered.queries import HISTORY_DAYS, LOOKBACK_DAYS
from wattif_dagster.detection.steps import Step
from wattif_dagster.local_time import LocalTime
from wattif_dagster.scoring import days
from wattif_dagster.scoring.days import needed_days, score_days
from wattif_dagster_tests.support.warehouse import Warehouse

FIRST = date(2024, 1, 1)
ALL = [FIRST + timedelta(days=n) for n in range(150)]
SINCE = ALL[120]


@pytest.fixture
def run(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> dict[date, list[Step]]:
    """The steps of each day, none of which runs."""
    steps: dict[date, list[Step]] = {}
    monkeypatch.setattr(days, "run_steps", lambda _, day, its: steps.update({day: its}))
    needed = needed_days(ALL, SINCE)
    local = LocalTime("Asia/Kolkata")
    assert list(score_days(warehouse.bigquery, needed, SINCE, 4, local)) == needed
    return steps


def test_days_before_a_scored_one_have_what_it_needs(run: dict[date, list[Step]]):
    tables = {day: {step.table for step in steps} for day, steps in run.items()}
    assert min(run) == SINCE - timedelta(days=LOOKBACK_DAYS + HISTORY_DAYS)
    assert all(schemas.METER_DAYS in its for its in tables.values())
    first = SINCE - timedelta(days=LOOKBACK_DAYS)
    for table, begin in ((schemas.CONSUMPTION_DEVIATIONS, first), (schemas.ANOMALY_SCORES, SINCE)):
        assert [day for day in run if table in tables[day]] == [day for day in run if day >= begin]


def test_hours_of_the_day_are_local(run: dict[date, list[Step]]):
    baseline = next(
        step for step in run[SINCE] if step.table.name.startswith("baseline_fit")
    ).select
    assert "60 * hour + 330" in baseline
