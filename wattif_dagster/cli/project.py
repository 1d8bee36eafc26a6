"""The project that backfills and retries work on: its Dagster instance, graph and runs."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

import click
from dagster import DagsterInstance, DagsterRun, DagsterRunStatus, Definitions
from rich.console import Console

from wattif_dagster.backfills.credit import credit_finished_days
from wattif_dagster.backfills.execution import Executor
from wattif_dagster.backfills.graph import DailyGraph
from wattif_dagster.backfills.lost import end_lost_runs
from wattif_dagster.backfills.plan import Part
from wattif_dagster.backfills.runs import SHORT, failure_of
from wattif_dagster.cli.backfill_progress import MadeSoFar, console_past_dagster
from wattif_dagster.cli.cloud import running_cloud
from wattif_dagster.cli.instance import dagster_instance, ensure_dagster_home
from wattif_dagster.cli.main import INTERRUPTED
from wattif_dagster.cli.options import with_options
from wattif_dagster.errors import UserError
from wattif_dagster.settings import Settings


@dataclass(frozen=True)
class Project:
    """The project of these settings, its lost runs ended and the days of ended runs credited."""

    settings: Settings
    console: Console
    dagster_home: Path
    instance: DagsterInstance
    defs: Definitions
    graph: DailyGraph

    @classmethod
    @contextmanager
    def open(cls, settings: Settings) -> Iterator["Project"]:
        """Says what was found of runs that did not come to credit their days."""
        defs = _definitions(settings)
        graph = DailyGraph.of(defs)
        home = ensure_dagster_home(settings.home)
        with console_past_dagster() as console:
            instance = dagster_instance(settings.home)
            killed = end_lost_runs(instance, home)
            credited = credit_finished_days(instance, home, graph.parents)
            for run_id in sorted({*killed, *credited}):
                console.print(
                    f"run {run_id[:SHORT]} {'was killed' if run_id in killed else 'has ended'}; "
                    f"{credited[run_id]} days of assets it had finished are credited"
                )
            yield cls(settings, console, home, instance, defs, graph)

    def in_shards(self, shards: str) -> "Project":
        """The same project, whose runs land each day in so many shards.

        Raises UserError when there cannot be so many.
        """
        settings = with_options(self.settings, {}, {"shards": shards})
        return replace(self, settings=settings, defs=_definitions(settings))

    def make(
        self, parts: Sequence[Part], tags: Mapping[str, str], go_on: Callable[[str], str]
    ) -> None:
        """Make the parts, one run after the other, on the running cloud.

        `go_on` is the command that does the rest, given the run that was ended. Raises UserError
        when a run fails; Ctrl-C ends the command with that sentence.
        """
        job = self.defs.resolve_implicit_global_asset_job_def()
        executor = Executor(self.instance, self.dagster_home, job)
        progress, run_id, began = MadeSoFar(self.console, parts), "", time.monotonic()
        try:
            with running_cloud(self.settings), progress.shown():
                for part in parts:
                    run_id = str(uuid4())
                    run = executor.execute(run_id, part, tags, progress.add)
                    if run.status is not DagsterRunStatus.SUCCESS:
                        raise UserError(self._what_failed(run, part, go_on(run_id)))
        except KeyboardInterrupt:
            self.console.print(f"wattif: stopped, {progress} are made; to go on: {go_on(run_id)}")
            click.get_current_context().exit(INTERRUPTED)
        click.echo(f"{progress} made in {time.monotonic() - began:,.0f} s")

    def _what_failed(self, run: DagsterRun, part: Part, go_on: str) -> str:
        said = failure_of(self.instance, run) or "it was ended from outside"
        return (
            f"run {run.run_id[:SHORT]} of {part.span} failed: {said.rstrip('.')}; the days it "
            f"finished are kept. When that is mended, go on with: {go_on}"
        )


def _definitions(settings: Settings) -> Definitions:
    from wattif_dagster.definitions import build_defs
    from wattif_dagster.resources.build import build_resources

    return build_defs(build_resources(settings))
