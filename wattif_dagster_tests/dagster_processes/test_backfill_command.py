"""`wattif backfill` and `wattif runs` on a project: interrupted, and continued.

The interrupted command is a process; what continues it runs in this one.
"""

import re
import shlex
import signal

import pytest
from dagster import DagsterRunStatus, RunsFilter

from wattif_dagster import keys
from wattif_dagster.ingest.layout import manifest_name
from wattif_dagster_tests.dagster_processes.conftest import Run
from wattif_dagster_tests.support.days import DAILY, assert_day_is_landed, assert_day_is_right
from wattif_dagster_tests.support.project import Project, run_until
from wattif_dagster_tests.support.runs import day

pytestmark = pytest.mark.slow

LANDING = "meter_registry,raw_readings"


@pytest.fixture(scope="module")
def project(project_at_home: Project) -> Project:
    return project_at_home


def command(first: int, last: int, *more: str) -> list[str]:
    days = ("--start", str(day(first)), "--end", str(day(last)))
    return ["wattif", "backfill", *days, *more]


def read_plan(stderr: str) -> str:
    """The sentence that says what the backfill makes, and why."""
    found = re.search(r"^\d+ of \d+ partitions to make.*$", stderr, re.MULTILINE)
    assert found, stderr
    return found[0]


def test_killed_backfill_costs_one_day(project: Project, run: Run):
    line = f"{day(2)} meter_readings made"
    code, said = run_until(project, command(1, 3), line, signal.SIGKILL)
    assert code == -signal.SIGKILL
    assert read_plan(said) == "42 of 42 partitions to make (42 missing), in 3 runs"
    done = run(*command(1, 3))
    assert done.returncode == 0, done.stderr
    assert re.search(r"^Run \w{8} was killed\. It is marked as failed\.$", done.stderr, re.M)
    plan = read_plan(done.stderr)
    # The process may be killed after the materialization and before its checks.
    blocked = r"(, \d failed a blocking check)?"
    assert re.search(rf"\(14 missing, \d+ failed{blocked}\), in 2 runs$", plan), plan
    assert_day_is_landed(project, day(2))
    for number in (1, 3):
        assert_day_is_right(project, day(number))
    again = run(*command(1, 3))
    assert again.returncode == 0
    assert again.stdout == (
        "Nothing to do: all 42 partitions (3 days of 14 assets) are up to date. "
        "Use --again to make them again.\n"
    )


def test_ctrl_c_cancels_the_day_and_names_the_command(project: Project, run: Run):
    line = f"{day(5)} meter_registry made"
    code, said = run_until(project, command(4, 13, "--select", LANDING), line, signal.SIGINT)
    assert code == 130
    assert "Traceback" not in said
    left = said.strip().rsplit("Continue with: ", 1)[1]
    assert shlex.split(left) == command(4, 13, "--select", LANDING)
    done = run(*shlex.split(left))
    assert done.returncode == 0, done.stderr
    for number in range(4, 14):
        assert len(project.materializations(keys.RAW_READINGS, day(number))) == 1


def test_failed_day_is_listed_and_made_by_the_same_command(project: Project, run: Run):
    """The manifest of day 51 is damaged."""
    landed = run(*command(50, 52, "--select", LANDING))
    assert landed.returncode == 0, landed.stderr
    gcs, name = project.resources["wattif_gcs"], manifest_name(day(51))
    sound = gcs.read(name)
    assert sound
    gcs.write(name, b"{")
    loading = command(50, 52, "--select", "meter_readings,hourly_consumption")
    failed = run(*loading)
    assert failed.returncode == 1
    assert "Traceback" not in failed.stderr
    (broken,) = project.instance.get_runs(RunsFilter(statuses=[DagsterRunStatus.FAILURE]), limit=1)
    short = broken.run_id[:8]
    said = failed.stderr.strip().splitlines()[-1]
    assert said.startswith(f"wattif: Run {short} of {day(51)} failed: meter_readings: ")
    assert said.endswith(f"continue with: {shlex.join(loading)}")
    listed = run("wattif", "runs", "--limit", "1").stdout
    assert re.search(
        rf"^ {short} .*hourly_consumption, meter_readings +{day(51)} .* failure +"
        r"\d:\d\d:\d\d +meter_readings: .*is damaged",
        listed,
        re.MULTILINE,
    )
    gcs.write(name, sound[0])
    dry = run(*loading, "--dry-run")
    assert read_plan(dry.stderr) == "4 of 6 partitions to make (2 missing, 2 failed), in 2 runs"
    done = run(*loading)
    assert done.returncode == 0, done.stderr
    assert len(project.materializations(keys.METER_READINGS, day(50))) == 1
    assert len(project.materializations(keys.HOURLY_CONSUMPTION, day(52))) == 1
    assert broken.tags["dagster/max_retries"] == "0"


def test_stale_days_are_made_again(run: Run):
    assert run(*command(60, 60, "--select", LANDING + ",meter_readings")).returncode == 0
    assert run(*command(60, 60, "--select", "raw_readings", "--again")).returncode == 0
    done = run(*command(60, 60, "--select", LANDING + ",meter_readings"))
    assert read_plan(done.stderr) == "1 of 3 partitions to make (1 stale), in 1 runs"


def test_selection_of_no_asset_starts_nothing(project: Project, run: Run):
    before = project.instance.get_runs_count()
    done = run(*command(1, 2, "--select", "raw"))
    assert done.returncode == 1
    (said,) = done.stderr.splitlines()
    assert said.startswith("wattif: --select 'raw' is not a selection of assets.")
    assert project.instance.get_runs_count() == before


def test_backfill_of_another_fleet_is_refused(project: Project, run: Run):
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(project.variables, "WATTIF_SIMULATION__LOAD", "household")
        refused = run(*command(70, 70, "--select", LANDING))
    assert refused.returncode == 1
    assert "WATTIF_SIMULATION__LOAD is uniform there, household here" in refused.stderr
    assert project.materializations(keys.RAW_READINGS, day(70)) == []
    assert len(DAILY) == 14
