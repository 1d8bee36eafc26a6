"""A day landed again with other settings: the old one is whole until the new one stands."""

from pathlib import Path

import pytest

from wattif_dagster.ingest.layout import labels_prefix
from wattif_dagster.ingest.manifest import Manifest, read_manifest
from wattif_dagster.resources.gcs import GcsTransferManager
from wattif_dagster.settings import Settings
from wattif_dagster.settings.ingest import IngestOptions
from wattif_dagster_tests.support.faults import PATIENCE_S, Proxy, pass_on, status
from wattif_dagster_tests.ingest import landing
from wattif_dagster_tests.ingest.conftest import DAY, Land, contents

PREFIX = "dt=2024-01-01/"
METERS, ARRIVING = 10, 4
ONE_BY_ONE = {"meters_per_object": 1, "upload_workers": 1, "batches_in_flight": 1}


@pytest.fixture
def gcs(gcs_proxy: Proxy, gcs: GcsTransferManager) -> GcsTransferManager:  # noqa: ARG001
    """The bucket, through the proxy."""
    return gcs


def data_of_the_day(gcs: GcsTransferManager) -> dict[str, bytes]:
    """Every object of readings and labels."""
    return contents(gcs, PREFIX) | contents(gcs, labels_prefix(DAY))


def names_in(manifest: Manifest) -> set[str]:
    return {item.name for item in (manifest.labels, *manifest.objects)}


def test_the_old_day_is_whole_when_another_landing_is_killed(
    land: Land, gcs: GcsTransferManager, gcs_proxy: Proxy, settings: Settings, spool_dir: Path
) -> None:
    """After some of its objects arrived. The next landing goes on from them."""
    old = land(METERS, **ONE_BY_ONE).manifest
    before = data_of_the_day(gcs)
    simulation = settings.simulation.model_copy(update={"seed": 8})
    ingest = IngestOptions(**{"spool_dir": str(spool_dir), **ONE_BY_ONE})  # type: ignore[arg-type]
    gcs_proxy.on("POST", "/upload/", pass_on, times=ARRIVING)
    gcs_proxy.on("POST", "/upload/", gcs_proxy.stall)
    child = landing.start(
        settings.model_copy(update={"simulation": simulation, "ingest": ingest}), METERS
    )
    assert gcs_proxy.stalled.wait(PATIENCE_S)
    child.kill()
    child.communicate(timeout=PATIENCE_S)

    assert read_manifest(gcs, DAY) == old
    after = data_of_the_day(gcs)
    assert {name: after[name] for name in before} == before
    assert len(after) == len(before) + ARRIVING

    report = land(METERS, seed=8, **ONE_BY_ONE)
    assert (report.objects_kept, report.objects_removed) == (ARRIVING, len(before))
    assert set(data_of_the_day(gcs)) == names_in(report.manifest)


def test_the_labels_wait_for_the_manifest_too(
    land: Land, gcs: GcsTransferManager, gcs_proxy: Proxy
) -> None:
    """The landing ends when everything but its manifest has arrived."""
    land(METERS)
    before = data_of_the_day(gcs)
    gcs_proxy.on("POST", "/upload/", pass_on, times=2)
    gcs_proxy.on("POST", "/upload/", status(400, "no"))
    with pytest.raises(Exception, match="no"):
        land(METERS, seed=8)
    after = data_of_the_day(gcs)
    assert len(after) == 2 * len(before)
    assert {name: after[name] for name in before} == before


def test_what_a_landing_that_died_before_its_removal_left_is_removed_by_the_next(
    land: Land, gcs: GcsTransferManager, gcs_proxy: Proxy
) -> None:
    old = land(METERS, compression="gzip").manifest
    gcs_proxy.on("DELETE", "/", status(400, "no"), times=2)
    with pytest.raises(Exception, match="no"):
        land(METERS)
    new = read_manifest(gcs, DAY)
    assert new is not None
    assert set(data_of_the_day(gcs)) == names_in(old) | names_in(new)

    gcs_proxy.clear()
    report = land(METERS)
    assert (report.objects_kept, report.objects_removed) == (1, 2)
    assert set(data_of_the_day(gcs)) == names_in(new)
