"""Two landings of a day at a time, one of which returns to what the other one is removing."""

import threading

import pytest
from wattif_dagster.ingest.progress import Progress

from wattif_dagster.errors import UserError
from wattif_dagster.ingest.layout import day_prefix, labels_prefix
from wattif_dagster.ingest.manifest import Manifest, read_manifest
from wattif_dagster.ingest.pipeline import DayReport
from wattif_dagster.resources.gcs import GcsTransferManager
from wattif_dagster_tests.support.faults import Exchange, Proxy, pass_on, status
from wattif_dagster_tests.ingest.conftest import DAY, Land

METERS, OBJECTS = 5, 5
OLD = {"meters_per_object": 1, "seed": 7}
NEW = {"meters_per_object": 1, "seed": 8}


@pytest.fixture
def gcs(gcs_proxy: Proxy, gcs: GcsTransferManager) -> GcsTransferManager:  # noqa: ARG001
    """The bucket, through the proxy."""
    return gcs


def names_in(manifest: Manifest) -> set[str]:
    return {item.name for item in (manifest.labels, *manifest.objects)}


def stored(gcs: GcsTransferManager) -> set[str]:
    """The day's readings and labels."""
    return {
        item.name for prefix in (day_prefix(DAY), labels_prefix(DAY)) for item in gcs.list(prefix)
    }


def test_nothing_is_removed_once_another_manifest_stands(
    land: Land, gcs: GcsTransferManager, gcs_proxy: Proxy
) -> None:
    """The other run's is written between this one's and its first removal."""
    new, old = land(METERS, **NEW).manifest, land(METERS, **OLD).manifest

    def interfere(exchange: Exchange) -> None:
        answer = exchange.ask(exchange.body())
        with pytest.raises(Exception, match="not yet"):
            land(METERS, **OLD)
        exchange.reply(*answer)

    gcs_proxy.on("DELETE", new.landing, status(400, "not yet"), times=OBJECTS + 1)
    gcs_proxy.on("POST", "/upload/", pass_on, times=OBJECTS + 1)
    gcs_proxy.on("POST", "/upload/", interfere)
    with pytest.raises(UserError, match="another run landed 2024-01-01 at the same time"):
        land(METERS, **NEW)
    assert read_manifest(gcs, DAY) == old
    assert stored(gcs) == names_in(old) | names_in(new)


def test_who_removes_what_another_has_come_to_list_says_so(
    land: Land, gcs: GcsTransferManager, gcs_proxy: Proxy
) -> None:
    """The other run lands while this one's removals are on their way."""
    old = land(METERS, **OLD).manifest
    others: list[DayReport] = []
    turn = threading.Lock()

    def interfere(exchange: Exchange) -> None:
        with turn:
            if not others:
                others.append(land(METERS, **OLD))
        pass_on(exchange)

    gcs_proxy.on("DELETE", old.landing, interfere, times=OBJECTS + 1)
    with pytest.raises(UserError, match="another run landed 2024-01-01 at the same time"):
        land(METERS, **NEW)
    assert others[0].objects_kept == OBJECTS
    assert stored(gcs) == set()
    land(METERS, **OLD)
    assert stored(gcs) == names_in(old)


def test_who_lists_what_another_has_removed_says_so(
    land: Land, gcs: GcsTransferManager, gcs_proxy: Proxy
) -> None:
    """The other run removes it between this one's look at the day and its manifest."""
    old = land(METERS, **OLD).manifest
    gcs_proxy.on("DELETE", "/", status(400, "not yet"), times=OBJECTS + 1)
    with pytest.raises(Exception, match="not yet"):
        land(METERS, **NEW)
    gcs_proxy.clear()

    def remove(progress: Progress) -> None:
        if progress.objects == OBJECTS:
            gcs.delete(item.name for item in old.objects)

    with pytest.raises(UserError, match="another run removed 5 of the objects of 2024-01-01"):
        land(METERS, listener=remove, **OLD)
    assert land(METERS, **OLD).objects_kept == 0
    assert stored(gcs) == names_in(old)
