"""Setting the stop event ends a landing soon, and the next landing continues from there."""

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from wattif_dagster.errors import CancelledError
from wattif_dagster.ingest.landing import Landing
from wattif_dagster.ingest.layout import day_prefix, shards_prefix
from wattif_dagster.ingest.manifest import read_manifest
from wattif_dagster.ingest.monitor import Monitor
from wattif_dagster.ingest.shards import land_shard
from wattif_dagster.ingest.workers import Shard
from wattif_dagster.metering.simulation import Simulation
from wattif_dagster.resources.gcs import GcsTransferManager
from wattif_dagster.settings.ingest import IngestOptions
from wattif_dagster_tests.ingest.conftest import Land
from wattif_dagster_tests.support.faults import Exchange, Proxy, pass_on, status
from wattif_dagster_tests.support.landing import DAY, serials

METERS, ARRIVING = 20, 6
ONE_BY_ONE = {"meters_per_object": 1, "upload_workers": 1, "batches_in_flight": 1}


@pytest.fixture
def gcs(gcs_proxy: Proxy, gcs: GcsTransferManager) -> GcsTransferManager:  # noqa: ARG001
    """The bucket, through the proxy."""
    return gcs


def set_when_uploading(stop: threading.Event, gcs_proxy: Proxy) -> None:
    """Set the event when some objects have arrived and the next one is under way."""

    def set_stop(exchange: Exchange) -> None:
        stop.set()
        pass_on(exchange)

    gcs_proxy.on("POST", "/upload/", pass_on, times=ARRIVING)
    gcs_proxy.on("POST", "/upload/", set_stop)


def test_stop_leaves_the_old_day_and_an_empty_spool(
    land: Land, gcs: GcsTransferManager, gcs_proxy: Proxy, spool_dir: Path
) -> None:
    old = land(METERS, **ONE_BY_ONE).manifest
    stop = threading.Event()
    set_when_uploading(stop, gcs_proxy)
    with pytest.raises(CancelledError):
        land(METERS, seed=8, monitor=Monitor(stop=stop), **ONE_BY_ONE)
    assert list(spool_dir.iterdir()) == []
    assert read_manifest(gcs, DAY) == old
    stored = list(gcs.list(day_prefix(DAY)))
    assert old.differences(stored) == []

    arrived = len(stored) - METERS
    assert ARRIVING < arrived < METERS
    report = land(METERS, seed=8, **ONE_BY_ONE)
    assert report.objects_kept == arrived
    assert read_manifest(gcs, DAY) == report.manifest
    assert report.manifest.differences(gcs.list(day_prefix(DAY)), alone=True) == []


def test_stop_set_before_lands_no_day(land: Land, gcs: GcsTransferManager) -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(CancelledError):
        land(METERS, monitor=Monitor(stop=stop))
    assert read_manifest(gcs, DAY) is None


def test_stop_ends_a_wait_between_two_retries(
    land: Land, gcs: GcsTransferManager, gcs_proxy: Proxy
) -> None:
    """Uploads that fail are sent again for 15 minutes, with pauses of up to 30 seconds."""
    gcs_proxy.on("POST", "/upload/", status(503), times=100_000)
    stop = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        landing: Future[object] = pool.submit(
            land, METERS, monitor=Monitor(stop=stop), **ONE_BY_ONE
        )
        with pytest.raises(TimeoutError):
            landing.result(timeout=1)
        stop.set()
        assert isinstance(landing.exception(timeout=10), CancelledError)
    gcs_proxy.clear()
    assert read_manifest(gcs, DAY) is None


def test_stop_wakes_renderers_that_wait_for_the_spool(land: Land, gcs_proxy: Proxy) -> None:
    """An object fills the spool while its upload is retried."""
    gcs_proxy.on("POST", "/upload/", status(503), times=100_000)
    stop = threading.Event()
    options = {"interval_seconds": 10, "meters_per_object": 12, "spool_budget_mib": 8}
    with ThreadPoolExecutor(1) as pool:
        landing: Future[object] = pool.submit(
            land, 60, monitor=Monitor(stop=stop), render_workers=2, **options
        )
        with pytest.raises(TimeoutError):
            landing.result(timeout=1)
        stop.set()
        assert isinstance(landing.exception(timeout=10), CancelledError)


def test_stop_ends_a_shard_without_its_list(
    gcs: GcsTransferManager, gcs_proxy: Proxy, spool_dir: Path
) -> None:
    stop = threading.Event()
    set_when_uploading(stop, gcs_proxy)
    options = IngestOptions(**{"spool_dir": str(spool_dir), **ONE_BY_ONE})  # type: ignore[arg-type]
    landing = Landing(Simulation(interval_seconds=900), DAY, serials(2 * METERS), options)
    with pytest.raises(CancelledError):
        land_shard(gcs, landing, Shard(0, 2), Monitor(stop=stop))
    assert list(gcs.list(shards_prefix(DAY))) == []
    assert list(spool_dir.iterdir()) == []
    report = land_shard(gcs, landing, Shard(0, 2), Monitor())
    assert ARRIVING < report.objects_kept < METERS
    assert len(report.objects) == METERS
