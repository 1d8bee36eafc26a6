"""Projects for real Dagster processes."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from wattif_dagster.settings import Endpoints
from wattif_dagster_tests.support.in_process import run_in_process
from wattif_dagster_tests.support.project import Project, ready_project
from wattif_dagster_tests.support.runs import make_settings

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def project(local_cloud: Endpoints, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    folder = tmp_path_factory.mktemp("project")
    with ready_project(make_settings(local_cloud, folder / "home", meters=3), folder) as made:
        yield made


@pytest.fixture(scope="module")
def project_at_home(
    local_cloud: Endpoints, local_cloud_home: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Project]:
    """At home with the local cloud, where the command looks for one to join."""
    folder = tmp_path_factory.mktemp("project")
    settings = make_settings(local_cloud, folder / "home", meters=3)
    with ready_project(settings.model_copy(update={"home": local_cloud_home}), folder) as made:
        yield made


@pytest.fixture
def run(project_at_home: Project, capfd: pytest.CaptureFixture[str]) -> Run:
    """Run a command of ours to its end, in this process."""

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        project = project_at_home
        return run_in_process(words, project.environment, project.folder, capfd)

    return run
