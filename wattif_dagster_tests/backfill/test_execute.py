"""One day made by one run, and how it ends in the middle."""

import signal
import threading
from datetime import date

import pytest
from dagster import AssetKey, DagsterRunStatus

from wattif_dagster.backfill.execute import make_days
from wattif_dagster.backfill.plan import DayPlan
from wattif_dagster.backfill.runs import describe_failure, refuse_overlap
from wattif_dagster.cli.interrupts import interrupts_set
from wattif_dagster.errors import CancelledError, TransientError, UserError
from wattif_dagster_tests.support.tiny import DAYS, FIRST, SECOND, THIRD, Tiny

DAY = DAYS[0]
WHOLE = DayPlan(DAY, (FIRST, SECOND, THIRD))


def test_run_makes_the_day_and_reports_each_partition(tiny: Tiny):
    run = tiny.run(WHOLE)
    assert run.status is DagsterRunStatus.SUCCESS
    assert run.tags["dagster/partition"] == str(DAY)
    assert tiny.made == [(name, str(DAY)) for name in ("first", "second", "third")]
    assert list((tiny.runner.dagster_home / "running").iterdir()) == []


def test_runs_belong_to_the_code_location(tiny: Tiny):
    """The overviews of the UI show only runs that do."""
    whole, part = tiny.run(WHOLE), tiny.run(DayPlan(DAY, (SECOND,)))
    for run, job in ((whole, "daily"), (part, "__ASSET_JOB")):
        assert run.job_name == job
        assert run.remote_job_origin
        assert run.remote_job_origin.location_name == "wattif_dagster.definitions"


def test_run_of_some_assets_makes_no_others(tiny: Tiny):
    tiny.run(WHOLE)
    run = tiny.run(DayPlan(DAY, (SECOND,)))
    assert run.asset_selection == {SECOND}
    assert tiny.made == [("second", str(DAY))]


def test_days_are_made_in_order_until_one_fails(tiny: Tiny):
    def make(_key: AssetKey, day: date) -> None:
        if day == DAYS[1]:
            raise UserError("Day 2 is spoilt. Fix it.")

    tiny.make = make
    failed = make_days(tiny.runner, tiny.plan().days)
    assert failed
    assert failed.tags["dagster/partition"] == str(DAYS[1])
    assert describe_failure(tiny.instance, failed) == "first: Day 2 is spoilt."
    assert [plan.day for plan in tiny.plan().days] == DAYS[1:]
    tiny.make = lambda _key, _day: None
    assert make_days(tiny.runner, tiny.plan().days) is None
    assert tiny.plan().days == ()


def test_stop_cancels_the_run_at_its_next_step(tiny: Tiny):
    tiny.make = lambda key, _day: tiny.stop.set() if key == FIRST else None
    run = tiny.run(WHOLE)
    assert run.status is DagsterRunStatus.CANCELED
    assert [key.path[-1] for key in tiny.plan([DAY]).days[0].assets] == ["second", "third"]


def test_stop_within_a_step_cancels_the_run(tiny: Tiny):
    def make(_key: AssetKey, _day: date) -> None:
        tiny.stop.set()
        raise CancelledError

    tiny.make = make
    assert tiny.run(WHOLE).status is DagsterRunStatus.CANCELED


def test_run_canceled_from_elsewhere_sets_stop(tiny: Tiny):
    def make(key: AssetKey, _day: date) -> None:
        if key == FIRST:
            tiny.instance.report_run_canceling(tiny.instance.get_runs()[0])
            assert tiny.stop.wait(30)

    tiny.make = make
    assert tiny.run(WHOLE).status is DagsterRunStatus.CANCELED


def test_interrupt_sets_stop_and_the_run_is_canceled(tiny: Tiny):
    main = threading.main_thread().ident
    assert main

    def make(key: AssetKey, _day: date) -> None:
        if key == FIRST:
            signal.pthread_kill(main, signal.SIGINT)
            assert tiny.stop.wait(30)

    tiny.make = make
    with interrupts_set(tiny.stop):
        assert tiny.run(WHOLE).status is DagsterRunStatus.CANCELED


def test_transient_error_is_retried_twice(tiny: Tiny, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("wattif_dagster.daily_asset.RETRY_DELAY_SECONDS", 0)
    tries = []

    def make(key: AssetKey, _day: date) -> None:
        if key == SECOND:
            tries.append(key)
            raise TransientError("The service is not well.")

    tiny.make = make
    assert tiny.run(WHOLE).status is DagsterRunStatus.FAILURE
    assert len(tries) == 3


def test_overlap_with_an_unfinished_run_is_refused(tiny: Tiny):
    def make(key: AssetKey, _day: date) -> None:
        if key == FIRST:
            refuse_overlap(tiny.instance, [FIRST, SECOND], [DAYS[1]])
            refuse_overlap(tiny.instance, [AssetKey("other")], DAYS)
            with pytest.raises(UserError, match=r"makes 2024-01-01 now.*wattif runs --fail"):
                refuse_overlap(tiny.instance, [SECOND], DAYS)

    tiny.make = make
    assert tiny.run(WHOLE).status is DagsterRunStatus.SUCCESS
    refuse_overlap(tiny.instance, [SECOND], DAYS)
