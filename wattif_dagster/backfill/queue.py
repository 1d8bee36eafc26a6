"""Makes days by the instance's queue: a daemon launches the runs, in processes or on machines.

Days of assets that need no earlier day are submitted at once. Days of the others are submitted one
after the other, each when the day before it is made.
"""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from dagster import DagsterInstance, DagsterRun, DagsterRunStatus, RunsFilter
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster_graphql.cli import execute_query

from wattif_dagster.backfill.execute import NO_RETRIES, MadePartitions, ReportMade
from wattif_dagster.backfill.graph import DailyGraph
from wattif_dagster.backfill.location import LOCATION, REPOSITORY, locate
from wattif_dagster.backfill.plan import DayPlan
from wattif_dagster.backfill.runs import PARTITION_TAG
from wattif_dagster.errors import CancelledError, UserError

POLL_SECONDS = 1.0
RETRY_TAG = "dagster/auto_retry_run_id"
"""The daemon adds this to a run that it launches again."""

_LAUNCH = """
mutation ($runs: [ExecutionParams!]!) {
  launchMultipleRuns(executionParamsList: $runs) {
    __typename
    ... on LaunchMultipleRunsResult {
      launchMultipleRunsResult {
        __typename
        ... on LaunchRunSuccess { run { runId } }
        ... on PythonError { message }
        ... on Error { message }
      }
    }
    ... on PythonError { message }
  }
}"""
_TERMINATE = """
mutation ($runs: [String!]!) {
  terminateRuns(runIds: $runs, terminatePolicy: SAFE_TERMINATE) { __typename }
}"""


@dataclass(frozen=True)
class RunQueue:
    """The queue of an instance. Open it with `open_queue`."""

    instance: DagsterInstance
    graph: DailyGraph
    context: WorkspaceProcessContext

    def submit(self, plans: Sequence[DayPlan]) -> list[str]:
        """Submit a run for each plan; returns their ids. Raises UserError when one is refused."""
        if not plans:
            return []
        answer = execute_query(self.context, _LAUNCH, {"runs": [self._describe(p) for p in plans]})
        launched = (answer.get("data") or {}).get("launchMultipleRuns") or answer
        results = launched.get("launchMultipleRunsResult", [launched])
        for result in results:
            if result.get("__typename") != "LaunchRunSuccess":
                reason = result.get("message") or str(result.get("errors", result))
                raise UserError(f"The queue did not accept the runs: {reason.splitlines()[0]}")
        return [result["run"]["runId"] for result in results]

    def cancel(self, run_ids: Sequence[str]) -> None:
        """Ask for the runs to be canceled, whether they wait or execute, and not to be retried."""
        for run_id in run_ids:
            self.instance.add_run_tags(run_id, NO_RETRIES)
        if run_ids:
            execute_query(self.context, _TERMINATE, {"runs": list(run_ids)})

    def _describe(self, plan: DayPlan) -> Mapping[str, Any]:
        checks = [check for key in plan.assets for check in self.graph.checks[key]]
        return {
            "selector": {
                "repositoryLocationName": LOCATION,
                "repositoryName": REPOSITORY,
                "jobName": "__ASSET_JOB",
                "assetSelection": [{"path": key.path} for key in plan.assets],
                "assetCheckSelection": [
                    {"assetKey": {"path": check.asset_key.path}, "name": check.name}
                    for check in checks
                ],
            },
            "executionMetadata": {"tags": [{"key": PARTITION_TAG, "value": plan.day.isoformat()}]},
        }


@contextmanager
def open_queue(instance: DagsterInstance, graph: DailyGraph) -> Iterator[RunQueue]:
    """Load the code location as the daemon does, to submit runs of it inside the with block."""
    with WorkspaceProcessContext(instance, locate()) as context:
        yield RunQueue(instance, graph, context)


@dataclass
class QueuedBackfill:
    """Submits the days of a backfill and follows their runs."""

    queue: RunQueue
    plans: Sequence[DayPlan]
    on_made: ReportMade
    stop: threading.Event
    _following: dict[str, MadePartitions] = field(default_factory=dict)
    _ended: dict[str, DagsterRun] = field(default_factory=dict)

    def run(self) -> DagsterRun | None:
        """Make the days; returns the first run that did not succeed, None when all did.

        After a failure nothing more is submitted, and runs that were submitted may end. Raises
        CancelledError when `stop` is set, after the unfinished runs were canceled.
        """
        split = [plan.split(self.queue.graph) for plan in self.plans]
        free = [plan for plan, _ in split if plan.assets]
        run_ids = dict(zip((plan.day for plan in free), self._submit(free), strict=True))
        for _, ordered in split:
            if failed := self._wait([run_ids[ordered.day]] if ordered.day in run_ids else []):
                return failed
            if ordered.assets and (failed := self._wait(self._submit([ordered]))):
                return failed
        return self._wait(list(run_ids.values()))

    def _submit(self, plans: Sequence[DayPlan]) -> list[str]:
        run_ids = self.queue.submit(plans)
        for run_id in run_ids:
            self._following[run_id] = MadePartitions(self.queue.instance, run_id, self.on_made)
        return run_ids

    def _wait(self, run_ids: Sequence[str]) -> DagsterRun | None:
        """Wait for these runs while all are followed; returns one that did not succeed."""
        while True:
            self._poll()
            ended = [self._ended[run_id] for run_id in run_ids if run_id in self._ended]
            for run in ended:
                if run.status is not DagsterRunStatus.SUCCESS:
                    return run
            if len(ended) == len(run_ids):
                return None
            if self.stop.wait(POLL_SECONDS):
                self.queue.cancel([made.run_id for made in self._following.values()])
                raise CancelledError

    def _poll(self) -> None:
        """Report what was made, and note the runs that have ended.

        A run that the daemon launches again, because its process was lost, is followed in the new
        run.
        """
        submitted = {made.run_id: run_id for run_id, made in self._following.items()}
        if not submitted:
            return
        for run in self.queue.instance.get_runs(RunsFilter(run_ids=list(submitted))):
            run_id = submitted[run.run_id]
            self._following[run_id].report()
            if retry := run.tags.get(RETRY_TAG):
                self._following[run_id] = MadePartitions(self.queue.instance, retry, self.on_made)
            elif run.is_finished and not run.is_complete_and_waiting_to_retry:
                del self._following[run_id]
                self._ended[run_id] = run
