"""Runs whose process was killed."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from dagster import DagsterRun, DagsterRunStatus

from wattif_dagster.backfill.orphans import fail_orphaned_runs, lock_run
from wattif_dagster_tests.support.tiny import DAYS, Tiny


@pytest.fixture
def killed(tiny: Tiny, dagster_home: Path) -> DagsterRun:
    """What Dagster knows of a run whose process was killed in the second day."""
    module = "wattif_dagster_tests.support.tiny"
    process = subprocess.run(
        [sys.executable, "-m", module, str(dagster_home)], capture_output=True, text=True
    )
    assert process.returncode == -signal.SIGKILL, process.stderr
    run = tiny.instance.get_runs(limit=1)[0]
    assert run.status is DagsterRunStatus.STARTED
    return run


def test_killed_run_is_failed_and_costs_one_day(tiny: Tiny, dagster_home: Path, killed: DagsterRun):
    """The killed step had the only slot of its pool, and no daemon runs the run again."""
    assert fail_orphaned_runs(tiny.instance, dagster_home) == [killed.run_id]
    run = tiny.instance.get_run_by_id(killed.run_id)
    assert run
    assert run.status is DagsterRunStatus.FAILURE
    assert run.tags["dagster/will_retry"] == "false"
    assert fail_orphaned_runs(tiny.instance, dagster_home) == []
    assert [plan.day for plan in tiny.plan(DAYS[:2]).days] == [DAYS[1]]
    assert [run.status for run in tiny.run_all(DAYS[:2])] == [DagsterRunStatus.SUCCESS]


def test_killed_run_that_was_canceling_is_canceled(
    tiny: Tiny, dagster_home: Path, killed: DagsterRun
):
    tiny.instance.report_run_canceling(killed)
    assert fail_orphaned_runs(tiny.instance, dagster_home) == [killed.run_id]
    run = tiny.instance.get_run_by_id(killed.run_id)
    assert run
    assert run.status is DagsterRunStatus.CANCELED


def test_run_whose_process_lives_is_left_alone(tiny: Tiny, dagster_home: Path):
    with lock_run(dagster_home, "living") as lock:
        assert fail_orphaned_runs(tiny.instance, dagster_home) == []
        assert Path(lock.lock_file).exists()


def test_run_whose_end_was_not_stored_is_failed_later(
    tiny: Tiny, dagster_home: Path, monkeypatch: pytest.MonkeyPatch
):
    with monkeypatch.context() as patch:
        patch.setattr(tiny.instance.run_storage, "handle_run_event", lambda *_: None)
        run = tiny.run(tiny.plan().days[0])
    assert not run.is_finished
    assert fail_orphaned_runs(tiny.instance, dagster_home) == [run.run_id]
    failed = tiny.instance.get_run_by_id(run.run_id)
    assert failed
    assert failed.status is DagsterRunStatus.FAILURE
