"""A run whose process was killed, of the command and of others: what it had finished is kept."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from dagster import DagsterRun, DagsterRunStatus
from wattif_dagster.backfills.credit import credit_finished_days

from wattif_dagster.backfill.orphans import end_lost_runs, lock_of, lost_runs
from wattif_dagster_tests.backfills.rest import (
    WHOLE,
    assert_all_made_once,
    assert_rest_is_left,
    finish,
)
from wattif_dagster_tests.support.tiny import FIRST, Tiny

WILL_RETRY = "dagster/will_retry"
"""A tag that a failed run has: whether Dagster's daemon will make it anew."""


def killed_run(tiny: Tiny, dagster_home: Path, *more: str) -> DagsterRun:
    """What Dagster knows of a run whose process was killed when it began with day 3."""
    module = "wattif_dagster_tests.support.tiny"
    killed = subprocess.run(
        [sys.executable, "-m", module, str(dagster_home), *more], capture_output=True, text=True
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    run = tiny.instance.get_runs(limit=1)[0]
    assert run.status is DagsterRunStatus.STARTED
    return run


def credit(tiny: Tiny, dagster_home: Path) -> dict[str, int]:
    """Days of assets that are credited, by run."""
    return dict(credit_finished_days(tiny.instance, dagster_home, tiny.graph.parents))


def test_a_process_is_killed(tiny: Tiny, dagster_home: Path):
    """Dagster has materialized no day of the step; each one that ended was observed. The step had
    the only slot of its pool. No daemon is to go on with the run: the command does."""
    run = killed_run(tiny, dagster_home)
    assert tiny.plan() == [WHOLE]
    assert lost_runs(dagster_home) == {run.run_id}
    assert end_lost_runs(tiny.instance, dagster_home) == {run.run_id}
    assert credit(tiny, dagster_home) == {run.run_id: 2}
    (run,) = tiny.instance.get_runs()
    assert run.status is DagsterRunStatus.FAILURE
    assert run.tags[WILL_RETRY] == "false"
    assert end_lost_runs(tiny.instance, dagster_home) == set()
    assert credit(tiny, dagster_home) == {}
    assert_rest_is_left(tiny)
    finish(tiny)


@pytest.mark.parametrize("status", [DagsterRunStatus.FAILURE, DagsterRunStatus.CANCELED])
def test_a_process_of_others_is_killed(tiny: Tiny, dagster_home: Path, status: DagsterRunStatus):
    """Nobody but Dagster can say that it is gone: its monitor does, or a user who terminates it."""
    run = killed_run(tiny, dagster_home, "dagster")
    assert end_lost_runs(tiny.instance, dagster_home) == set()
    assert credit(tiny, dagster_home) == {}
    assert tiny.plan() == [WHOLE]
    if status is DagsterRunStatus.FAILURE:
        tiny.instance.report_run_failed(run)
        assert tiny.instance.get_runs()[0].tags[WILL_RETRY] == "true"
    else:
        tiny.instance.report_run_canceled(run)
    assert credit(tiny, dagster_home) == {run.run_id: 2}
    assert credit(tiny, dagster_home) == {}
    tiny.instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)  # as the monitor
    assert_rest_is_left(tiny)
    finish(tiny)


def test_days_of_a_lost_run_that_another_has_made_since_are_not_credited(
    tiny: Tiny, dagster_home: Path
):
    lost = killed_run(tiny, dagster_home, "dagster")
    tiny.instance.event_log_storage.free_concurrency_slots_for_run(lost.run_id)
    assert tiny.run(WHOLE).status is DagsterRunStatus.SUCCESS
    tiny.instance.report_run_failed(lost)
    assert credit(tiny, dagster_home) == {}
    assert tiny.plan() == []
    assert_all_made_once(tiny)


def test_days_that_were_wiped_are_not_credited(tiny: Tiny, dagster_home: Path):
    tiny.run(WHOLE)
    tiny.instance.wipe_assets([FIRST])
    assert credit(tiny, dagster_home) == {}


def test_a_run_whose_process_lives_is_left_alone(tiny: Tiny, dagster_home: Path):
    with lock_of(dagster_home, "living") as lock:
        assert lost_runs(dagster_home) == set()
        assert end_lost_runs(tiny.instance, dagster_home) == set()
        assert Path(lock.lock_file).exists()
