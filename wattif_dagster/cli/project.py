"""The project that commands make days of: its Dagster instance, its definitions and its cloud."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import NoReturn

import click
from dagster import DagsterRun
from rich.console import Console

from wattif_dagster.backfill.execute import DayRunner, make_days
from wattif_dagster.backfill.orphans import fail_orphaned_runs
from wattif_dagster.backfill.plan import BackfillPlan
from wattif_dagster.backfill.runs import PARTITION_TAG, SHORT, describe_failure
from wattif_dagster.cli.backfill_progress import BackfillProgress, open_console
from wattif_dagster.cli.cloud import running_cloud
from wattif_dagster.cli.instance import dagster_instance, ensure_dagster_home
from wattif_dagster.cli.interrupts import interrupts_set
from wattif_dagster.cli.main import INTERRUPTED
from wattif_dagster.definitions import build_defs
from wattif_dagster.errors import CancelledError, UserError
from wattif_dagster.ingest.fleet import claim_bucket
from wattif_dagster.resources.build import build_resources
from wattif_dagster.settings import Settings

Resume = Callable[[date], str]
"""Writes the command that continues on the given day."""


@dataclass(frozen=True)
class Project:
    """The project of these settings, whose orphaned runs have been failed."""

    settings: Settings
    console: Console
    runner: DayRunner

    @classmethod
    @contextmanager
    def open(cls, settings: Settings) -> Iterator["Project"]:
        """Open the project, and name the orphaned runs that were failed."""
        home = ensure_dagster_home(settings.home)
        with open_console() as console:
            instance = dagster_instance(settings.home)
            for run_id in fail_orphaned_runs(instance, home):
                console.print(f"Run {run_id[:SHORT]} was killed. It is marked as failed.")
            yield cls(settings, console, DayRunner(instance, home, build_defs(settings)))

    def make(self, plan: BackfillPlan, resume: Resume, *, replace_fleet: bool = False) -> None:
        """Make the days of the plan in this process, oldest first, on the running cloud.

        Raises UserError when a run fails. Ctrl-C cancels the day in progress and ends the command
        with the command that makes the rest.
        """
        with self._making(plan, resume, replace_fleet) as making:
            if last := make_days(self.runner, plan.days, making.progress.add):
                making.fail(last)

    def submit(self, plan: BackfillPlan, resume: Resume, *, replace_fleet: bool = False) -> None:
        """Make the days of the plan by the instance's queue, and follow them.

        As `make`, but Ctrl-C cancels all runs that are unfinished.
        """
        from wattif_dagster.backfill.queue import QueuedBackfill, open_queue

        runner = self.runner
        with (
            self._making(plan, resume, replace_fleet) as making,
            open_queue(runner.instance, runner.graph) as queue,
        ):
            backfill = QueuedBackfill(queue, plan.days, making.progress.add, runner.stop)
            if failed := backfill.run():
                making.fail(failed)

    @contextmanager
    def _making(
        self, plan: BackfillPlan, resume: Resume, replace_fleet: bool
    ) -> Iterator["_Making"]:
        progress, began = BackfillProgress(self.console, plan), time.monotonic()
        with running_cloud(self.settings), interrupts_set(self.runner.stop):
            if replace_fleet:
                resources = build_resources(self.settings)
                simulation = resources["wattif_simulation"]
                claim_bucket(resources["wattif_gcs"], simulation, replace=True)
            try:
                with progress.shown():
                    yield _Making(self.runner, progress, resume)
            except (KeyboardInterrupt, CancelledError):
                left = resume(progress.first_unmade())
                self.console.print(f"wattif: Stopped. {progress} are made. Continue with: {left}")
                click.get_current_context().exit(INTERRUPTED)
        click.echo(f"{progress} made in {time.monotonic() - began:,.0f} s")


@dataclass(frozen=True)
class _Making:
    """Days in the making."""

    runner: DayRunner
    progress: BackfillProgress
    resume: Resume

    def fail(self, run: DagsterRun) -> NoReturn:
        """Raise UserError for the run that failed, or CancelledError when it was to stop."""
        if self.runner.stop.is_set():
            raise CancelledError
        reason = describe_failure(self.runner.instance, run) or "it was ended from outside"
        raise UserError(
            f"Run {run.run_id[:SHORT]} of {run.tags.get(PARTITION_TAG)} failed: "
            f"{reason.rstrip('.')}. {self.progress} are made. Fix the cause, then continue with: "
            f"{self.resume(self.progress.first_unmade())}"
        )
