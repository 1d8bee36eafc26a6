"""The `wattif` command, in this process and as users have it, a process of its own."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from wattif_dagster.settings import Settings
from wattif_dagster_tests.support.in_process import run_in_process

WATTIF = Path(sys.executable).with_name("wattif")

Run = Callable[..., subprocess.CompletedProcess[str]]
Start = Callable[..., subprocess.Popen[str]]


def environment(settings: Settings, **more: str) -> dict[str, str]:
    """What the command's process gets to see."""
    return {
        **os.environ,
        "WATTIF_HOME": str(settings.home),
        "WATTIF_BUCKET": settings.bucket,
        "WATTIF_DATASET": settings.dataset,
        "WATTIF_SIMULATION__METERS": str(settings.simulation.meters),
        "WATTIF_SIMULATION__INTERVAL_SECONDS": str(settings.simulation.interval_seconds),
        "WATTIF_INGEST__SPOOL_DIR": str(settings.home / "spool"),
        **more,
    }


@pytest.fixture
def wattif(settings: Settings, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Run:
    """Run the command to its end, in this process."""

    def run(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        words = ("wattif", *arguments)
        return run_in_process(words, environment(settings, **more), tmp_path, capfd)

    return run


@pytest.fixture
def start_wattif(settings: Settings, tmp_path: Path) -> Start:
    """Start the command in a process of its own; the test waits for it."""

    def start(*arguments: str, **more: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [WATTIF, *arguments],
            env=environment(settings, **more),
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start
