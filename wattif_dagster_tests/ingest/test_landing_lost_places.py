"""A landing that loses the place it writes to: the disk is full, the bucket is gone."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from wattif_dagster.errors import UserError
from wattif_dagster.ingest.layout import day_prefix
from wattif_dagster.ingest.manifest import read_manifest
from wattif_dagster.resources.gcs import GcsTransferManager
from wattif_dagster_tests.faults import Proxy, pass_on, status
from wattif_dagster_tests.ingest.conftest import DAY, Land


@contextmanager
def files_limited_to(size: int) -> Iterator[None]:
    """Stands in for a full disk: a write ends half-way, with an error of the system."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_leaves_the_old_day_and_the_next_landing_goes_on(
    land: Land, gcs: GcsTransferManager, spool_dir: Path
) -> None:
    old = land(10).manifest
    with (
        files_limited_to(20_000),
        pytest.raises(UserError, match=r"the spool .* cannot be written .*free some space, or set"),
    ):
        land(10, seed=8)
    assert read_manifest(gcs, DAY) == old
    assert old.differences(gcs.list(day_prefix(DAY))) == []
    assert list(spool_dir.iterdir()) == []
    report = land(10, seed=8)
    assert report.manifest.differences(gcs.list(day_prefix(DAY)), alone=True) == []


def test_a_bucket_that_goes_in_the_middle_is_said(
    gcs_proxy: Proxy, land: Land, gcs: GcsTransferManager, spool_dir: Path
) -> None:
    gcs_proxy.on("POST", "/upload/", pass_on, times=4)
    gcs_proxy.on("POST", "/upload/", status(404, "The specified bucket does not exist."), times=100)
    with pytest.raises(UserError, match=f"bucket {gcs.bucket} does not exist; create it or set"):
        land(10, meters_per_object=1, upload_workers=1, batches_in_flight=1)
    assert list(spool_dir.iterdir()) == []
    gcs_proxy.clear()
    assert read_manifest(gcs, DAY) is None
