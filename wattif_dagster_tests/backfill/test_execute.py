"""A run that ends in the middle, and what is left to do after it."""

import os
import signal
from datetime import date

import pytest
from dagster import AssetKey, DagsterRunStatus
from wattif_dagster.backfills.plan import Part

from wattif_dagster.backfill.runs import failure_of, refuse_overlap
from wattif_dagster.errors import UserError
from wattif_dagster_tests.backfills.rest import WHOLE, assert_rest_is_left, finish
from wattif_dagster_tests.support.tiny import DAYS, FIRST, SECOND, Tiny


def test_a_whole_run_leaves_nothing_and_tells_each_day(tiny: Tiny):
    assert tiny.plan() == [WHOLE]
    run = tiny.run(WHOLE)
    assert run.status is DagsterRunStatus.SUCCESS
    assert run.tags["dagster/asset_partition_range_start"] == str(DAYS[0])
    assert run.tags["dagster/asset_partition_range_end"] == str(DAYS[-1])
    assert run.asset_selection == {FIRST, SECOND}
    assert tiny.made == [(name, str(day)) for name in ("first", "second") for day in DAYS]
    assert tiny.plan() == []
    assert list((tiny.executor.dagster_home / "running").iterdir()) == []


def test_a_day_that_fails(tiny: Tiny):
    def make(_key: AssetKey, day: date) -> None:
        if day == DAYS[2]:
            raise UserError("day 3 is spoilt. Mend it")

    tiny.make = make
    run = tiny.run(WHOLE)
    assert run.status is DagsterRunStatus.FAILURE
    assert failure_of(tiny.instance, run) == "first: day 3 is spoilt."
    assert_rest_is_left(tiny)
    finish(tiny)


def test_a_run_is_cancelled_from_the_keyboard(tiny: Tiny):
    def make(_key: AssetKey, day: date) -> None:
        if day == DAYS[1]:
            os.kill(os.getpid(), signal.SIGINT)
            while tiny.instance.get_runs()[0].status is not DagsterRunStatus.CANCELING:
                pass

    tiny.make = make
    with pytest.raises(KeyboardInterrupt):
        tiny.run(WHOLE)
    assert tiny.instance.get_runs()[0].status is DagsterRunStatus.CANCELED
    assert tiny.made[-1] == ("first", str(DAYS[1]))
    assert_rest_is_left(tiny)
    finish(tiny)


def test_days_that_a_run_is_making_are_refused(tiny: Tiny):
    def make(_key: AssetKey, day: date) -> None:
        if day == DAYS[0]:
            refuse_overlap(tiny.instance, [FIRST, SECOND], [date(2023, 1, 1)])
            refuse_overlap(tiny.instance, [AssetKey("other")], DAYS)
            with pytest.raises(UserError, match=r"is making 2024-01-01...2024-01-05 now; wait"):
                refuse_overlap(tiny.instance, [SECOND], [DAYS[4]])

    tiny.make = make
    assert tiny.run(WHOLE).status is DagsterRunStatus.SUCCESS
    refuse_overlap(tiny.instance, [SECOND], [DAYS[4]])


def test_a_day_that_a_blocking_check_finds_wrong(tiny: Tiny):
    tiny.faults = {str(DAYS[3]): 1}
    assert tiny.run(WHOLE).status is DagsterRunStatus.FAILURE
    assert tiny.plan() == [
        Part(tuple(DAYS[:3]), (SECOND,)),
        Part((DAYS[3],), (FIRST, SECOND)),
        Part((DAYS[4],), (SECOND,)),
    ]
    tiny.faults = {}
    for part in tiny.plan():
        assert tiny.run(part).status is DagsterRunStatus.SUCCESS
    assert tiny.plan() == []


def test_a_check_that_is_made_up_for_may_fail(tiny: Tiny):
    def make(_key: AssetKey, day: date) -> None:
        if day == DAYS[2]:
            raise UserError("day 3 is spoilt")

    tiny.make = make
    tiny.run(WHOLE)
    tiny.faults = {str(DAYS[0]): 1}
    assert tiny.run(tiny.plan()[0]).status is DagsterRunStatus.FAILURE
    assert tiny.plan()[0] == Part((DAYS[0],), (FIRST, SECOND))


def test_what_is_older_than_what_it_was_made_from_is_missing(tiny: Tiny):
    tiny.run(WHOLE)
    tiny.run(Part((DAYS[1], DAYS[2]), (FIRST,)))
    assert tiny.plan() == [Part((DAYS[1], DAYS[2]), (SECOND,))]


def test_what_was_made_before_a_time_may_count_as_missing(tiny: Tiny):
    tiny.run(WHOLE)
    last = tiny.run(Part((DAYS[4],), (FIRST, SECOND)))
    record = tiny.instance.get_run_record_by_id(last.run_id)
    assert record
    assert last.tags["dagster/partition"] == str(DAYS[4])
    assert tiny.plan(since=record.create_timestamp.timestamp()) == [
        Part(tuple(DAYS[:4]), (FIRST, SECOND))
    ]
