"""A real web server and daemon: backfills by the UI, the command line and the queue."""

import signal
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pytest
import requests
from dagster import DagsterEventType, DagsterRunStatus, RunsFilter

from wattif_dagster import keys
from wattif_dagster.defs.automation.gaps import GAP_CHECKS
from wattif_dagster.local_cloud.ports import free_ports
from wattif_dagster.local_cloud.supervisor import LocalCloud
from wattif_dagster_tests.support.browser import open_page
from wattif_dagster_tests.support.days import DAILY, assert_day_is_right
from wattif_dagster_tests.support.project import ROOT, Project, ready_project, run_until
from wattif_dagster_tests.support.runs import day, make_settings
from wattif_dagster_tests.support.wait import wait_until

pytestmark = pytest.mark.slow

WORKSPACE = ("-w", str(ROOT / "workspace.yaml"))
ASSET_DAYS = [day(11), day(12)]
JOB_DAYS = [day(1), day(2)]
QUEUED_DAYS = [day(31), day(32)]

LAUNCH_BACKFILL = """
mutation ($params: LaunchBackfillParams!) {
  launchPartitionBackfill(backfillParams: $params) {
    __typename ... on LaunchBackfillSuccess { backfillId } ... on PythonError { message }
  }
}"""
CHECKS = """
query ($asset: AssetKeyInput!) {
  assetNodeOrError(assetKey: $asset) {
    ... on AssetNode {
      assetChecksOrError { ... on AssetChecks { checks {
        name canExecuteIndividually
        partitionStatuses {
          ... on AssetCheckTimePartitionStatuses { ranges { status startKey endKey } }
        }
      } } }
    }
  }
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
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """With a local cloud of its own, which the commands join."""
    folder = tmp_path_factory.mktemp("project")
    with LocalCloud(folder / "home").running() as cloud:
        endpoints = (folder / "home" / "endpoints.json").read_bytes()
        settings = make_settings(cloud, folder / "home", meters=3)
        (folder / "home" / "endpoints.json").write_bytes(endpoints)
        with ready_project(settings, folder) as made:
            yield made


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
                "assetSelection": [{"path": key.path} for key in DAILY],
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


def test_job_backfill_runs_each_day(platform: Platform):
    """As README types it, with the workspace file."""
    project = platform.project

    def ended() -> bool:
        runs = project.instance.get_runs(RunsFilter(job_name="daily"))
        return len(runs) == len(JOB_DAYS) and all(run.is_finished for run in runs)

    wait_until(ended, "the runs did not end")
    for run in project.instance.get_runs(RunsFilter(job_name="daily")):
        assert run.status == DagsterRunStatus.SUCCESS
    for made in JOB_DAYS:
        assert_day_is_right(project, made)


def test_asset_backfill_runs_each_day(platform: Platform):
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
    runs = project.instance.get_runs(RunsFilter(tags={"dagster/backfill": platform.asset_backfill}))
    assert sorted(run.tags["dagster/partition"] for run in runs) == [str(d) for d in ASSET_DAYS]


def test_queued_backfill_makes_its_days_in_order(platform: Platform):
    project = platform.project
    words = ("--start", str(QUEUED_DAYS[0]), "--end", str(QUEUED_DAYS[-1]))
    done = project.run("wattif", "backfill", *words, "--queue")
    assert done.returncode == 0, done.stderr
    for made in QUEUED_DAYS:
        assert_day_is_right(project, made)
    spans = []
    for made in QUEUED_DAYS:
        (record,) = project.materializations(keys.ANOMALY_SCORES, made)
        run = project.instance.get_run_record_by_id(record.run_id)
        assert run
        assert run.start_time
        assert run.end_time
        spans.append((run.start_time, run.end_time))
    assert all(end <= begin for (_, end), (begin, _) in pairwise(spans))


def test_ctrl_c_cancels_what_was_queued(platform: Platform):
    project = platform.project
    words = ("--start", str(day(41)), "--end", str(day(44)), "--queue")
    command = ["wattif", "backfill", *words]
    code, said = run_until(project, command, "meter_registry made", signal.SIGINT)
    assert code == 130, said
    assert "Continue with: wattif backfill --start" in said
    wait_until(
        lambda: all(run.is_finished for run in project.instance.get_runs()), "a run did not end"
    )


def test_scans_of_all_runs_took_turns(platform: Platform):
    spans = []
    for run in platform.project.instance.get_runs():
        stats = platform.project.instance.get_run_step_stats(
            run.run_id, ["wattif__anomaly_scan_results"]
        )
        spans += [(step.start_time, step.end_time) for step in stats]
    assert len(spans) >= len(JOB_DAYS) + len(ASSET_DAYS) + len(QUEUED_DAYS)
    assert all(end <= begin for (_, end), (begin, _) in pairwise(sorted(spans)))


def test_day_is_made_by_a_click_and_its_plot_seen(platform: Platform):
    made = ASSET_DAYS[0]
    asset = keys.FLEET_ANOMALIES.to_user_string()
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
        plot = page.locator("img[src^='data:image/png']").first
        plot.wait_for()
        assert plot.evaluate("image => image.complete && image.naturalWidth") > 500


def test_checks_are_shown_by_partition(platform: Platform):
    """The UI has a result for each day, and does not offer to run the checks by themselves."""
    asset = keys.METER_READINGS
    answer = platform.ask(CHECKS, asset={"path": asset.path})
    checks = answer["assetChecksOrError"]["checks"]
    own = [check for check in checks if check["name"] not in GAP_CHECKS]
    assert {check["name"] for check in own} >= {"rows_match_manifest", "no_duplicates"}
    for check in own:
        assert check["canExecuteIndividually"] == "REQUIRES_MATERIALIZATION"
        succeeded = [
            (span["startKey"], span["endKey"])
            for span in check["partitionStatuses"]["ranges"]
            if span["status"] == "SUCCEEDED"
        ]
        assert (str(JOB_DAYS[0]), str(JOB_DAYS[-1])) in succeeded
        assert (str(ASSET_DAYS[0]), str(ASSET_DAYS[-1])) in succeeded
