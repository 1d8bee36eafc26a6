"""How a run goes through its days: what is credited when one of them fails."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ALL_COMPLETED, wait
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from dagster import (
    AssetExecutionContext,
    AssetKey,
    AssetsDefinition,
    DagsterEventType,
    DagsterExecutionInterruptedError,
    DagsterInstance,
    ExecuteInProcessResult,
    MaterializeResult,
    MetadataValue,
    asset,
    materialize,
)

from wattif_dagster import retries
from wattif_dagster.assets import days as days_module
from wattif_dagster.assets.common import COMMON
from wattif_dagster.assets.days import each_day
from wattif_dagster.errors import Unreachable, UserError
from wattif_dagster_tests.assets.runs import (
    RANGE_END,
    RANGE_START,
    failures,
    materializations,
    partitions,
)

KEY = AssetKey("days")
MESSAGE = "a lost connection"
WAIT_SECONDS = 30
DAYS = ["2024-01-01", "2024-01-02", "2024-01-03"]


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries, "RETRY_DELAY_SECONDS", 0)


def days_asset(make: Callable[[date], dict[str, Any]], at_once: int) -> AssetsDefinition:
    @asset(key=KEY, **COMMON)
    def days(context: AssetExecutionContext) -> MaterializeResult:
        return each_day(context, make, at_once)

    return days


@pytest.fixture
def instance() -> Iterator[DagsterInstance]:
    with DagsterInstance.ephemeral() as made:
        yield made


@pytest.fixture
def on_disk(tmp_path: Path) -> Iterator[DagsterInstance]:
    """Runs may be reported to it by another thread, which an instance in memory refuses."""
    with DagsterInstance.local_temp(str(tmp_path)) as made:
        yield made


def run(
    instance: DagsterInstance,
    make: Callable[[date], dict[str, Any]],
    at_once: int = 1,
    **more: Any,
) -> ExecuteInProcessResult:
    more.setdefault("tags", {RANGE_START: DAYS[0], RANGE_END: DAYS[-1]})
    more.setdefault("raise_on_error", False)
    return materialize([days_asset(make, at_once)], instance=instance, **more)


class FailsOn:
    """Fails on one day, the first `times`; counts the days it was asked for."""

    def __init__(self, failing: str, error: type[BaseException], times: int = 100) -> None:
        self.failing, self.error, self.times = failing, error, times
        self.asked: list[str] = []

    def __call__(self, day: date) -> dict[str, Any]:
        self.asked.append(str(day))
        if str(day) == self.failing and self.asked.count(self.failing) <= self.times:
            raise self.error(MESSAGE)
        return {"name": day.strftime("%A")}


def test_every_day_has_its_own_metadata(instance: DagsterInstance):
    result = run(instance, lambda day: {"name": day.strftime("%A")})
    assert materializations(instance, result, KEY) == [
        ("2024-01-01", {"name": "Monday"}),
        ("2024-01-02", {"name": "Tuesday"}),
        ("2024-01-03", {"name": "Wednesday"}),
    ]


def test_each_day_is_observed_as_it_ends(instance: DagsterInstance):
    observed: list[set[str]] = []

    def make(day: date) -> dict[str, Any]:
        (current,) = instance.get_runs()
        logs = instance.all_logs(current.run_id, of_type=DagsterEventType.ASSET_OBSERVATION)
        observed.append({str(log.get_dagster_event().partition) for log in logs})
        return {"rows": day.day, "table": MetadataValue.md("|a|")}

    result = run(instance, make)
    assert observed == [set(), {DAYS[0]}, set(DAYS[:2])]
    last = instance.all_logs(result.run_id, of_type=DagsterEventType.ASSET_OBSERVATION)[-1]
    said = last.get_dagster_event().asset_observation_data.asset_observation
    assert (said.asset_key, said.partition) == (KEY, DAYS[-1])
    assert {name: value.value for name, value in said.metadata.items()} == {"rows": 3}


def test_a_failure_that_passes_is_tried_again_and_each_day_credited_once(instance: DagsterInstance):
    make = FailsOn("2024-01-02", Unreachable, times=1)
    result = run(instance, make)
    assert result.success
    assert make.asked == [*DAYS[:2], *DAYS]
    assert materializations(instance, result, KEY) == [
        ("2024-01-01", {"name": "Monday"}),
        ("2024-01-02", {"name": "Tuesday"}),
        ("2024-01-03", {"name": "Wednesday"}),
    ]


def test_after_the_last_try_the_days_before_are_credited_once(instance: DagsterInstance):
    make = FailsOn("2024-01-03", Unreachable)
    result = run(instance, make)
    assert not result.success
    assert make.asked == DAYS * (retries.MAX_RETRIES + 1)
    assert materializations(instance, result, KEY) == [
        ("2024-01-01", {"name": "Monday"}),
        ("2024-01-02", {"name": "Tuesday"}),
    ]
    assert MESSAGE in failures(result)["days"]


def test_what_a_user_must_mend_is_not_tried_again(instance: DagsterInstance):
    make = FailsOn("2024-01-02", UserError)
    result = run(instance, make)
    assert make.asked == DAYS[:2]
    assert partitions(instance, result, KEY) == ["2024-01-01"]
    assert MESSAGE in failures(result)["days"]


def test_a_cancelled_run_ends_at_once_and_keeps_its_days(instance: DagsterInstance):
    make = FailsOn("2024-01-02", DagsterExecutionInterruptedError)
    with pytest.raises(DagsterExecutionInterruptedError):
        run(instance, make, raise_on_error=True)
    assert instance.get_materialized_partitions(KEY) == {"2024-01-01"}
    assert make.asked == DAYS[:2]


class Meeting:
    """Days wait for each other, two at a time; then some do something more."""

    def __init__(self, **after: Callable[[], None]) -> None:
        self.barrier = threading.Barrier(2)
        self.after = after
        self.begun: list[str] = []

    def __call__(self, day: date) -> dict[str, Any]:
        self.begun.append(str(day))
        self.barrier.wait(WAIT_SECONDS)
        self.after.get(day.strftime("%A"), lambda: None)()
        return {"name": day.strftime("%A")}


FOUR = {RANGE_START: DAYS[0], RANGE_END: "2024-01-04"}


def fail() -> None:
    raise UserError(MESSAGE)


def lose() -> None:
    raise Unreachable("the network is gone")


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def outlast_the_others() -> None:
    """Until the threads of the other days have ended."""
    own = threading.current_thread()
    wait_until(
        lambda: all(thread is own or thread.name != own.name for thread in threading.enumerate())
    )


def test_days_are_made_at_once_and_each_has_its_own_metadata(instance: DagsterInstance):
    result = run(instance, Meeting(), at_once=2, tags=FOUR)
    assert result.success
    names = ["Monday", "Tuesday", "Wednesday", "Thursday"]
    assert sorted(materializations(instance, result, KEY)) == [
        (f"2024-01-0{number}", {"name": name}) for number, name in enumerate(names, 1)
    ]
    observed = instance.all_logs(result.run_id, of_type=DagsterEventType.ASSET_OBSERVATION)
    assert len(observed) == 4


@pytest.mark.parametrize("failing", ["Monday", "Tuesday"])
def test_a_day_under_way_beside_one_that_fails_is_credited(instance: DagsterInstance, failing: str):
    outlasting = {"Monday": outlast_the_others, "Tuesday": outlast_the_others}
    make = Meeting(**{**outlasting, failing: fail})
    result = run(instance, make, at_once=2, tags=FOUR)
    assert MESSAGE in failures(result)["days"]
    kept = DAYS[1] if failing == "Monday" else DAYS[0]
    assert partitions(instance, result, KEY) == [kept]
    assert sorted(make.begun) == DAYS[:2]


def test_what_a_user_must_mend_goes_before_what_may_pass(instance: DagsterInstance):
    make = Meeting(Monday=lose, Tuesday=lambda: (outlast_the_others(), fail()))
    result = run(instance, make, at_once=2, tags=FOUR)
    assert MESSAGE in failures(result)["days"]
    assert sorted(make.begun) == DAYS[:2]


def test_each_of_several_failures_is_said(instance: DagsterInstance):
    make = Meeting(Monday=fail, Tuesday=lambda: (outlast_the_others(), fail()))
    result = run(instance, make, at_once=2, tags=FOUR)
    said = [log.user_message for log in instance.all_logs(result.run_id)]
    assert f"2024-01-02 failed too: {MESSAGE}" in said


def test_a_signal_lets_the_days_under_way_end_and_no_other_begin(instance: DagsterInstance):
    signalled = threading.Event()

    def interrupt() -> None:
        os.kill(os.getpid(), signal.SIGINT)
        signalled.set()

    make = Meeting(Monday=interrupt, Tuesday=lambda: (signalled.wait(), outlast_the_others()))
    with pytest.raises(DagsterExecutionInterruptedError):
        run(instance, make, at_once=2, tags=FOUR, raise_on_error=True)
    assert instance.get_materialized_partitions(KEY) >= {DAYS[1]}
    assert sorted(make.begun) == DAYS[:2]


def test_a_signal_after_a_failure_that_may_pass_ends_the_run(instance: DagsterInstance):
    """It comes while the other day is waited for; no day is tried again."""

    def interrupt() -> None:
        outlast_the_others()
        os.kill(os.getpid(), signal.SIGTERM)

    make = Meeting(Monday=lose, Tuesday=interrupt)
    with pytest.raises(DagsterExecutionInterruptedError):
        run(instance, make, at_once=2, tags=FOUR, raise_on_error=True)
    assert sorted(make.begun) == DAYS[:2]


def test_a_second_signal_does_not_wait_for_the_days_under_way(
    instance: DagsterInstance, monkeypatch: pytest.MonkeyPatch
):
    waiting, freed = threading.Event(), threading.Event()

    def watched(futures: Any, pause: float, return_when: str) -> Any:
        if return_when == ALL_COMPLETED:
            waiting.set()
        return wait(futures, pause, return_when)

    def interrupt() -> None:
        os.kill(os.getpid(), signal.SIGINT)
        assert waiting.wait(WAIT_SECONDS)
        os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(days_module, "wait", watched)
    make = Meeting(Monday=interrupt, Tuesday=lambda: freed.wait(WAIT_SECONDS) or None)
    with pytest.raises(DagsterExecutionInterruptedError):
        run(instance, make, at_once=2, tags=FOUR, raise_on_error=True)
    assert not freed.is_set()
    assert DAYS[1] not in instance.get_materialized_partitions(KEY)
    freed.set()


def test_days_at_once_are_tried_again_together(instance: DagsterInstance):
    make = FailsOn("2024-01-02", Unreachable, times=1)
    result = run(instance, make, at_once=2)
    assert result.success
    assert make.asked.count("2024-01-01") == make.asked.count("2024-01-02") == 2
    assert sorted(partitions(instance, result, KEY)) == DAYS


def test_a_cancellation_whose_signal_was_lost_ends_the_run_before_its_next_day(
    instance: DagsterInstance,
):
    made: list[str] = []

    def make(day: date) -> dict[str, Any]:
        made.append(str(day))
        if str(day) == "2024-01-02":
            (current,) = instance.get_runs()
            instance.report_run_canceling(current)
        return {"name": day.strftime("%A")}

    with pytest.raises(DagsterExecutionInterruptedError):
        run(instance, make, raise_on_error=True)
    assert made == DAYS[:2]
    assert instance.get_materialized_partitions(KEY) == set(DAYS[:2])


def test_a_lost_cancellation_of_days_at_once_ends_the_run_before_its_next_day(
    on_disk: DagsterInstance,
):
    def cancel() -> None:
        (current,) = on_disk.get_runs()
        on_disk.report_run_canceling(current)

    make = Meeting(Monday=outlast_the_others, Tuesday=cancel)
    with pytest.raises(DagsterExecutionInterruptedError):
        run(on_disk, make, at_once=2, tags=FOUR, raise_on_error=True)
    assert sorted(make.begun) == DAYS[:2]
    assert on_disk.get_materialized_partitions(KEY) == set(DAYS[:2])


class SignalsWhenRead(dict[str, Any]):
    """Metadata that sends its own process a signal when it is read, once armed."""

    sends: signal.Signals | None = None
    times = 0

    def __iter__(self):  # dict() then asks for the keys
        return super().__iter__()

    def keys(self):
        self.send()
        return super().keys()

    def items(self):
        self.send()
        return super().items()

    def send(self) -> None:
        if self.sends:
            os.kill(os.getpid(), self.sends)
            self.times += 1


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_that_comes_while_days_are_credited_loses_none(
    instance: DagsterInstance, end: signal.Signals
):
    metadata = SignalsWhenRead(name="a day")

    def make(day: date) -> dict[str, Any]:
        if str(day) == "2024-01-03":
            metadata.sends = end
            raise UserError(MESSAGE)
        return metadata

    result = run(instance, make)
    assert metadata.times == 2
    assert MESSAGE in failures(result)["days"]
    assert partitions(instance, result, KEY) == DAYS[:2]


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_that_comes_while_days_at_once_are_credited_loses_none(
    instance: DagsterInstance, end: signal.Signals
):
    metadata = SignalsWhenRead(name="a day")
    make_together = Meeting(Tuesday=outlast_the_others)

    def make(day: date) -> dict[str, Any]:
        make_together(day)
        if str(day) == DAYS[0]:
            metadata.sends = end
            raise UserError(MESSAGE)
        return metadata

    result = run(instance, make, at_once=2, tags=FOUR)
    assert metadata.times > 1
    assert MESSAGE in failures(result)["days"]
    assert partitions(instance, result, KEY) == [DAYS[1]]


@pytest.mark.parametrize(
    "more",
    [{"tags": {RANGE_START: DAYS[-1], RANGE_END: DAYS[0]}}, {"tags": {}}],
    ids=["reversed range", "no partition"],
)
def test_a_run_without_days_is_refused(instance: DagsterInstance, more: dict[str, Any]):
    make = FailsOn("", UserError)
    result = run(instance, make, **more)
    assert "the run names no day" in failures(result)["days"]
    assert partitions(instance, result, KEY) == []
    assert make.asked == []
