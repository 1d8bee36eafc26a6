"""`wattif backfill`, `runs` and `retry` on this project: ended in the middle, they go on.

What is ended is a process; what goes on from there runs in this one.
"""

import os
import re
import shlex
import signal
import subprocess

import pytest
from dagster import DagsterRunStatus, RunsFilter

from wattif_dagster import keys
from wattif_dagster.definitions import ASSETS
from wattif_dagster.ingest.layout import manifest_name
from wattif_dagster_tests.support.runs import day
from wattif_dagster_tests.dagster_processes.conftest import BIN, Project, Run
from wattif_dagster_tests.support.days import assert_day_is_right

pytestmark = pytest.mark.slow


LANDING = "meter_registry,raw_readings"


@pytest.fixture(scope="module")
def project(project_at_home: Project) -> Project:
    return project_at_home


def command(first: int, last: int, *more: str) -> list[str]:
    days = ("--start", str(day(first)), "--end", str(day(last)))
    return ["wattif", "backfill", *days, *more]


def ended(project: Project, words: list[str], line: str, end: signal.Signals) -> tuple[int, str]:
    """Start the command and end it at that line; its exit code and all that it said."""
    with subprocess.Popen(
        [BIN / words[0], *words[1:]],
        env=project.environment,
        cwd=project.folder,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr
        said = ""
        for read in process.stderr:
            said += read
            if line in read:
                os.kill(process.pid, end)
        return process.wait(), said


def to_make(stderr: str) -> int:
    found = re.search(r"^(\d+) of \d+ days of assets to make", stderr, re.MULTILINE)
    assert found, stderr
    return int(found[1])


def assert_right(project: Project, first: int, last: int) -> None:
    for number in range(first, last + 1):
        assert_day_is_right(project, day(number))


def test_killed_the_same_command_does_only_the_rest(project: Project, run: Run):
    line = f"{day(1)} meter_readings made"
    code, said = ended(project, command(1, 2), line, signal.SIGKILL)
    assert code == -signal.SIGKILL
    assert to_make(said) == 2 * len(ASSETS)
    done = run(*command(1, 2))
    assert done.returncode == 0, done.stderr
    assert re.search(r"run \w{8} was killed; \d+ days of assets it had finished", done.stderr)
    assert to_make(done.stderr) < 2 * len(ASSETS) - 4
    assert_right(project, 1, 2)
    again = run(*command(1, 2))
    assert again.returncode == 0
    assert again.stdout == (
        "all 24 days of assets are made and current; --again makes them again\n"
    )


def test_ctrl_c_says_the_command_that_does_the_rest(project: Project, run: Run):
    line = f"{day(3)} meter_registry made"
    code, said = ended(project, command(3, 22, "--select", LANDING), line, signal.SIGINT)
    assert code == 130
    assert "Traceback" not in said
    assert project.instance.get_runs(limit=1)[0].status is DagsterRunStatus.CANCELED
    go_on = said.strip().rsplit("to go on: ", 1)[1]
    assert shlex.split(go_on) == command(3, 22, "--select", LANDING)
    left = 2 * 20 - sum(
        len(project.materializations(key, day(number)))
        for key in (keys.METER_REGISTRY, keys.RAW_READINGS)
        for number in range(3, 23)
    )
    assert 0 < left < 2 * 20
    done = run(*shlex.split(go_on))
    assert done.returncode == 0, done.stderr
    assert to_make(done.stderr) == left
    for number in range(3, 23):
        assert len(project.materializations(keys.RAW_READINGS, day(number))) == 1


def test_a_failed_run_is_listed_and_retried_for_what_it_did_not_make(project: Project, run: Run):
    """Day 51's manifest is damaged."""
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
    assert said.startswith(f"wattif: run {short} of {day(50)}...{day(52)} failed: meter_readings: ")
    assert said.endswith(f"go on with: {shlex.join(loading)}")
    listed = run("wattif", "runs", "--limit", "1").stdout
    assert re.search(
        rf"^ {short} .*hourly_consumption, meter_readings +{day(50)}...{day(52)} .* failure +"
        r"\d:\d\d:\d\d +meter_readings: .*is damaged",
        listed,
        re.MULTILINE,
    )
    gcs.write(name, sound[0])
    retried = run("wattif", "retry", short)
    assert retried.returncode == 0, retried.stderr
    assert f"run {short} of {day(50)}...{day(52)}: 4 of 6 days of assets to make" in retried.stderr
    assert len(project.materializations(keys.METER_READINGS, day(50))) == 1
    assert len(project.materializations(keys.HOURLY_CONSUMPTION, day(52))) == 1
    latest = project.instance.get_runs(limit=1)[0]
    assert latest.tags["dagster/parent_run_id"] == broken.run_id
    assert broken.tags["dagster/max_retries"] == latest.tags["dagster/max_retries"] == "0"
    nothing = run("wattif", "retry", "--all-failed")
    assert nothing.returncode == 0
    assert re.fullmatch(r"nothing is missing of the \d+ runs that failed\n", nothing.stdout)
    succeeded = run("wattif", "retry", latest.run_id)
    assert succeeded.returncode == 1
    assert succeeded.stderr == (
        f"wattif: run {latest.run_id[:8]} did not fail: its status is success\n"
    )


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (command(1, 2, "--select", "raw"), "--select 'raw' is no selection of assets"),
        (["wattif", "retry", "none"], "there is no run none; `wattif runs` lists them"),
    ],
)
def test_what_is_refused_starts_nothing(
    project: Project, run: Run, words: list[str], sentence: str
):
    before = project.instance.get_runs_count()
    done = run(*words)
    assert done.returncode == 1
    (said,) = done.stderr.splitlines()
    assert said.startswith(f"wattif: {sentence}")
    assert project.instance.get_runs_count() == before
