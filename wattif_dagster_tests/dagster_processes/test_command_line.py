"""The `dagster` and `dg` commands on this project, as users type them."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from dagster import DagsterRunStatus

from wattif_dagster_tests.support.days import DAILY, assert_day_is_right
from wattif_dagster_tests.support.project import BIN, ROOT, Project
from wattif_dagster_tests.support.runs import day

pytestmark = pytest.mark.slow

MATERIALIZE = ("dagster", "asset", "materialize", "-m", "wattif_dagster.definitions")
LOCATION = "wattif_dagster.definitions"


@pytest.mark.parametrize(
    "words", [(), ("-m", "wattif_dagster.definitions"), ("-w", str(ROOT / "workspace.yaml"))]
)
def test_location_has_one_name_and_loads_without_a_cloud(
    project: Project, tmp_path: Path, words: tuple[str, ...]
):
    shutil.copy(ROOT / "pyproject.toml", project.folder)
    down = {"WATTIF_HOME": str(tmp_path / "nothing")}
    done = project.run("dagster", "definitions", "validate", *words, **down)
    assert done.returncode == 0, done.stderr
    assert f"Validation successful for code location {LOCATION}." in done.stdout + done.stderr


def test_bad_setting_is_one_sentence(project: Project):
    done = project.run(*MATERIALIZE, "--select", "*", WATTIF_BUCKET="NO")
    assert done.returncode == 1
    (said,) = [line for line in done.stderr.splitlines() if "is not a bucket name" in line]
    assert said == (
        "wattif_dagster.errors.UserError: WATTIF_BUCKET: 'NO' is not a bucket name; "
        "use 3 to 63 of a-z, 0-9, '-', '_', '.'."
    )


def test_dagster_asset_materialize_makes_one_day(project: Project):
    done = project.run(*MATERIALIZE, "--select", "*", "--partition", str(day(1)))
    assert done.returncode == 0, done.stderr
    assert_day_is_right(project, day(1))
    run = project.instance.get_runs(limit=1)[0]
    assert run.status == DagsterRunStatus.SUCCESS
    for key in DAILY:
        (record,) = project.materializations(key, day(1))
        assert record.run_id == run.run_id


def test_dg_lists_checks_and_scaffolds(tmp_path: Path, project: Project):
    for name in ("pyproject.toml", "setup.py"):
        shutil.copy(ROOT / name, tmp_path)
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "wattif_dagster", tmp_path / "wattif_dagster", ignore=ignored)

    def dg(*words: str) -> str:
        done = subprocess.run(
            [BIN / "dg", *words],
            cwd=tmp_path,
            env={**project.environment, "PYTHONPATH": str(tmp_path)},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    dg("scaffold", "defs", "dagster.asset", "weather/asset.py")
    assert (tmp_path / "wattif_dagster" / "defs" / "weather" / "asset.py").is_file()
    assert "All definitions loaded successfully." in dg("check", "defs")
    listed = json.loads(dg("list", "defs", "--json"))
    keys = {asset["asset_key"] for asset in listed["assets"]}
    assert keys == {"asset", *(key.to_user_string() for key in DAILY)}
