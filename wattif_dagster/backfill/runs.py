"""Reads what a run was for, and why it failed."""

import re
from collections.abc import Iterable
from datetime import date

from dagster import (
    AssetKey,
    DagsterEventType,
    DagsterInstance,
    DagsterRun,
    DagsterRunStatus,
    RunRecord,
    RunsFilter,
)

from wattif_dagster.backfill.graph import name_asset
from wattif_dagster.errors import UserError

PARTITION_TAG = "dagster/partition"
SHORT = 8
"""Characters of a run's id that are shown, as in the Dagster UI."""
RUNS_SEARCHED = 10_000
ASSETS_NAMED = 3
IN_PROGRESS = [
    DagsterRunStatus.QUEUED,
    DagsterRunStatus.NOT_STARTED,
    DagsterRunStatus.STARTING,
    DagsterRunStatus.STARTED,
    DagsterRunStatus.CANCELING,
]


def read_day(run: DagsterRun) -> date | None:
    """Read the day of the run; None where it has none."""
    try:
        return date.fromisoformat(run.tags[PARTITION_TAG])
    except (KeyError, ValueError):
        return None


def read_assets(instance: DagsterInstance, run: DagsterRun) -> set[AssetKey]:
    """Read the assets that the run was to make."""
    planned = DagsterEventType.ASSET_MATERIALIZATION_PLANNED
    return set(instance.get_asset_keys_for_run(run.run_id, of_type=planned))


def describe_run(run: DagsterRun) -> str:
    """Name the run by its job, or by the assets that it makes."""
    if not run.job_name.startswith("__"):
        return run.job_name
    if not run.asset_selection:
        return "checks" if run.asset_selection is not None else "assets"
    names = sorted(map(name_asset, run.asset_selection))
    return ", ".join(names) if len(names) <= ASSETS_NAMED else f"{len(names)} assets"


def describe_failure(instance: DagsterInstance, run: DagsterRun) -> str | None:
    """Name the step that failed first with the first sentence of its error; None without one."""
    for event_type in (DagsterEventType.STEP_FAILURE, DagsterEventType.RUN_FAILURE):
        for log in instance.all_logs(run.run_id, of_type=event_type):
            event = log.get_dagster_event()
            if event_type is DagsterEventType.RUN_FAILURE:
                return first_sentence(event.message or "")
            error = event.step_failure_data.error
            while error and error.cause and (error.cls_name or "").startswith("Dagster"):
                error = error.cause
            step = (event.step_key or "").removeprefix("wattif__")
            message = error.message.split(f"{error.cls_name}: ", 1)[-1] if error else ""
            return f"{step}: {first_sentence(message)}"
    return None


def first_sentence(text: str) -> str:
    """Cut the text after its first sentence, and write it on one line."""
    return re.split(r"(?<=[.!?])\s", " ".join(text.split()), maxsplit=1)[0]


def find_run(instance: DagsterInstance, run_id: str) -> RunRecord:
    """Find the run whose id begins like this. Raises UserError when there is not exactly one."""
    if record := instance.get_run_record_by_id(run_id):
        return record
    records = instance.get_run_records(limit=RUNS_SEARCHED)
    found = [record for record in records if record.dagster_run.run_id.startswith(run_id)]
    if not found or not run_id:
        raise UserError(f"There is no run {run_id!r}. `wattif runs` lists the runs.")
    if len(found) > 1:
        raise UserError(f"{len(found)} runs begin with {run_id}. Give more of the id.")
    return found[0]


def refuse_overlap(
    instance: DagsterInstance, keys: Iterable[AssetKey], days: Iterable[date]
) -> None:
    """Raise UserError when an unfinished run makes some of these days of these assets."""
    wanted, asked = set(days), set(keys)
    for run in instance.get_runs(RunsFilter(statuses=IN_PROGRESS)):
        day = read_day(run)
        if day in wanted and asked & read_assets(instance, run):
            short = run.run_id[:SHORT]
            raise UserError(
                f"Run {short} makes {day} now. Wait for it. If its process is gone, end it with "
                f"`wattif runs --fail {short}`, or in the UI."
            )
