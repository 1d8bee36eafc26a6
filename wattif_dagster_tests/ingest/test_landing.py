"""A landed day: its objects, its manifest, and what a second landing does."""

import gzip
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from wattif_dagster.ingest.progress import Progress

from wattif_dagster.errors import UserError
from wattif_dagster.ingest.layout import day_prefix, labels_prefix, manifest_name
from wattif_dagster.ingest.manifest import Manifest, read_manifest
from wattif_dagster.metering.ndjson import render_day
from wattif_dagster.metering.simulation import Simulation
from wattif_dagster.resources.gcs import GcsTransferManager
from wattif_dagster_tests.ingest.conftest import DAY, Land, contents, serials

PREFIX = "dt=2024-01-01/"


def rendered(meters: slice, simulation: Simulation) -> bytes:
    return bytes(render_day(simulation, DAY, serials(25)[meters]))


def manifest_of_the_day(gcs: GcsTransferManager) -> Manifest:
    manifest = read_manifest(gcs, DAY)
    assert manifest is not None
    return manifest


@pytest.mark.parametrize("compression", ["none", "gzip"])
def test_objects_hold_what_is_rendered(
    land: Land, gcs: GcsTransferManager, compression: str
) -> None:
    """Ten meters an object, and a shorter last one."""
    land(25, compression=compression)
    simulation = Simulation(meters=5, interval_seconds=900)
    suffix, decoded = ("json", bytes) if compression == "none" else ("json.gz", gzip.decompress)
    landing = manifest_of_the_day(gcs).landing
    assert {name: decoded(data) for name, data in contents(gcs, PREFIX).items()} == {
        f"{PREFIX}landing={landing}/part-00000.{suffix}": rendered(slice(0, 10), simulation),
        f"{PREFIX}landing={landing}/part-00001.{suffix}": rendered(slice(10, 20), simulation),
        f"{PREFIX}landing={landing}/part-00002.{suffix}": rendered(slice(20, 25), simulation),
    }


def test_an_object_of_one_meter_has_its_name(land: Land, gcs: GcsTransferManager) -> None:
    land(3, meters_per_object=1)
    simulation = Simulation(meters=5, interval_seconds=900)
    landing = manifest_of_the_day(gcs).landing
    assert contents(gcs, PREFIX) == {
        f"{PREFIX}landing={landing}/MAC{n:08d}.json": rendered(slice(n - 1, n), simulation)
        for n in (1, 2, 3)
    }


@pytest.mark.parametrize("compression", ["none", "gzip"])
def test_the_manifest_is_what_the_bucket_holds(
    land: Land, gcs: GcsTransferManager, compression: str
) -> None:
    report = land(25, compression=compression)
    manifest = manifest_of_the_day(gcs)
    assert manifest == report.manifest
    assert manifest.differences(gcs.list(day_prefix(DAY))) == []
    assert [item.rows for item in manifest.objects] == [960, 960, 480]
    assert (manifest.meters, manifest.total_rows) == (25, 2400)
    assert manifest.total_bytes == sum(len(data) for data in contents(gcs, PREFIX).values())
    assert manifest.fingerprint == Simulation(meters=5, interval_seconds=900).fingerprint


def test_every_line_keeps_the_contract(land: Land, gcs: GcsTransferManager) -> None:
    land(7, interval_seconds=600)
    lines = [line for data in contents(gcs, PREFIX).values() for line in data.splitlines()]
    assert len(lines) == 7 * 144
    seen = set()
    for line in lines:
        reading = orjson.loads(line)
        assert list(reading) == ["serial", "timestamp", "reading"]
        assert re.fullmatch(r"MAC[0-9]{8}", reading["serial"])
        assert re.fullmatch(r"2024-01-01T[0-9:]{8}Z", reading["timestamp"])
        assert isinstance(reading["reading"], float)
        assert 0 <= reading["reading"] <= 0.9
        seen.add((reading["serial"], datetime.fromisoformat(reading["timestamp"])))
    start = datetime(2024, 1, 1, tzinfo=UTC)
    assert seen == {
        (f"MAC{meter:08d}", start + timedelta(seconds=600 * n))
        for meter in range(1, 8)
        for n in range(144)
    }


