"""Two landings of a day at the same time, of which one lists what the other one removes."""

import threading

import pytest

from wattif_dagster.errors import UserError
from wattif_dagster.ingest.layout import day_prefix, labels_prefix
from wattif_dagster.ingest.manifest import read_manifest
from wattif_dagster.ingest.monitor import Monitor, Progress
from wattif_dagster.ingest.pipeline import DayReport
from wattif_dagster.resources.gcs import GcsTransferManager
from wattif_dagster_tests.ingest.conftest import Land
from wattif_dagster_tests.support.faults import Exchange, Proxy, pass_on, status
from wattif_dagster_tests.support.landing import DAY, list_names

METERS, OBJECTS = 5, 5
OLD = {"meters_per_object": 1, "seed": 7}
NEW = {"meters_per_object": 1, "seed": 8}


@pytest.fixture
def gcs(gcs_proxy: Proxy, gcs: GcsTransferManager) -> GcsTransferManager:  # noqa: ARG001
    """The bucket, through the proxy."""
    return gcs


def list_stored(gcs: GcsTransferManager) -> set[str]:
    """The day's readings and labels."""
    return {
        item.name for prefix in (day_prefix(DAY), labels_prefix(DAY)) for item in gcs.list(prefix)
    }


def test_landing_removes_nothing_after_another_manifest(
    land: Land, gcs: GcsTransferManager, gcs_proxy: Proxy
) -> None:
    """The other run writes its manifest between this one's manifest and its first removal."""
    new, old = land(METERS, **NEW).manifest, land(METERS, **OLD).manifest

    def interfere(exchange: Exchange) -> None:
        answer = exchange.ask(exchange.body())
        with pytest.raises(Exception, match="not yet"):
            land(METERS, **OLD)
        exchange.reply(*answer)

    gcs_proxy.on("DELETE", new.revision, status(400, "not yet"), times=OBJECTS + 1)
    gcs_proxy.on("POST", "/upload/", pass_on, times=OBJECTS + 1)
    gcs_proxy.on("POST", "/upload/", interfere)
    with pytest.raises(UserError, match="Another run landed 2024-01-01 at the same time"):
        land(METERS, **NEW)
    assert read_manifest(gcs, DAY) == old
    assert list_stored(gcs) == list_names(old) | list_names(new)


def test_landing_that_removes_what_another_lists_fails(
    land: Land, gcs: GcsTransferManager, gcs_proxy: Proxy
) -> None:
    """The other run lands while this one's requests to remove objects are under way."""
    old = land(METERS, **OLD).manifest
    others: list[DayReport] = []
    turn = threading.Lock()

    def interfere(exchange: Exchange) -> None:
        with turn:
            if not others:
                others.append(land(METERS, **OLD))
        pass_on(exchange)

    gcs_proxy.on("DELETE", old.revision, interfere, times=OBJECTS + 1)
    with pytest.raises(UserError, match="Another run landed 2024-01-01 at the same time"):
        land(METERS, **NEW)
    assert others[0].objects_kept == OBJECTS
    assert list_stored(gcs) == set()
    land(METERS, **OLD)
    assert list_stored(gcs) == list_names(old)


def test_landing_that_lists_what_another_removed_fails(
    land: Land, gcs: GcsTransferManager, gcs_proxy: Proxy
) -> None:
    """The other run removes objects after this one listed the day, and before its manifest."""
    old = land(METERS, **OLD).manifest
    gcs_proxy.on("DELETE", "/", status(400, "not yet"), times=OBJECTS + 1)
    with pytest.raises(Exception, match="not yet"):
        land(METERS, **NEW)
    gcs_proxy.clear()

    def remove(progress: Progress) -> None:
        if progress.objects == OBJECTS:
            gcs.delete(item.name for item in old.objects)

    with pytest.raises(UserError, match="Another run removed 5 objects of 2024-01-01"):
        land(METERS, monitor=Monitor(remove), **OLD)
    assert land(METERS, **OLD).objects_kept == 0
    assert list_stored(gcs) == list_names(old)
