"""The `dagster` command on this project, as users type it."""

import shutil
from pathlib import Path

import pytest
from dagster import DagsterRunStatus

from wattif_dagster.definitions import ASSETS
from wattif_dagster_tests.support.runs import day
from wattif_dagster_tests.dagster_processes.conftest import ROOT, Project
from wattif_dagster_tests.support.days import assert_day_is_right

pytestmark = pytest.mark.slow

MATERIALIZE = ("dagster", "asset", "materialize", "-m", "wattif_dagster.definitions")


def test_definitions_load_while_the_local_cloud_is_down(project: Project, tmp_path: Path):
    """As pyproject.toml names them."""
    shutil.copy(ROOT / "pyproject.toml", project.folder)
    down = {"WATTIF_HOME": str(tmp_path / "nothing")}
    result = project.run("dagster", "definitions", "validate", **down)
    assert result.returncode == 0, result.stderr
    assert (
        "Validation successful for code location wattif_dagster." in result.stdout + result.stderr
    )


def test_a_bad_setting_is_said_in_one_sentence(project: Project):
    result = project.run(*MATERIALIZE, "--select", "*", WATTIF_BUCKET="NO")
    assert result.returncode == 1
    (said,) = [line for line in result.stderr.splitlines() if "is not a bucket name" in line]
    assert said == (
        "wattif_dagster.errors.UserError: WATTIF_BUCKET: 'NO' is not a bucket name; "
        "use 3 to 63 of a-z, 0-9, '-', '_', '.'"
    )


def test_a_range_of_partitions_in_one_run(project: Project):
    asked = f"{day(1)}...{day(2)}"
    result = project.run(*MATERIALIZE, "--select", "*", "--partition-range", asked)
    assert result.returncode == 0, result.stderr
    for number in (1, 2):
        assert_day_is_right(project, day(number))
    run = project.instance.get_runs(limit=1)[0]
    assert run.status == DagsterRunStatus.SUCCESS
    for asset in ASSETS:
        (record,) = project.materializations(asset.key, day(1))
        assert record.run_id == run.run_id