@pytest.mark.parametrize("compression", ["none", "gzip"])
def test_workers_change_nothing(land: Land, gcs: GcsTransferManager, compression: str) -> None:
    land(41, compression=compression, meters_per_object=2)
    one = contents(gcs)
    gcs.delete(list(one))
    land(
        41,
        compression=compression,
        meters_per_object=2,
        render_workers=4,
        batches_in_flight=3,
        upload_workers=2,
    )
    assert contents(gcs) == one


def test_a_second_landing_keeps_all(land: Land, gcs: GcsTransferManager) -> None:
    first = land(25)
    generations = {item.name: item.generation for item in gcs.list(PREFIX)}
    second = land(25)
    assert (first.objects_kept, second.objects_kept, second.objects_removed) == (0, 3, 0)
    assert second.manifest == first.manifest
    assert {item.name: item.generation for item in gcs.list(PREFIX)} == generations


def test_other_settings_replace_the_day(land: Land, gcs: GcsTransferManager) -> None:
    land(25)
    report = land(12, seed=8, compression="gzip")
    assert (report.objects_kept, report.objects_removed) == (0, 4)
    manifest = manifest_of_the_day(gcs)
    assert manifest == report.manifest
    assert sorted(contents(gcs, PREFIX)) == [item.name for item in manifest.objects]
    assert list(contents(gcs, labels_prefix(DAY))) == [manifest.labels.name]


def test_each_setting_that_changes_bytes_changes_all_names(land: Land) -> None:
    """And those alone: what only changes the speed lets a resume find what arrived."""
    changes: list[dict[str, Any]] = [
        {},
        {"seed": 8},
        {"interval_seconds": 1800},
        {"meters_per_object": 2},
        {"compression": "gzip"},
    ]
    names = [
        {item.name for item in (manifest.labels, *manifest.objects)}
        for manifest in (land(25, **change).manifest for change in changes)
    ]
    assert len(set.union(*names)) == sum(map(len, names))
    same = land(25, render_workers=2, upload_workers=3, batches_in_flight=1, spool_budget_mib=9)
    assert {item.name for item in (same.manifest.labels, *same.manifest.objects)} == names[0]


def test_only_what_differs_is_sent_again(land: Land, gcs: GcsTransferManager) -> None:
    _, changed, deleted = land(25).manifest.objects
    gcs.write(changed.name, b"vandalized")
    gcs.delete([deleted.name])
    assert land(25).objects_kept == 1
    assert manifest_of_the_day(gcs).differences(gcs.list(PREFIX)) == []


def test_a_damaged_manifest_is_replaced(land: Land, gcs: GcsTransferManager) -> None:
    gcs.write(manifest_name(DAY), b"{")
    report = land(3)
    assert manifest_of_the_day(gcs) == report.manifest


def test_other_days_are_left_alone(land: Land, gcs: GcsTransferManager) -> None:
    others = {"dt=2024-01-02/part-00000.json": b"x", "registry/dt=2024-01-01/fleet.bin": b"y"}
    for name, data in others.items():
        gcs.write(name, data)
    land(3)
    assert contents(gcs).items() >= others.items()


def test_progress_counts_what_arrived(land: Land) -> None:
    said: list[tuple[int, int, int, int]] = []

    def listen(progress: Progress) -> None:
        said.append((progress.objects, progress.objects_kept, progress.rows, progress.bytes))

    report = land(25, listener=listen)
    assert said == sorted(said)
    assert said[-1] == (3, 0, 2400, report.manifest.total_bytes)
    said.clear()
    land(25, listener=listen)
    assert said[-1] == (3, 3, 2400, report.manifest.total_bytes)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"meters_per_object": 13}, "set it to 12 or less"),
        ({"meters_per_object": 52, "compression": "gzip"}, "set it to 51 or less"),
    ],
)
def test_an_object_too_large_is_refused(
    land: Land, gcs: GcsTransferManager, options: dict[str, object], sentence: str
) -> None:
    with pytest.raises(UserError, match=sentence):
        land(60, interval_seconds=10, **options)
    assert contents(gcs) == {}


def test_the_largest_objects_pass(land: Land, gcs: GcsTransferManager) -> None:
    land(13, interval_seconds=10, meters_per_object=12, spool_budget_mib=8)
    assert manifest_of_the_day(gcs).differences(gcs.list(PREFIX)) == []
