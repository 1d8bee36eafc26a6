"""Landings in processes of their own: killed, interrupted, measured."""

import signal
import subprocess
from pathlib import Path

import pytest

from wattif_dagster.ingest.manifest import read_manifest
from wattif_dagster.resources.gcs import GcsTransferManager
from wattif_dagster.settings import Settings
from wattif_dagster.settings.ingest import IngestOptions
from wattif_dagster_tests.support import landing
from wattif_dagster_tests.support.faults import PATIENCE_S, Proxy, pass_on
from wattif_dagster_tests.support.landing import DAY

PREFIX = "dt=2024-01-01/"
METERS, ARRIVING = 20, 7


@pytest.fixture
def settings(settings: Settings, spool_dir: Path) -> Settings:
    ingest = IngestOptions(
        spool_dir=str(spool_dir), meters_per_object=1, upload_workers=1, batches_in_flight=1
    )
    return settings.model_copy(update={"ingest": ingest})


def wait_for(child: subprocess.Popen[str]) -> tuple[str, str]:
    """What it printed, to both streams, before it ended."""
    return child.communicate(timeout=60)


@pytest.fixture
def stalled(settings: Settings, gcs_proxy: Proxy, gcs: GcsTransferManager) -> subprocess.Popen[str]:
    """A landing of which some objects have arrived and the next one is on its way."""
    gcs_proxy.on("POST", "/upload/", pass_on, times=ARRIVING)
    gcs_proxy.on("POST", "/upload/", gcs_proxy.stall)
    child = landing.start(settings, METERS)
    assert gcs_proxy.stalled.wait(PATIENCE_S), wait_for(child)
    assert read_manifest(gcs, DAY) is None
    return child


def test_killed_landing_is_resumed(
    stalled: subprocess.Popen[str], settings: Settings, gcs: GcsTransferManager, spool_dir: Path
) -> None:
    stalled.kill()
    assert wait_for(stalled) == ("", "")
    assert read_manifest(gcs, DAY) is None
    assert len(list(spool_dir.iterdir())) == 1

    assert landing.land(settings, METERS).objects_kept == ARRIVING
    manifest = read_manifest(gcs, DAY)
    assert manifest is not None
    assert len(manifest.objects) == METERS
    assert manifest.differences(gcs.list(PREFIX)) == []
    assert list(spool_dir.iterdir()) == []


def test_interrupted_landing_is_resumed(
    stalled: subprocess.Popen[str],
    settings: Settings,
    gcs: GcsTransferManager,
    gcs_proxy: Proxy,
    spool_dir: Path,
) -> None:
    """Ctrl-C lets the requests under way end, starts no others and empties the spool."""
    stalled.send_signal(signal.SIGINT)
    gcs_proxy.released.set()
    assert wait_for(stalled) == ("", "interrupted\n")
    assert list(spool_dir.iterdir()) == []
    assert read_manifest(gcs, DAY) is None

    assert landing.land(settings, METERS).objects_kept >= ARRIVING
    manifest = read_manifest(gcs, DAY)
    assert manifest is not None
    assert manifest.differences(gcs.list(PREFIX)) == []


@pytest.mark.slow
@pytest.mark.usefixtures("gcs")
def test_memory_does_not_grow_with_the_fleet(settings: Settings, spool_dir: Path) -> None:
    """2,000 meters are 219 MB of readings, more than the whole process takes."""
    options = IngestOptions(spool_dir=str(spool_dir), upload_workers=2, batches_in_flight=1)
    minutely = settings.simulation.model_copy(update={"interval_seconds": 60})
    settings = settings.model_copy(update={"simulation": minutely, "ingest": options})
    small, large = (read_peak_memory(landing.start(settings, meters)) for meters in (200, 2000))
    assert large < 1.2 * small


def read_peak_memory(child: subprocess.Popen[str]) -> int:
    """The peak resident memory of the landing in `child`."""
    out, err = wait_for(child)
    assert child.returncode == 0, err
    return int(out.split()[1])
