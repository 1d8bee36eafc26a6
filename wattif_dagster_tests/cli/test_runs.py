"""What `wattif runs` lists, and what it marks as failed."""

from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from dagster import DagsterInstance, DagsterRun, DagsterRunStatus

from wattif_dagster_tests.support.in_process import run_in_process

Run = Callable[..., CompletedProcess[str]]


@pytest.fixture
def wattif_runs(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Run:
    """Run `wattif runs` over a finished and a started run."""
    (tmp_path / "dagster.yaml").write_text("telemetry: {enabled: false}")
    with DagsterInstance.from_config(str(tmp_path)) as instance:
        for run_id, status in (
            ("finished", DagsterRunStatus.SUCCESS),
            ("started", DagsterRunStatus.STARTED),
        ):
            tags = {"dagster/partition": "2024-01-02"}
            instance.add_run(DagsterRun("daily", run_id=run_id, status=status, tags=tags))

    def run(*words: str) -> CompletedProcess[str]:
        environment = {"DAGSTER_HOME": str(tmp_path)}
        return run_in_process(("wattif", "runs", *words), environment, tmp_path, capfd)

    return run


def list_statuses(listed: CompletedProcess[str]) -> dict[str, str]:
    assert listed.returncode == 0, listed.stderr
    lines = [line.split() for line in listed.stdout.splitlines()[1:]]
    assert all(line[1:3] == ["daily", "2024-01-02"] for line in lines)
    return {line[0]: line[5] for line in lines}


def test_runs_are_listed_with_their_status(wattif_runs: Run):
    assert list_statuses(wattif_runs()) == {"finished": "success", "started": "started"}
    assert len(list_statuses(wattif_runs("--limit", "1"))) == 1


def test_unfinished_run_is_marked_as_failed(wattif_runs: Run):
    assert wattif_runs("--fail", "start").stdout == "Run started is marked as failed.\n"
    assert list_statuses(wattif_runs())["started"] == "failure"


@pytest.mark.parametrize(
    ("run_id", "sentence"),
    [
        ("finished", "Run finished is finished: success."),
        ("other", "There is no run 'other'. `wattif runs` lists the runs."),
        ("", "There is no run ''. `wattif runs` lists the runs."),
    ],
)
def test_finished_or_unknown_run_is_not_failed(wattif_runs: Run, run_id: str, sentence: str):
    refused = wattif_runs("--fail", run_id)
    assert refused.returncode == 1
    assert refused.stderr == f"wattif: {sentence}\n"


def test_limit_beyond_64_bits_is_one_sentence(wattif_runs: Run):
    refused = wattif_runs("--limit", "9" * 20)
    assert refused.returncode == 2
    assert "is not in the range 1<=x<=10000" in refused.stderr
