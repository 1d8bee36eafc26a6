"""Days that are missing between two that are there, or whose latest run failed."""

from collections.abc import Iterator
from datetime import date

import pytest
from dagster import (
    AssetCheckEvaluation,
    AssetCheckSeverity,
    AssetExecutionContext,
    AssetKey,
    AssetsDefinition,
    DagsterInstance,
    ExecuteInProcessResult,
    MaterializeResult,
    asset,
    materialize,
)
from wattif_dagster.assets.days import each_day

from wattif_dagster.daily_asset import COMMON
from wattif_dagster.definitions import ASSETS, build_defs
from wattif_dagster.defs.automation.gaps import NO_GAPS, find_gaps, no_gaps
from wattif_dagster.errors import UserError
from wattif_dagster_tests.support.runs import RANGE_END, RANGE_START, said

LANDED, ALERTS = AssetKey("landed"), AssetKey("alerts")


@pytest.fixture
def instance() -> Iterator[DagsterInstance]:
    with DagsterInstance.ephemeral() as made:
        yield made


def run(
    instance: DagsterInstance,
    first: int,
    last: int,
    failing: int | None = None,
    *keys: AssetKey,
) -> ExecuteInProcessResult:
    """Make days of January of both assets, or of those named; the first fails on one day."""

    def daily(key: AssetKey, deps: list[AssetKey]) -> AssetsDefinition:
        @asset(key=key, deps=deps, **COMMON)
        def made(context: AssetExecutionContext) -> MaterializeResult:
            def make(day: date) -> dict[str, int]:
                if key == LANDED and day.day == failing:
                    raise UserError("spoilt")
                return {}

            return each_day(context, make)

        return made

    return materialize(
        [daily(LANDED, []), daily(ALERTS, [LANDED]), no_gaps([LANDED, ALERTS])],
        selection=list(keys) or None,
        instance=instance,
        tags={RANGE_START: f"2024-01-{first:02}", RANGE_END: f"2024-01-{last:02}"},
        raise_on_error=False,
    )


def checks(result: ExecuteInProcessResult) -> dict[AssetKey, AssetCheckEvaluation]:
    """By asset."""
    return {check.asset_key: check for check in result.get_asset_check_evaluations()}


def test_days_without_a_gap_pass(instance: DagsterInstance):
    found = checks(run(instance, 3, 5))
    assert found.keys() == {LANDED, ALERTS}
    for check in found.values():
        assert check.passed
        assert said(check) == {
            "missing": [],
            "failed": [],
            "first": "2024-01-03",
            "last": "2024-01-05",
            "mend": [],
        }


def test_a_gap_warns_and_says_what_makes_its_days(instance: DagsterInstance):
    run(instance, 1, 2)
    run(instance, 5, 5)
    result = run(instance, 7, 7)
    check = checks(result)[LANDED]
    assert result.success
    assert not check.passed
    assert check.severity is AssetCheckSeverity.WARN
    assert said(check)["missing"] == ["2024-01-03...2024-01-04", "2024-01-06"]
    assert said(check)["mend"] == ["wattif backfill --start 2024-01-03 --end 2024-01-06"]
    assert checks(run(instance, 3, 6))[LANDED].passed


def test_each_asset_is_looked_at_by_itself(instance: DagsterInstance):
    run(instance, 1, 5, None, LANDED)
    run(instance, 1, 1, None, ALERTS)
    found = checks(run(instance, 4, 4, None, ALERTS))
    assert found.keys() == {ALERTS}
    assert said(found[ALERTS])["missing"] == ["2024-01-02...2024-01-03"]
    found = checks(run(instance, 5, 5))
    assert (found[LANDED].passed, found[ALERTS].passed) == (True, False)


def test_failed_days_are_named_also_where_they_were_made_before(instance: DagsterInstance):
    run(instance, 1, 4)
    assert not run(instance, 3, 3, 3).success
    assert not run(instance, 8, 9, 9).success
    found = checks(run(instance, 1, 1))
    assert said(found[LANDED])["missing"] == ["2024-01-05...2024-01-07"]
    assert said(found[LANDED])["failed"] == ["2024-01-03", "2024-01-09"]
    assert said(found[LANDED])["last"] == "2024-01-08"
    assert said(found[LANDED])["mend"] == [
        "wattif backfill --start 2024-01-05 --end 2024-01-07",
        "wattif retry --all-failed",
    ]
    assert said(found[ALERTS])["failed"] == ["2024-01-03", "2024-01-08...2024-01-09"]


def test_what_failed_is_seen_where_no_day_was_ever_made(instance: DagsterInstance):
    assert not run(instance, 1, 2, 1).success
    check = find_gaps(instance, ALERTS)
    assert not check.passed
    assert check.metadata["failed"].value == ["2024-01-01...2024-01-02"]
    assert check.metadata["mend"].value == ["wattif retry --all-failed"]


def test_days_that_a_run_is_making_are_not_missing(instance: DagsterInstance):
    found: list[object] = []

    @asset(key=LANDED, **COMMON)
    def landed(context: AssetExecutionContext) -> MaterializeResult:
        def make(day: date) -> dict[str, int]:
            if day == date(2024, 1, 3):
                found.append(find_gaps(instance, LANDED).metadata["missing"].value)
            return {}

        return each_day(context, make)

    for day in ("2024-01-01", "2024-01-05", "2024-01-03"):
        assert materialize([landed], instance=instance, partition_key=day).success
    assert found == [["2024-01-02", "2024-01-04"]]


def test_every_daily_asset_is_checked():
    every = build_defs().resolve_asset_graph().asset_check_keys
    assert {key.asset_key for key in every if key.name == NO_GAPS} == {made.key for made in ASSETS}
