"""A project for real Dagster processes: a Dagster home on the local cloud."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import pytest
from dagster import AssetKey, AssetRecordsFilter, DagsterInstance, EventLogRecord

from wattif_dagster.cli.instance import ensure_dagster_home
from wattif_dagster.resources.build import Resources
from wattif_dagster.settings import Settings
from wattif_dagster_tests.support.runs import make_resources
from wattif_dagster_tests.support.wait import PATIENCE_SECONDS

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class Project:
    """What the processes share. They run in a folder of their own, beside no `.env`."""

    settings: Settings
    folder: Path
    variables: dict[str, str] = field(default_factory=dict)
    """Of the environment, beside those of the settings."""

    @property
    def environment(self) -> dict[str, str]:
        """What a process gets to see."""
        settings, simulation = self.settings, self.settings.simulation
        return {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
            "NO_PROXY": "127.0.0.1",
            "DAGSTER_HOME": str(self.home),
            "WATTIF_HOME": str(settings.home),
            "WATTIF_BUCKET": settings.bucket,
            "WATTIF_DATASET": settings.dataset,
            "WATTIF_SCAN__SCAN_ID": str(settings.scan.scan_id),
            "WATTIF_SCAN__METER_SCAN_ID": str(settings.scan.meter_scan_id),
            "WATTIF_SIMULATION__METERS": str(simulation.meters),
            "WATTIF_SIMULATION__INTERVAL_SECONDS": str(simulation.interval_seconds),
            "WATTIF_INGEST__SPOOL_DIR": str(settings.home / "spool"),
            **self.variables,
        }

    @property
    def home(self) -> Path:
        """DAGSTER_HOME, with the project's dagster.yaml."""
        return self.settings.home / "dagster"

    @cached_property
    def resources(self) -> Resources:
        """To look at what the processes made."""
        return make_resources(self.settings)

    @cached_property
    def instance(self) -> DagsterInstance:
        """To look at what the processes recorded."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("DAGSTER_HOME", str(self.home))
            return DagsterInstance.from_config(str(self.home))

    def run(self, *command: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run a command of Dagster's to its end."""
        return subprocess.run(
            [BIN / command[0], *command[1:]],
            env={**self.environment, **more},
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
        )

    @contextmanager
    def running(self, *command: str, **more: str) -> Iterator[subprocess.Popen[bytes]]:
        """A server; it is ended with the processes it started."""
        with (self.folder / f"{command[0]}.log").open("ab") as log:
            server = subprocess.Popen(
                [BIN / command[0], *command[1:]],
                env={**self.environment, **more},
                cwd=self.folder,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            yield server
        finally:
            with suppress(ProcessLookupError):  # the test ended it
                os.killpg(server.pid, signal.SIGTERM)
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(server.pid, signal.SIGKILL)
                server.wait()

    def materializations(self, key: AssetKey, day: object) -> list[EventLogRecord]:
        """What was recorded of the asset's partition, the latest first."""
        wanted = AssetRecordsFilter(asset_key=key, asset_partitions=[str(day)])
        return list(self.instance.fetch_materializations(wanted, limit=10).records)


@contextmanager
def ready_project(settings: Settings, folder: Path) -> Iterator[Project]:
    """The project of these settings, its Dagster home and bucket made."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DAGSTER_HOME", "")
        patch.delenv("DAGSTER_HOME")  # is unset again afterwards, whoever sets it
        ensure_dagster_home(settings.home)
    made = Project(settings, folder)
    made.resources["wattif_gcs"].ensure_bucket()
    yield made
    made.instance.dispose()


def run_until(
    project: Project, words: list[str], line: str, end: signal.Signals
) -> tuple[int, str]:
    """Start the command and send it the signal at that line; its exit code and standard error."""
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
