"""What a run was for, and why it failed."""

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

from wattif_dagster.backfills.graph import name_of
from wattif_dagster.errors import UserError
from wattif_dagster.partitions import Span

PARTITION = "dagster/partition"
RANGE_START = "dagster/asset_partition_range_start"
RANGE_END = "dagster/asset_partition_range_end"
SHARDS = "wattif/shards"
"""Of a run that was asked to land its days in so many shards, whatever the settings say."""
SHORT = 8
"""Characters of a run's id that are shown, as in the Dagster UI."""
RUNS_SEARCHED = 10_000
ASSETS_NAMED = 3
AT_WORK = [DagsterRunStatus.STARTING, DagsterRunStatus.STARTED, DagsterRunStatus.CANCELING]


def span_of(run: DagsterRun) -> Span | None:
    """The days of the run; None where it has none."""
    tags = run.tags
    names = (RANGE_START, RANGE_END) if RANGE_START in tags else (PARTITION, PARTITION)
    try:
        first, last = (date.fromisoformat(tags[name]) for name in names)
    except (KeyError, ValueError):
        return None
    return Span(first, last)


def assets_of(instance: DagsterInstance, run: DagsterRun) -> set[AssetKey]:
    """The assets that the run was to make, or to check where it was to make none."""
    planned = DagsterEventType.ASSET_MATERIALIZATION_PLANNED
    if keys := set(instance.get_asset_keys_for_run(run.run_id, of_type=planned)):
        return keys
    checked = DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED
    logs = instance.all_logs(run.run_id, of_type=checked)
    events = (log.get_dagster_event() for log in logs)
    return {event.asset_check_planned_data.asset_key for event in events}


def title_of(run: DagsterRun) -> str:
    """What the run is: its job, or the assets it makes."""
    if not run.job_name.startswith("__"):
        return run.job_name
    if not run.asset_selection:
        return "checks" if run.asset_selection is not None else "assets"
    names = sorted(map(name_of, run.asset_selection))
    return ", ".join(names) if len(names) <= ASSETS_NAMED else f"{len(names)} assets"


def failure_of(instance: DagsterInstance, run: DagsterRun) -> str | None:
    """The step that failed first and the first sentence of its error; None where none did."""
    for event_type in (DagsterEventType.STEP_FAILURE, DagsterEventType.RUN_FAILURE):
        for log in instance.all_logs(run.run_id, of_type=event_type):
            event = log.get_dagster_event()
            if event_type is DagsterEventType.RUN_FAILURE:
                return first_sentence(event.message or "")
            error = event.step_failure_data.error
            while error and error.cause and (error.cls_name or "").startswith("Dagster"):
                error = error.cause
            step = (event.step_key or "").removeprefix("wattif__")
            said = error.message.split(f"{error.cls_name}: ", 1)[-1] if error else ""
            return f"{step}: {first_sentence(said)}"
    return None


def first_sentence(text: str) -> str:
    """On one line."""
    return re.split(r"(?<=[.!?])\s", " ".join(text.split()), maxsplit=1)[0]


def find_run(instance: DagsterInstance, run_id: str) -> RunRecord:
    """The run with that id, or whose id begins so. Raises UserError when there is not just one."""
    if record := instance.get_run_record_by_id(run_id):
        return record
    records = instance.get_run_records(limit=RUNS_SEARCHED)
    found = [record for record in records if record.dagster_run.run_id.startswith(run_id)]
    if not found or not run_id:
        raise UserError(f"there is no run {run_id}; `wattif runs` lists them")
    if len(found) > 1:
        raise UserError(f"{len(found)} runs begin with {run_id}; give more of the id")
    return found[0]


def refuse_overlap(
    instance: DagsterInstance, keys: Iterable[AssetKey], days: Iterable[date]
) -> None:
    """Raises UserError when a run is making some of these days of these assets now."""
    wanted, asked = set(days), set(keys)
    for run in instance.get_runs(RunsFilter(statuses=AT_WORK)):
        span = span_of(run)
        if span and wanted.intersection(span.days) and asked & assets_of(instance, run):
            raise UserError(
                f"run {run.run_id[:SHORT]} is making {span} now; wait for it, "
                "or, if its process is gone, terminate it in the UI (`wattif dev`)"
            )
