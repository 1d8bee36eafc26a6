"""Days that are missing between two that are there, or whose latest run failed."""

from collections.abc import Iterator
from datetime import date

import pytest
from dagster import (
    AssetCheckSeverity,
    AssetExecutionContext,
    DagsterInstance,
    ExecuteInProcessResult,
    MaterializeResult,
    asset,
    materialize,
)

from wattif_dagster.assets.common import COMMON
from wattif_dagster.assets.days import each_day
from wattif_dagster.checks.gaps import NO_GAPS, no_gaps
from wattif_dagster.definitions import build_defs
from wattif_dagster.errors import UserError
from wattif_dagster.keys import ANOMALY_SCORES, RAW_READINGS
from wattif_dagster_tests.assets.runs import RANGE_END, RANGE_START, evaluations, said


@pytest.fixture
def instance() -> Iterator[DagsterInstance]:
    with DagsterInstance.ephemeral() as made:
        yield made


def run(
    instance: DagsterInstance, first: int, last: int, failing: int | None = None
) -> ExecuteInProcessResult:
    @asset(key=RAW_READINGS, **COMMON)
    def readings(context: AssetExecutionContext) -> MaterializeResult:
        def make(day: date) -> dict[str, int]:
            if day.day == failing:
                raise UserError("spoilt")
            return {}

        return each_day(context, make)

    tags = {RANGE_START: f"2024-01-{first:02}", RANGE_END: f"2024-01-{last:02}"}
    return materialize(
        [readings, no_gaps(RAW_READINGS)], instance=instance, tags=tags, raise_on_error=False
    )


def test_days_without_a_gap_pass(instance: DagsterInstance):
    check = evaluations(run(instance, 3, 5))[NO_GAPS]
    assert check.passed
    assert said(check) == {
        "missing": [],
        "failed": [],
        "first": "2024-01-03",
        "last": "2024-01-05",
    }


def test_a_gap_warns_and_says_what_makes_its_days(instance: DagsterInstance):
    run(instance, 1, 2)
    run(instance, 5, 5)
    result = run(instance, 7, 7)
    check = evaluations(result)[NO_GAPS]
    assert result.success
    assert not check.passed
    assert check.severity is AssetCheckSeverity.WARN
    assert said(check)["missing"] == ["2024-01-03...2024-01-04", "2024-01-06"]
    assert said(check)["mend"] == "wattif backfill --start 2024-01-03 --end 2024-01-06"
    assert evaluations(run(instance, 3, 6))[NO_GAPS].passed


def test_failed_days_are_named_also_where_they_were_made_before(instance: DagsterInstance):
    run(instance, 1, 4)
    assert not run(instance, 3, 3, failing=3).success
    assert not run(instance, 8, 9, failing=9).success
    check = evaluations(run(instance, 1, 1))[NO_GAPS]
    assert said(check)["missing"] == ["2024-01-05...2024-01-07"]
    assert said(check)["failed"] == ["2024-01-03", "2024-01-09"]
    assert said(check)["last"] == "2024-01-08"


def test_what_lands_and_what_ends_the_chain_is_checked():
    every = build_defs().resolve_asset_graph().asset_check_keys
    assert {key.asset_key for key in every if key.name == NO_GAPS} == {RAW_READINGS, ANOMALY_SCORES}
