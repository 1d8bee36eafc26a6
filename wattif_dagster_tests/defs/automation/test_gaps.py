"""Days that are missing between two that are made, or whose latest run failed."""

from datetime import UTC, date, datetime

import pytest
from dagster import AssetCheckSeverity, AssetKey, DagsterInstance, Definitions

from wattif_dagster.backfill.plan import DayPlan
from wattif_dagster.daily_asset import find_daily_assets
from wattif_dagster.definitions import build_defs
from wattif_dagster.defs.automation.gaps import (
    GAP_CHECKS,
    build_gaps,
    find_gaps,
    find_latest_day,
)
from wattif_dagster.errors import UserError
from wattif_dagster_tests.support.tiny import FIRST, SECOND, Tiny


@pytest.fixture
def tiny(instance: DagsterInstance, tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    return Tiny(instance, tmp_path_factory.mktemp("dagster"))


def run(tiny: Tiny, *days: int, failing: bool = False, keys: tuple = (FIRST, SECOND)) -> None:
    """Make these days of January, one run each; `failing` runs fail in the first asset."""

    def make(key: AssetKey, _day: date) -> None:
        if failing and key == FIRST:
            raise UserError("This day fails.")

    tiny.make = make
    for number in days:
        tiny.run(DayPlan(date(2024, 1, number), keys))


def check(tiny: Tiny, key: AssetKey) -> tuple[bool, dict[str, object]]:
    """Whether the check passes, and its metadata."""
    found = find_gaps(tiny.instance, key)
    assert found.severity is AssetCheckSeverity.WARN
    return found.passed, {name: value.value for name, value in found.metadata.items()}


def test_days_without_a_gap_pass(tiny: Tiny):
    run(tiny, 3, 4, 5)
    for key in (FIRST, SECOND):
        passed, metadata = check(tiny, key)
        assert passed
        assert metadata == {
            "missing": [],
            "failed": [],
            "first": "2024-01-03",
            "last": "2024-01-05",
            "fix": [],
        }


def test_gap_warns_and_names_the_command_that_fixes_it(tiny: Tiny):
    run(tiny, 1, 2, 5, 7)
    passed, metadata = check(tiny, FIRST)
    assert not passed
    assert metadata["missing"] == ["2024-01-03...2024-01-04", "2024-01-06"]
    assert metadata["fix"] == ["wattif backfill --start 2024-01-03 --end 2024-01-06"]
    run(tiny, 3, 4, 6)
    assert check(tiny, FIRST)[0]


def test_each_asset_is_checked_by_itself(tiny: Tiny):
    run(tiny, 1, 2, 3, 4, keys=(FIRST,))
    run(tiny, 1, 4, keys=(SECOND,))
    assert check(tiny, FIRST)[0]
    passed, metadata = check(tiny, SECOND)
    assert not passed
    assert metadata["missing"] == ["2024-01-02...2024-01-03"]


def test_failed_days_are_named_even_if_made_before(tiny: Tiny):
    run(tiny, 1, 2, 3, 4, 8)
    run(tiny, 3, 9, failing=True)
    _, metadata = check(tiny, FIRST)
    assert metadata["missing"] == ["2024-01-05...2024-01-07"]
    assert metadata["failed"] == ["2024-01-03", "2024-01-09"]
    assert metadata["last"] == "2024-01-08"
    assert metadata["fix"] == ["wattif backfill --start 2024-01-03 --end 2024-01-09"]
    _, metadata = check(tiny, SECOND)
    assert metadata["failed"] == ["2024-01-03", "2024-01-09"]


def test_failed_days_are_named_where_no_day_was_made(tiny: Tiny):
    run(tiny, 1, 2, failing=True)
    passed, metadata = check(tiny, SECOND)
    assert not passed
    assert metadata["failed"] == ["2024-01-01...2024-01-02"]
    assert metadata["fix"] == ["wattif backfill --start 2024-01-01 --end 2024-01-02"]


def test_days_of_an_unfinished_run_are_not_missing(tiny: Tiny):
    run(tiny, 1, 5)
    found: list[object] = []

    def make(_key: AssetKey, _day: date) -> None:
        found.append(check(tiny, FIRST)[1]["missing"])

    tiny.make = make
    tiny.run(DayPlan(date(2024, 1, 3), (FIRST,)))
    assert found == [["2024-01-02", "2024-01-04"]]


def test_check_runs_for_the_selected_assets_only(tiny: Tiny):
    run(tiny, 1, 3, keys=(FIRST,))
    defs = Definitions.merge(Definitions(assets=tiny.runner.graph.definitions), build_gaps([FIRST]))
    result = defs.resolve_job_def("gaps").execute_in_process(
        instance=tiny.instance, resources={"wattif_stop": tiny.stop}
    )
    evaluations = result.get_asset_check_evaluations()
    assert {each.asset_key for each in evaluations} == {FIRST}
    assert {each.check_name for each in evaluations} == set(GAP_CHECKS)
    assert not any(each.passed for each in evaluations)


@pytest.mark.parametrize("name", GAP_CHECKS)
def test_every_daily_asset_has_the_check(name: str):
    defs = build_defs()
    checks = defs.resolve_asset_graph().asset_check_keys
    assert {key.asset_key for key in checks if key.name == name} == set(find_daily_assets(defs))


@pytest.mark.parametrize(
    ("now", "due", "passed"),
    [
        (datetime(2024, 1, 6, 5, 59, tzinfo=UTC), "2024-01-04", True),
        (datetime(2024, 1, 6, 6, 0, tzinfo=UTC), "2024-01-05", True),
        (datetime(2024, 1, 7, 5, 59, tzinfo=UTC), "2024-01-05", True),
        (datetime(2024, 1, 7, 6, 0, tzinfo=UTC), "2024-01-06", False),
    ],
)
def test_latest_day_is_due_in_the_morning(tiny: Tiny, now: datetime, due: str, passed: bool):
    run(tiny, 4, 5)
    found = find_latest_day(tiny.instance, FIRST, now)
    assert found.passed is passed
    assert found.severity is AssetCheckSeverity.WARN
    assert {name: value.value for name, value in found.metadata.items()} == {
        "due": due,
        "last": "2024-01-05",
        "fix": [] if passed else [f"wattif backfill --start {due} --end {due}"],
    }


def test_no_day_is_due_before_the_first_is_made(tiny: Tiny):
    assert find_latest_day(tiny.instance, FIRST, datetime.now(UTC)).passed
