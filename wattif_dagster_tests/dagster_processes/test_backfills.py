"""A real web server and daemon: backfills, asked for as the UI and the command line do; the UI."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pytest
import requests
from dagster import DagsterEventType, DagsterRunStatus, RunsFilter

from wattif_dagster import keys
from wattif_dagster.definitions import ASSETS
from wattif_dagster.local_cloud.ports import free_ports
from wattif_dagster_tests.support.runs import RANGE_END, RANGE_START, day
from wattif_dagster_tests.support.browser import open_page
from wattif_dagster_tests.dagster_processes.conftest import ROOT, Project, wait_until
from wattif_dagster_tests.support.days import assert_day_is_right

pytestmark = pytest.mark.slow

WORKSPACE = ("-w", str(ROOT / "workspace.yaml"))
ASSET_DAYS = [day(11), day(12)]
JOB_DAYS = [day(1), day(2)]

LAUNCH_BACKFILL = """
mutation ($params: LaunchBackfillParams!) {
  launchPartitionBackfill(backfillParams: $params) {
    __typename ... on LaunchBackfillSuccess { backfillId } ... on PythonError { message }
  }
}"""
LAUNCH_RUN = """
mutation ($params: ExecutionParams!) {
  launchPipelineExecution(executionParams: $params) {
    __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message }
  }
}"""
TERMINATE = """
mutation ($run: String!) {
  terminateRun(runId: $run) { __typename ... on TerminateRunFailure { message } }
}"""


@dataclass(frozen=True)
class Platform:
    """A web server and a daemon over a project, with two backfills on their way."""

    project: Project
    url: str
    asset_backfill: str

    def ask(self, query: str, **variables: Any) -> Any:
        return ask(self.url, query, **variables)


def ask(url: str, query: str, **variables: Any) -> Any:
    """The one field of the answer to a GraphQL query."""
    answer = requests.post(
        f"{url}/graphql", json={"query": query, "variables": variables}, timeout=60
    )
    (field,) = answer.json()["data"].values()
    return field


def failed_steps(project: Project) -> list[str]:
    """What the failed steps of all runs say, causes included."""
    instance = project.instance
    return [
        log.get_dagster_event().step_failure_data.error_display_string
        for run in instance.get_runs()
        for log in instance.all_logs(run.run_id, of_type=DagsterEventType.STEP_FAILURE)
    ]


def answers(url: str) -> bool:
    try:
        return requests.get(f"{url}/server_info", timeout=5).ok
    except requests.ConnectionError:
        return False


@pytest.fixture(scope="module")
def platform(project: Project) -> Iterator[Platform]:
    """The daemon looks for backfills when it starts, then every 30 s: it is started last."""
    port = free_ports({"webserver": None})["webserver"]
    url = f"http://127.0.0.1:{port}"
    server = ("dagster-webserver", *WORKSPACE, "-h", "127.0.0.1", "-p", str(port))
    with project.running(*server):
        wait_until(lambda: answers(url), "the web server does not answer")
        launched = ask(
            url,
            LAUNCH_BACKFILL,
            params={
                "assetSelection": [{"path": asset.key.path} for asset in ASSETS],
                "partitionNames": [str(day) for day in ASSET_DAYS],
            },
        )
        assert launched["__typename"] == "LaunchBackfillSuccess", launched
        days = ("--from", str(JOB_DAYS[0]), "--to", str(JOB_DAYS[-1]))
        submitted = project.run(
            "dagster", "job", "backfill", *WORKSPACE, "-j", "daily", *days, "--noprompt"
        )
        assert submitted.returncode == 0, submitted.stderr
        with project.running("dagster-daemon", "run", *WORKSPACE):
            yield Platform(project, url, launched["backfillId"])


def test_a_cancelled_run_ends_and_keeps_its_finished_days(platform: Platform):
    project = platform.project
    launched = platform.ask(
        LAUNCH_RUN,
        params={
            "selector": {
                "repositoryLocationName": "wattif_dagster",
                "repositoryName": "__repository__",
                "pipelineName": "__ASSET_JOB",
                "assetSelection": [{"path": keys.METER_REGISTRY.path}],
                "assetCheckSelection": [],
            },
            "executionMetadata": {
                "tags": [
                    {"key": RANGE_START, "value": str(day(21))},
                    {"key": RANGE_END, "value": str(day(700))},
                ]
            },
        },
    )
    assert launched["__typename"] == "LaunchRunSuccess", launched
    run_id = launched["run"]["runId"]

    def day_is_made() -> bool:
        observed = DagsterEventType.ASSET_OBSERVATION
        return len(project.instance.all_logs(run_id, of_type=observed)) > 0

    def ended() -> bool:
        run = project.instance.get_run_by_id(run_id)
        return run is not None and run.is_finished

    wait_until(day_is_made, "the run did not begin")
    assert platform.ask(TERMINATE, run=run_id)["__typename"] == "TerminateRunSuccess"
    wait_until(ended, "the run did not end")
    run = project.instance.get_run_by_id(run_id)
    assert run is not None
    assert run.status == DagsterRunStatus.CANCELED
    events = [log.dagster_event_type for log in project.instance.all_logs(run_id)]
    assert DagsterEventType.STEP_UP_FOR_RETRY not in events
    assert 1 <= events.count(DagsterEventType.ASSET_MATERIALIZATION) < 680
    assert len(project.materializations(keys.METER_REGISTRY, day(21))) == 1


def test_a_job_backfill_runs_each_day(platform: Platform):
    project = platform.project

    def ended() -> bool:
        runs = project.instance.get_runs(RunsFilter(job_name="daily"))
        return len(runs) == len(JOB_DAYS) and all(run.is_finished for run in runs)

    wait_until(ended, "the runs did not end")
    for run in project.instance.get_runs(RunsFilter(job_name="daily")):
        assert run.status == DagsterRunStatus.SUCCESS
    for made in JOB_DAYS:
        assert_day_is_right(project, made)


def test_an_asset_backfill_makes_just_its_days_in_one_run(platform: Platform):
    project = platform.project

    def ended() -> bool:
        backfill = project.instance.get_backfill(platform.asset_backfill)
        return backfill is not None and backfill.status.value.startswith("COMPLETED")

    wait_until(ended, "the backfill did not end")
    backfill = project.instance.get_backfill(platform.asset_backfill)
    assert backfill is not None
    assert backfill.status.value == "COMPLETED_SUCCESS", failed_steps(project)
    for made in ASSET_DAYS:
        assert_day_is_right(project, made)
    (run,) = project.instance.get_runs(
        RunsFilter(tags={"dagster/backfill": platform.asset_backfill})
    )
    assert (run.tags[RANGE_START], run.tags[RANGE_END]) == (
        str(ASSET_DAYS[0]),
        str(ASSET_DAYS[-1]),
    )


def test_scans_of_all_runs_took_turns(platform: Platform):
    spans = []
    for run in platform.project.instance.get_runs():
        stats = platform.project.instance.get_run_step_stats(
            run.run_id, ["wattif__anomaly_scan_results"]
        )
        spans += [(step.start_time, step.end_time) for step in stats]
    assert len(spans) == len(JOB_DAYS) + 1
    assert all(end <= begin for (_, end), (begin, _) in pairwise(sorted(spans)))


def test_a_day_is_made_by_a_click_and_its_picture_seen(platform: Platform):
    made = ASSET_DAYS[0]
    asset = keys.ANOMALY_SCAN_RESULTS.to_user_string()
    address = f"{platform.url}/assets/{asset}?view=partitions&partition={made}"
    clicked = RunsFilter(tags={"dagster/from_ui": "true", "dagster/partition": str(made)})

    def ended() -> bool:
        runs = platform.project.instance.get_runs(clicked)
        return len(runs) == 1 and runs[0].is_finished

    # What Dagster asks on the first visit would come to lie above all else, at any moment.
    platform.ask("mutation { setNuxSeen }")
    with open_page() as page:
        page.goto(address)
        page.get_by_role("button", name="Materialize").first.click()
        page.get_by_role("button", name="Launch 1 run").click()
        wait_until(ended, "the run did not end")
        (run,) = platform.project.instance.get_runs(clicked)
        assert run.status == DagsterRunStatus.SUCCESS
        page.goto(address)
        page.get_by_text("[Show Markdown]").first.click()
        picture = page.locator("img[src^='data:image/png']").first
        picture.wait_for()
        assert picture.evaluate("image => image.complete && image.naturalWidth") > 500
