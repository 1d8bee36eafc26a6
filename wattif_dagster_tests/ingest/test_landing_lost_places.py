"""Landing while the disk is full, the bucket is deleted or the network breaks."""

import re
import resource
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from wattif_dagster.errors import TransientError, UserError
from wattif_dagster.ingest.layout import day_prefix
from wattif_dagster.ingest.manifest import read_manifest
from wattif_dagster.resources import gcs as module
from wattif_dagster.resources.gcs import GcsTransferManager
from wattif_dagster_tests.ingest.conftest import Land
from wattif_dagster_tests.support.faults import Exchange, Proxy, pass_on, reset, status
from wattif_dagster_tests.support.landing import DAY

ONE_BY_ONE = {"meters_per_object": 1, "upload_workers": 1, "batches_in_flight": 1}
ARRIVING = 4


@pytest.fixture
def gcs(gcs_proxy: Proxy, gcs: GcsTransferManager) -> GcsTransferManager:  # noqa: ARG001
    """The bucket, through the proxy; an upload is given up soon."""
    return gcs.model_copy(update={"deadline_seconds": 0.5})


@contextmanager
def files_limited_to(size: int) -> Iterator[None]:
    """Stands in for a full disk: a write ends half-way, with an error of the system."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_full_disk_leaves_the_old_day_and_can_be_resumed(
    land: Land, gcs: GcsTransferManager, gcs_proxy: Proxy, spool_dir: Path
) -> None:
    """The disk is full when the second of four objects is on its way; the spool holds but one."""
    old = land(10).manifest
    new = {"meters": 40, "seed": 8, "interval_seconds": 10, "spool_budget_mib": 8}
    with ExitStack() as disk:

        def fill(exchange: Exchange) -> None:
            disk.enter_context(files_limited_to(20_000))
            pass_on(exchange)

        gcs_proxy.on("POST", "/upload/", pass_on)
        gcs_proxy.on("POST", "/upload/", fill)
        with pytest.raises(
            UserError, match=r"The spool .* cannot be written .* Free some space, or set"
        ):
            land(**new)
    assert read_manifest(gcs, DAY) == old
    assert old.differences(gcs.list(day_prefix(DAY))) == []
    assert list(spool_dir.iterdir()) == []
    report = land(**new)
    assert (report.objects_kept, len(report.manifest.objects)) == (2, 4)
    assert report.manifest.differences(gcs.list(day_prefix(DAY)), alone=True) == []


def test_bucket_deleted_during_a_landing_is_named(
    gcs_proxy: Proxy, land: Land, gcs: GcsTransferManager, spool_dir: Path
) -> None:
    gcs_proxy.on("POST", "/upload/", pass_on, times=ARRIVING)
    gcs_proxy.on("POST", "/upload/", status(404, "The specified bucket does not exist."), times=100)
    with pytest.raises(UserError, match=rf"Bucket {gcs.bucket} does not exist\. Create it, or set"):
        land(10, **ONE_BY_ONE)
    assert list(spool_dir.iterdir()) == []
    gcs_proxy.clear()
    assert read_manifest(gcs, DAY) is None


@pytest.mark.parametrize("silent", [False, True], ids=["reset", "silent"])
def test_broken_network_is_named_and_can_be_resumed(
    land: Land,
    gcs: GcsTransferManager,
    gcs_proxy: Proxy,
    spool_dir: Path,
    monkeypatch: pytest.MonkeyPatch,
    silent: bool,
) -> None:
    """From one of the uploads on, every request is reset or never answered."""
    old = land(10, **ONE_BY_ONE).manifest

    def go(exchange: Exchange) -> None:
        gcs_proxy.otherwise = gcs_proxy.stall if silent else reset
        gcs_proxy.otherwise(exchange)

    gcs_proxy.on("POST", "/upload/", pass_on, times=ARRIVING)
    gcs_proxy.on("POST", "/upload/", go)
    with monkeypatch.context() as impatient:
        impatient.setattr(module, "REQUEST_TIMEOUT_SECONDS", 2)
        with pytest.raises(TransientError) as caught:
            land(10, seed=8, **ONE_BY_ONE)
    said = rf"\d of \d objects did not arrive in {gcs.uri}: {gcs_proxy.url} cannot be reached\. .*"
    assert re.fullmatch(said, str(caught.value))
    assert list(spool_dir.iterdir()) == []

    gcs_proxy.otherwise = pass_on
    gcs_proxy.released.set()
    assert read_manifest(gcs, DAY) == old
    assert old.differences(gcs.list(day_prefix(DAY))) == []
    report = land(10, seed=8, **ONE_BY_ONE)
    assert report.objects_kept == ARRIVING
    assert report.manifest == read_manifest(gcs, DAY)
    assert report.manifest.differences(gcs.list(day_prefix(DAY)), alone=True) == []
