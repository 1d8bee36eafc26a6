"""What `wattif runs` lists."""

from pathlib import Path

import pytest
from dagster import DagsterInstance, DagsterRun, DagsterRunStatus

from wattif_dagster.backfill.orphans import lock_of
from wattif_dagster_tests.support.in_process import run_in_process


def test_a_run_is_killed_when_its_process_is_gone_unless_it_was_finished(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
):
    """The process of a finished run may be killed before it removes the lock file."""
    (tmp_path / "dagster.yaml").write_text("telemetry: {enabled: false}")
    with DagsterInstance.from_config(str(tmp_path)) as instance:
        for run_id, status in (
            ("finished", DagsterRunStatus.SUCCESS),
            ("lost", DagsterRunStatus.STARTED),
            ("alive", DagsterRunStatus.STARTED),
        ):
            instance.add_run(DagsterRun("daily", run_id=run_id, status=status))
            Path(lock_of(tmp_path, run_id).lock_file).touch()
    with lock_of(tmp_path, "alive"):
        environment = {"DAGSTER_HOME": str(tmp_path)}
        done = run_in_process(("wattif", "runs"), environment, tmp_path, capfd)
    assert done.returncode == 0, done.stderr
    lines = [line.split() for line in done.stdout.splitlines()[1:]]
    assert {line[0]: line[-1] for line in lines} == {
        "finished": "success",
        "lost": "killed",
        "alive": "started",
    }
