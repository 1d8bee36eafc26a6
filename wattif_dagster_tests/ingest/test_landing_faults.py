"""A landing that fails leaves the old day valid, and the next one continues from there."""

import threading
from pathlib import Path

import pytest

from wattif_dagster.errors import UserError
from wattif_dagster.ingest.layout import manifest_name
from wattif_dagster.ingest.manifest import Manifest, read_manifest
from wattif_dagster.ingest.monitor import Monitor, Progress
from wattif_dagster.resources.gcs import GcsTransferManager
from wattif_dagster.resources.gcs_errors import UploadError
from wattif_dagster_tests.ingest.conftest import Land
from wattif_dagster_tests.support.faults import Exchange, Proxy, lose_answer, pass_on, status
from wattif_dagster_tests.support.landing import DAY, contents, count_bytes_below

PREFIX = "dt=2024-01-01/"


@pytest.fixture
def gcs(gcs_proxy: Proxy, gcs: GcsTransferManager) -> GcsTransferManager:  # noqa: ARG001
    """The bucket, through the proxy."""
    return gcs


def is_current(gcs: GcsTransferManager, manifest: Manifest) -> bool:
    """Whether the manifest is the day's."""
    return read_manifest(gcs, DAY) == manifest


def test_failed_upload_leaves_the_old_manifest(
    land: Land, gcs: GcsTransferManager, gcs_proxy: Proxy, spool_dir: Path
) -> None:
    old = land(10, meters_per_object=1).manifest
    gcs_proxy.on("POST", "/upload/", pass_on, times=6)
    gcs_proxy.on("POST", "/upload/", status(400, "no"), times=100)
    options = {"meters_per_object": 1, "upload_workers": 1, "batches_in_flight": 1}
    with pytest.raises(UploadError):
        land(10, seed=8, **options)
    assert is_current(gcs, old)
    assert list(spool_dir.iterdir()) == []

    gcs_proxy.clear()
    report = land(10, seed=8, **options)
    assert report.objects_kept == 6
    assert is_current(gcs, report.manifest)
    assert report.manifest.differences(gcs.list(PREFIX)) == []


def test_nothing_is_removed_before_the_manifest_is_written(
    land: Land, gcs: GcsTransferManager, gcs_proxy: Proxy
) -> None:
    old = land(30).manifest

    def refuse_manifest(exchange: Exchange) -> None:
        body = exchange.body()
        if manifest_name(DAY).encode() in body:
            exchange.reply(403, [], b"{}")
        else:
            exchange.reply(*exchange.ask(body))

    gcs_proxy.on("POST", "/upload/", refuse_manifest, times=100)
    with pytest.raises(UserError, match="was refused"):
        land(10, compression="gzip")
    assert is_current(gcs, old)
    assert old.differences(gcs.list(PREFIX)) == []
    assert len(old.differences(gcs.list(PREFIX), alone=True)) == 1
    gcs_proxy.clear()
    assert land(10, compression="gzip").objects_removed == 4


def test_first_error_stops_all_uploads(land: Land, gcs_proxy: Proxy) -> None:
    """One batch fails for good while another would be sent again and again."""
    gcs_proxy.on("POST", "/upload/", status(400, "no"))
    gcs_proxy.on("POST", "/upload/", status(503), times=10_000)
    with pytest.raises(UploadError, match="no"):
        land(50, meters_per_object=1, upload_workers=1, batches_in_flight=4)
    assert gcs_proxy.count("POST", "/upload/") < 200


@pytest.mark.parametrize("error", [KeyboardInterrupt, ZeroDivisionError])
def test_error_in_the_report_ends_the_landing(
    land: Land, gcs: GcsTransferManager, spool_dir: Path, error: type[BaseException]
) -> None:
    def listen(progress: Progress) -> None:
        if progress.objects >= 1:
            raise error

    with pytest.raises(error):
        land(
            20, meters_per_object=1, upload_workers=1, batches_in_flight=1, monitor=Monitor(listen)
        )
    assert list(spool_dir.iterdir()) == []
    assert read_manifest(gcs, DAY) is None


def test_concurrent_writer_of_other_bytes_wins(land: Land, gcs: GcsTransferManager) -> None:
    """The other one lands after this one read the manifest, and before it writes its own."""
    others: list[Manifest] = []

    def interfere(_: Progress) -> None:
        if not others:
            others.append(land(20, seed=9).manifest)

    with pytest.raises(UserError, match="Another run landed 2024-01-01 at the same time"):
        land(20, monitor=Monitor(interfere), upload_workers=1, batches_in_flight=1)
    assert is_current(gcs, others[0])
    assert others[0].differences(gcs.list(PREFIX)) == []
    mine = land(20).manifest
    assert sorted(contents(gcs, PREFIX)) == [item.name for item in mine.objects]


def test_two_equal_writers_agree(land: Land, gcs: GcsTransferManager) -> None:
    others: list[Manifest] = []

    def interfere(_: Progress) -> None:
        if not others:
            others.append(land(20).manifest)

    report = land(20, monitor=Monitor(interfere))
    assert others == [report.manifest]
    assert report.manifest.differences(gcs.list(PREFIX)) == []


def test_lost_answer_to_the_manifest_is_no_conflict(
    land: Land, gcs: GcsTransferManager, gcs_proxy: Proxy
) -> None:
    gcs_proxy.on("POST", "/upload/", pass_on)
    gcs_proxy.on("POST", "/upload/", lose_answer)
    report = land(5)
    assert gcs_proxy.count("POST", "/upload/") == 4
    assert is_current(gcs, report.manifest)


@pytest.mark.parametrize("compression", ["none", "gzip"])
def test_spool_on_disk_stays_below_its_budget(
    land: Land, spool_dir: Path, compression: str
) -> None:
    budget, largest, landed = 8 * 2**20, 0, threading.Event()

    def watch() -> None:
        nonlocal largest
        while not landed.is_set():
            largest = max(largest, count_bytes_below(spool_dir))

    spool_dir.mkdir()
    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        report = land(
            200,
            interval_seconds=60,
            compression=compression,
            spool_budget_mib=8,
            render_workers=2,
            meters_per_object=25 if compression == "none" else 50,
        )
    finally:
        landed.set()
        watcher.join()
    assert 0 < largest <= budget
    assert largest <= report.spool_high_water <= budget
    assert list(spool_dir.iterdir()) == []


def test_unusable_spool_leaves_the_old_manifest(
    land: Land, gcs: GcsTransferManager, tmp_path: Path
) -> None:
    old = land(5).manifest
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(UserError, match=r"The spool directory .* cannot be used"):
        land(5, seed=8, spool_dir=str(file))
    assert is_current(gcs, old)
    assert old.differences(gcs.list(PREFIX)) == []
