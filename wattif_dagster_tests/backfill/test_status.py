"""The status of partitions, as real runs leave it."""

from datetime import date

import pytest
from dagster import AssetKey, DagsterEventType, DagsterRunStatus

from wattif_dagster.backfill.plan import DayPlan
from wattif_dagster.backfill.status import PartitionStatus
from wattif_dagster.errors import UserError
from wattif_dagster_tests.support.tiny import DAYS, FIRST, SECOND, THIRD, Tiny

DAY = DAYS[0]


def read(tiny: Tiny, day: date = DAY) -> list[PartitionStatus]:
    """The statuses of the three assets on the day."""
    statuses = tiny.statuses()
    return [statuses.status(key, day) for key in (FIRST, SECOND, THIRD)]


def fail_on(bad: AssetKey, tiny: Tiny) -> None:
    def make(key: AssetKey, _day: date) -> None:
        if key == bad:
            raise UserError("The day is spoilt. Fix it.")

    tiny.make = make


def test_partition_without_a_run_is_missing(tiny: Tiny):
    assert read(tiny) == [PartitionStatus.MISSING] * 3


def test_partition_is_up_to_date_after_its_run(tiny: Tiny):
    tiny.run_all([DAY])
    assert read(tiny) == [PartitionStatus.UP_TO_DATE] * 3
    assert read(tiny, DAYS[1]) == [PartitionStatus.MISSING] * 3


def test_failed_step_fails_its_partition_and_those_after_it(tiny: Tiny):
    fail_on(SECOND, tiny)
    tiny.run_all([DAY])
    assert read(tiny) == [
        PartitionStatus.UP_TO_DATE,
        PartitionStatus.FAILED,
        PartitionStatus.FAILED,
    ]


def test_failed_remake_of_a_made_partition_is_failed(tiny: Tiny):
    tiny.run_all([DAY])
    fail_on(FIRST, tiny)
    tiny.run(DayPlan(DAY, (FIRST,)))
    assert read(tiny)[0] is PartitionStatus.FAILED


def test_remade_parent_makes_its_children_stale(tiny: Tiny):
    tiny.run_all([DAY])
    tiny.run(DayPlan(DAY, (FIRST,)))
    assert read(tiny) == [
        PartitionStatus.UP_TO_DATE,
        PartitionStatus.STALE,
        PartitionStatus.UP_TO_DATE,
    ]


def test_failed_blocking_check_is_a_status(tiny: Tiny):
    tiny.faults = {DAY}
    (run,) = tiny.run_all([DAY])
    assert run.status is DagsterRunStatus.FAILURE
    assert read(tiny) == [
        PartitionStatus.FAILED_CHECK,
        PartitionStatus.FAILED,
        PartitionStatus.FAILED,
    ]
    tiny.faults = set()
    tiny.run_all([DAY])
    assert read(tiny) == [PartitionStatus.UP_TO_DATE] * 3


def test_blocking_check_that_warns_lets_the_day_pass(tiny: Tiny):
    tiny.warnings = {DAY}
    (run,) = tiny.run_all([DAY])
    assert run.status is DagsterRunStatus.SUCCESS
    assert read(tiny) == [PartitionStatus.UP_TO_DATE] * 3


def test_materialization_without_its_check_is_not_trusted(
    tiny: Tiny, monkeypatch: pytest.MonkeyPatch
):
    """The process is killed after the materialization is stored and before the check is."""
    tiny.run_all([DAY])
    store = type(tiny.instance).handle_new_event

    def lose_checks(self, event, **more):
        lost = event.is_dagster_event and event.get_dagster_event().event_type in {
            DagsterEventType.ASSET_CHECK_EVALUATION,
            DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED,
        }
        return None if lost else store(self, event, **more)

    monkeypatch.setattr(type(tiny.instance), "handle_new_event", lose_checks)
    tiny.run(DayPlan(DAY, (FIRST,)))
    assert read(tiny)[0] is PartitionStatus.FAILED_CHECK


def test_wiped_partition_is_missing_again(tiny: Tiny):
    tiny.run_all([DAY])
    tiny.instance.wipe_assets([SECOND])
    assert read(tiny) == [
        PartitionStatus.UP_TO_DATE,
        PartitionStatus.MISSING,
        PartitionStatus.UP_TO_DATE,
    ]
