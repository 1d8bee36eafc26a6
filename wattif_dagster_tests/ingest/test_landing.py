"""A landed day: its objects, its manifest, and what a second landing does."""

import gzip
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from wattif_dagster.errors import UserError
from wattif_dagster.ingest.layout import day_prefix, labels_prefix, manifest_name
from wattif_dagster.ingest.manifest import Manifest, read_manifest
from wattif_dagster.ingest.monitor import Monitor, Progress
from wattif_dagster.metering.ndjson import render_day
from wattif_dagster.metering.simulation import Simulation
from wattif_dagster.resources.gcs import GcsTransferManager
from wattif_dagster_tests.ingest.conftest import Land
from wattif_dagster_tests.support.landing import DAY, contents, list_names, serials

PREFIX = "dt=2024-01-01/"


def rendered(meters: slice, simulation: Simulation) -> bytes:
    return bytes(render_day(simulation, DAY, serials(25)[meters]))


def read_landed(gcs: GcsTransferManager) -> Manifest:
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
    folder = f"{PREFIX}{read_landed(gcs).revision}"
    assert {name: decoded(data) for name, data in contents(gcs, PREFIX).items()} == {
        f"{folder}/part-00000.{suffix}": rendered(slice(0, 10), simulation),
        f"{folder}/part-00001.{suffix}": rendered(slice(10, 20), simulation),
        f"{folder}/part-00002.{suffix}": rendered(slice(20, 25), simulation),
    }


def test_object_of_one_meter_is_named_by_its_serial(land: Land, gcs: GcsTransferManager) -> None:
    land(3, meters_per_object=1)
    simulation = Simulation(meters=5, interval_seconds=900)
    folder = f"{PREFIX}{read_landed(gcs).revision}"
    assert contents(gcs, PREFIX) == {
        f"{folder}/MAC{n:08d}.json": rendered(slice(n - 1, n), simulation) for n in (1, 2, 3)
    }


@pytest.mark.parametrize("compression", ["none", "gzip"])
def test_manifest_lists_what_the_bucket_holds(
    land: Land, gcs: GcsTransferManager, compression: str
) -> None:
    report = land(25, compression=compression)
    manifest = read_landed(gcs)
    assert manifest == report.manifest
    assert manifest.differences(gcs.list(day_prefix(DAY))) == []
    assert [item.rows for item in manifest.objects] == [960, 960, 480]
    assert (manifest.meters, manifest.total_rows) == (25, 2400)
    assert manifest.total_bytes == sum(len(data) for data in contents(gcs, PREFIX).values())
    assert manifest.fingerprint == Simulation(meters=5, interval_seconds=900).fingerprint


def test_every_line_is_one_reading_of_the_day(land: Land, gcs: GcsTransferManager) -> None:
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
def test_bytes_do_not_depend_on_the_number_of_workers(
    land: Land, gcs: GcsTransferManager, compression: str
) -> None:
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


def test_second_landing_sends_nothing_again(land: Land, gcs: GcsTransferManager) -> None:
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
    manifest = read_landed(gcs)
    assert manifest == report.manifest
    assert sorted(contents(gcs, PREFIX)) == [item.name for item in manifest.objects]
    assert list(contents(gcs, labels_prefix(DAY))) == [manifest.beside.name]


def test_settings_that_change_bytes_change_all_names(land: Land) -> None:
    """Settings that change only the speed do not: the next landing finds what arrived."""
    changes: list[dict[str, Any]] = [
        {},
        {"seed": 8},
        {"interval_seconds": 1800},
        {"meters_per_object": 2},
        {"compression": "gzip"},
    ]
    names = [list_names(land(25, **change).manifest) for change in changes]
    assert len(set.union(*names)) == sum(map(len, names))
    same = land(25, render_workers=2, upload_workers=3, batches_in_flight=1, spool_budget_mib=9)
    assert list_names(same.manifest) == names[0]


def test_only_objects_that_differ_are_sent_again(land: Land, gcs: GcsTransferManager) -> None:
    _, changed, deleted = land(25).manifest.objects
    gcs.write(changed.name, b"vandalized")
    gcs.delete([deleted.name])
    assert land(25).objects_kept == 1
    assert read_landed(gcs).differences(gcs.list(PREFIX)) == []


def test_damaged_manifest_is_replaced(land: Land, gcs: GcsTransferManager) -> None:
    gcs.write(manifest_name(DAY), b"{")
    report = land(3)
    assert read_landed(gcs) == report.manifest


def test_landing_leaves_other_days_alone(land: Land, gcs: GcsTransferManager) -> None:
    others = {"dt=2024-01-02/part-00000.json": b"x", "registry/dt=2024-01-01/fleet.bin": b"y"}
    for name, data in others.items():
        gcs.write(name, data)
    land(3)
    assert contents(gcs).items() >= others.items()


def test_progress_counts_what_arrived(land: Land) -> None:
    reports: list[Progress] = []
    size = land(25, monitor=Monitor(reports.append)).manifest.total_bytes
    assert [progress.objects for progress in reports] == sorted({p.objects for p in reports})
    assert reports[-1] == Progress(3, objects=3, objects_kept=0, bytes=size, rows=2400)
    land(25, monitor=Monitor(reports.append))
    assert reports[-1] == Progress(3, objects=3, objects_kept=3, bytes=size, rows=2400)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"meters_per_object": 13}, "Set it to 12 or less."),
        ({"meters_per_object": 52, "compression": "gzip"}, "Set it to 51 or less."),
    ],
)
def test_too_large_objects_are_refused(
    land: Land, gcs: GcsTransferManager, options: dict[str, object], sentence: str
) -> None:
    with pytest.raises(UserError, match=sentence):
        land(60, interval_seconds=10, **options)
    assert contents(gcs) == {}


def test_objects_of_the_largest_size_are_landed(land: Land, gcs: GcsTransferManager) -> None:
    land(13, interval_seconds=10, meters_per_object=12, spool_budget_mib=8)
    assert read_landed(gcs).differences(gcs.list(PREFIX)) == []
