"""wattif retry: what failed runs did not make."""

import click
from dagster import DagsterRunStatus, RunRecord, RunsFilter

from wattif_dagster.backfills.history import read_history
from wattif_dagster.backfills.plan import plan
from wattif_dagster.backfills.runs import (
    SHARDS,
    SHORT,
    assets_of,
    find_run,
    refuse_overlap,
    span_of,
)
from wattif_dagster.cli.project import Project
from wattif_dagster.errors import UserError
from wattif_dagster.settings import Settings

MAY_BE_RETRIED = {DagsterRunStatus.FAILURE, DagsterRunStatus.CANCELED}


@click.command()
@click.argument("run_id", required=False)
@click.option("--all-failed", is_flag=True, help="Every failed run, the oldest first.")
def retry(run_id: str | None, all_failed: bool) -> None:
    """Make what a failed run did not make, and no run has made since."""
    if (run_id is not None) == all_failed:
        raise UserError("give the id of one run, or --all-failed; `wattif runs` lists them")
    with Project.open(Settings.load()) as project:
        if run_id:
            record = find_run(project.instance, run_id)
            if not _retry(project, record):
                click.echo(f"nothing is missing of run {record.dagster_run.run_id[:SHORT]}")
        else:
            _retry_all(project)


def _retry_all(project: Project) -> None:
    failed = RunsFilter(statuses=[DagsterRunStatus.FAILURE])
    records = list(project.instance.get_run_records(failed, ascending=True))
    retried, failures = 0, 0
    for record in records:
        if span_of(record.dagster_run):
            try:
                retried += _retry(project, record)
            except UserError as error:
                failures += 1
                project.console.print(str(error))
    if failures:
        raise UserError(f"{failures} of {failures + retried} retries failed; see above")
    if not retried:
        click.echo(f"nothing is missing of the {len(records)} runs that failed")


def _retry(project: Project, record: RunRecord) -> bool:
    """Whether anything was missing."""
    run = record.dagster_run
    short, span = run.run_id[:SHORT], span_of(run)
    if run.status not in MAY_BE_RETRIED:
        raise UserError(f"run {short} did not fail: its status is {run.status.value.lower()}")
    if span is None:
        raise UserError(f"run {short} has no days; start it again in the UI (`wattif dev`)")
    keys = project.graph.in_order(assets_of(project.instance, run))
    refuse_overlap(project.instance, keys, span.days)
    history = read_history(project.instance, project.graph, keys, _began(record))
    parts = plan(history, keys, span.days)
    if not parts:
        return False
    size = sum(part.size for part in parts)
    asked = len(span.days) * len(keys)
    project.console.print(
        f"run {short} of {span}: {size:,} of {asked:,} days of assets to make; runs: {len(parts)}"
    )
    root = run.root_run_id or run.run_id
    tags = {"dagster/parent_run_id": run.run_id, "dagster/root_run_id": root}
    if shards := run.tags.get(SHARDS):
        tags[SHARDS], project = shards, project.in_shards(shards)
    project.make(parts, tags, lambda _run_id: f"wattif retry {short}")
    return True


def _began(record: RunRecord) -> float | None:
    """What was made before it is to be made again; a run of checks alone was to make nothing."""
    checks_alone = record.dagster_run.asset_selection == frozenset()
    return None if checks_alone else record.create_timestamp.timestamp()
