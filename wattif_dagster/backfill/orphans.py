"""Orphaned runs: runs of WattIf's commands whose process is gone.

While a run executes, its process holds a lock on `DAGSTER_HOME/running/RUN.lock`. The operating
system releases the lock however the process ends, so a free lock belongs to an orphaned run.
"""

from contextlib import suppress
from pathlib import Path

from dagster import DagsterInstance, DagsterRunStatus
from filelock import FileLock, Timeout

ORPHANED = "The process of this run was killed."


def lock_run(dagster_home: Path, run_id: str) -> FileLock:
    """The lock that the run's process holds. Whoever sees the run end removes its file."""
    folder = dagster_home / "running"
    folder.mkdir(parents=True, exist_ok=True)
    return FileLock(folder / f"{run_id}.lock")


def fail_orphaned_runs(instance: DagsterInstance, dagster_home: Path) -> list[str]:
    """Fail the orphaned runs of this Dagster home; returns their ids."""
    failed: list[str] = []
    for file in sorted((dagster_home / "running").glob("*.lock")):
        with suppress(Timeout), FileLock(file).acquire(timeout=0):
            run = instance.get_run_by_id(file.stem)
            if run and not run.is_finished:
                if run.status is DagsterRunStatus.CANCELING:
                    instance.report_run_canceled(run, ORPHANED)
                else:
                    instance.report_run_failed(run, ORPHANED)
                # Dagster's monitor would do this, but only where its daemon runs.
                instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)
                failed.append(run.run_id)
            file.unlink(missing_ok=True)
    return failed
