"""The Dagster UI as a newcomer meets it after the demo, in a real browser."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
import requests
from dagster import DagsterRunStatus, RunsFilter

from wattif_dagster import keys
from wattif_dagster.cli.days import find_yesterday
from wattif_dagster.local_cloud.ports import free_ports
from wattif_dagster.settings import Endpoints
from wattif_dagster_tests.support.browser import open_page
from wattif_dagster_tests.support.in_process import run_in_process
from wattif_dagster_tests.support.project import ROOT, Project, ready_project
from wattif_dagster_tests.support.runs import make_settings
from wattif_dagster_tests.support.ui_tour import GROUPS, Tour
from wattif_dagster_tests.support.wait import wait_until

pytestmark = pytest.mark.slow

DAYS = 2


def answers(url: str) -> bool:
    try:
        return requests.get(f"{url}/server_info", timeout=5).ok
    except requests.ConnectionError:
        return False


@pytest.fixture(scope="module")
def project(
    local_cloud: Endpoints, local_cloud_home: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Project]:
    """A fleet whose last day is yesterday, as the demo's."""
    folder = tmp_path_factory.mktemp("ui")
    first = find_yesterday() - timedelta(days=DAYS - 1)
    settings = make_settings(local_cloud, folder / "home", meters=3, start_date=str(first))
    with ready_project(settings, folder):
        variables = {
            "WATTIF_HOME": str(local_cloud_home),
            "WATTIF_SIMULATION__START_DATE": str(first),
        }
        yield Project(settings, folder, variables)


@pytest.fixture
def made_project(project: Project, capfd: pytest.CaptureFixture[str]) -> Project:
    """The project with its days made by `wattif backfill`."""
    if not project.instance.get_runs_count():
        days = (str(project.settings.simulation.first_day), str(find_yesterday()))
        words = ("wattif", "backfill", "--start", days[0], "--end", days[1])
        done = run_in_process(words, project.environment, project.folder, capfd)
        assert done.returncode == 0, done.stderr
    return project


@pytest.fixture
def tour(made_project: Project) -> Iterator[Tour]:
    """A browser on a web server over the project."""
    port = free_ports({"webserver": None})["webserver"]
    url = f"http://127.0.0.1:{port}"
    server = ("dagster-webserver", "-w", str(ROOT / "workspace.yaml"), "-h", "127.0.0.1")
    with made_project.running(*server, "-p", str(port)):
        wait_until(lambda: answers(url), "the web server does not answer")
        with open_page() as page:
            yield Tour(page, url)


def test_ui_is_healthy_and_makes_days_by_clicks(tour: Tour, made_project: Project):
    yesterday, page = find_yesterday(), tour.page
    seen: list[str] = []
    for stop in tour.stops(yesterday):
        seen.append(stop)
        text = page.locator("body").inner_text()
        assert "Join the" not in text
        assert "No runs" not in text
        assert "Overdue" not in text
        if stop == "graph":
            assert all(group in text for group in GROUPS)
            assert all(name in text for name in ("raw_readings", "anomaly_scores"))
    assert seen == ["overview", "jobs", "graph", "checks", "plot"]
    assert tour.errors == []

    assert tour.choose_days("Latest") == "Launch 1 run"
    assert str(yesterday) in [field.input_value() for field in page.get_by_role("textbox").all()]
    tour.launch()
    clicked = RunsFilter(tags={"dagster/from_ui": "true"})
    instance = made_project.instance
    wait_until(lambda: bool(instance.get_runs(clicked)), "no run was launched")
    (run,) = instance.get_runs(clicked)
    assert date.fromisoformat(run.tags["dagster/partition"]) == yesterday
    assert run.status in (DagsterRunStatus.QUEUED, DagsterRunStatus.NOT_STARTED)

    assert tour.choose_days("All") == "Launch backfill"
    tour.launch()
    wait_until(lambda: bool(instance.get_backfills()), "no backfill was launched")
    (backfill,) = instance.get_backfills()
    assert tour.errors == []
    assert keys.RAW_READINGS in (backfill.asset_selection or ())
