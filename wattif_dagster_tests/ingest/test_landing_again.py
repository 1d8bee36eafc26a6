"""A day is landed again with other settings: the old one stays valid until the new manifest."""

from pathlib import Path

import pytest

from wattif_dagster.ingest.manifest import read_manifest
from wattif_dagster.resources.gcs import GcsTransferManager
from wattif_dagster.settings import Settings
from wattif_dagster.settings.ingest import IngestOptions
from wattif_dagster_tests.ingest.conftest import Land
from wattif_dagster_tests.support import landing
from wattif_dagster_tests.support.faults import PATIENCE_S, Proxy, pass_on, status
from wattif_dagster_tests.support.landing import DAY, list_names, read_data

METERS, ARRIVING = 10, 4
ONE_BY_ONE = {"meters_per_object": 1, "upload_workers": 1, "batches_in_flight": 1}


@pytest.fixture
def gcs(gcs_proxy: Proxy, gcs: GcsTransferManager) -> GcsTransferManager:  # noqa: ARG001
    """The bucket, through the proxy."""
    return gcs


def test_old_day_stays_valid_when_a_landing_is_killed(
    land: Land, gcs: GcsTransferManager, gcs_proxy: Proxy, settings: Settings, spool_dir: Path
) -> None:
    """The landing is killed after some objects arrived, and the next one continues from them."""
    old = land(METERS, **ONE_BY_ONE).manifest
    before = read_data(gcs)
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
    after = read_data(gcs)
    assert {name: after[name] for name in before} == before
    assert len(after) == len(before) + ARRIVING

    report = land(METERS, seed=8, **ONE_BY_ONE)
    assert (report.objects_kept, report.objects_removed) == (ARRIVING, len(before))
    assert set(read_data(gcs)) == list_names(report.manifest)


def test_old_labels_stay_until_the_new_manifest(
    land: Land, gcs: GcsTransferManager, gcs_proxy: Proxy
) -> None:
    """The landing fails when everything but its manifest has arrived."""
    land(METERS)
    before = read_data(gcs)
    gcs_proxy.on("POST", "/upload/", pass_on, times=2)
    gcs_proxy.on("POST", "/upload/", status(400, "no"))
    with pytest.raises(Exception, match="no"):
        land(METERS, seed=8)
    after = read_data(gcs)
    assert len(after) == 2 * len(before)
    assert {name: after[name] for name in before} == before


def test_next_landing_removes_what_a_failed_one_left(
    land: Land, gcs: GcsTransferManager, gcs_proxy: Proxy
) -> None:
    old = land(METERS, compression="gzip").manifest
    gcs_proxy.on("DELETE", "/", status(400, "no"), times=2)
    with pytest.raises(Exception, match="no"):
        land(METERS)
    new = read_manifest(gcs, DAY)
    assert new is not None
    assert set(read_data(gcs)) == list_names(old) | list_names(new)

    gcs_proxy.clear()
    report = land(METERS)
    assert (report.objects_kept, report.objects_removed) == (1, 2)
    assert set(read_data(gcs)) == list_names(new)
