"""Runs of this command whose process was killed are ended.

While a run executes, its process holds a lock on `DAGSTER_HOME/running/RUN.lock`. The operating
system lets go of it however the process ends, so that a lock that can be had is of a lost run.
"""

from contextlib import suppress
from pathlib import Path

from dagster import DagsterInstance, DagsterRun, DagsterRunStatus
from filelock import FileLock, Timeout

KILLED = "The process of this run was killed; the days it had finished are credited."


def lock_of(dagster_home: Path, run_id: str) -> FileLock:
    """The lock that the process of the run holds; the file is to be removed when the run ended."""
    folder = dagster_home / "running"
    folder.mkdir(parents=True, exist_ok=True)
    return FileLock(folder / f"{run_id}.lock")


def lost_runs(dagster_home: Path) -> set[str]:
    """Ids of the runs of this Dagster home whose process is gone.

    One of them may be finished: its process was killed before it could remove the file, or removed
    it while this looked, which made it anew.
    """
    lost: set[str] = set()
    for file in (dagster_home / "running").glob("*.lock"):
        with suppress(Timeout), FileLock(file).acquire(timeout=0):
            lost.add(file.stem)
    return lost


def end_lost_runs(instance: DagsterInstance, dagster_home: Path) -> set[str]:
    """End the lost runs, as their processes left them; their ids. `credit` credits their days."""
    ended: set[str] = set()
    for run_id in sorted(lost_runs(dagster_home)):
        with lock_of(dagster_home, run_id) as lock:
            run = instance.get_run_by_id(run_id)
            if run and not run.is_finished:
                _end(instance, run)
                ended.add(run_id)
            Path(lock.lock_file).unlink(missing_ok=True)
    return ended


def _end(instance: DagsterInstance, run: DagsterRun) -> None:
    if run.status is DagsterRunStatus.CANCELING:
        instance.report_run_canceled(run, KILLED)
    else:
        instance.report_run_failed(run, KILLED)
    # Dagster's monitor would do so, where its daemon runs; till then the pool's next run waits.
    instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)
