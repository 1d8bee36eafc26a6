"""The readings of a day are brought into BigQuery as its manifest lists them, or not at all."""

from datetime import date

import pytest

from wattif_dagster import schemas
from wattif_dagster.defs.meter_readings.load import MAX_URIS, load_readings, source_uris, version
from wattif_dagster.errors import UserError
from wattif_dagster.ingest.manifest import Manifest, ManifestObject, read_manifest
from wattif_dagster.ingest.store import StoredObject, encode_crc32c
from wattif_dagster_tests.reconcile.conftest import MONDAY, TUESDAY, MakeWarehouse, Warehouse

READINGS = schemas.METER_READINGS


def of_many(objects: int, compression: str = "none") -> tuple[Manifest, list[StoredObject]]:
    """A manifest of that many objects, and the bucket's listing."""
    suffix = ".json.gz" if compression == "gzip" else ".json"
    names = [f"dt=2024-01-01/landing=0123abcd/part-{n:05d}{suffix}" for n in range(objects)]
    stored = [StoredObject(name, n, n, 1) for n, name in enumerate(names)]
    manifest = Manifest(
        day=date(2024, 1, 1),
        fingerprint="0123456789abcdef",
        landing="0123abcd",
        interval_seconds=10,
        meters=objects,
        compression=compression,  # type: ignore[arg-type]
        labels=ManifestObject(
            name="labels/dt=2024-01-01/landing=0123abcd.json.gz", bytes=0, crc32c="AAAAAA==", rows=0
        ),
        objects=tuple(
            ManifestObject(name=o.name, bytes=o.size, crc32c=encode_crc32c(o.crc32c), rows=1)
            for o in stored
        ),
    )
    return manifest, stored


@pytest.mark.parametrize("compression", ["none", "gzip"])
def test_a_day_is_loaded(warehouse: Warehouse, compression: str) -> None:
    warehouse.land(compression=compression, meters_per_object=2)
    assert load_readings(warehouse.gcs, warehouse.bigquery, MONDAY) == 5 * 96
    assert load_readings(warehouse.gcs, warehouse.bigquery, MONDAY) == 5 * 96
    assert warehouse.count(READINGS) == 5 * 96


def test_other_days_stay(warehouse: Warehouse) -> None:
    for day in (MONDAY, TUESDAY):
        warehouse.land(day)
        load_readings(warehouse.gcs, warehouse.bigquery, day)
    load_readings(warehouse.gcs, warehouse.bigquery, MONDAY)
    assert warehouse.count(READINGS, "timestamp < TIMESTAMP '2024-01-02 00:00:00+00'") == 480
    assert warehouse.count(READINGS) == 480 + 6 * 96


def test_a_day_that_was_not_landed_is_refused(warehouse: Warehouse) -> None:
    with pytest.raises(UserError, match=r"2024-01-01 has no manifest in gs://.*; materialize raw"):
        load_readings(warehouse.gcs, warehouse.bigquery, MONDAY)


@pytest.mark.parametrize("table_type", ["native", "external"])
@pytest.mark.parametrize(
    ("vandalism", "said"),
    [
        ("delete", "part-00001.json is missing"),
        ("change", "part-00001.json has 5 bytes, not 14,592"),
        ("add", "part-00009.json is not listed"),
    ],
)
def test_a_bucket_that_differs_is_refused(
    make_warehouse: MakeWarehouse, table_type: str, vandalism: str, said: str
) -> None:
    warehouse = make_warehouse(table_type=table_type)
    warehouse.land(meters_per_object=2)
    gcs = warehouse.gcs
    manifest = read_manifest(gcs, MONDAY)
    assert manifest
    match vandalism:
        case "delete":
            gcs.delete([manifest.objects[1].name])
        case "change":
            gcs.write(manifest.objects[1].name, b"other")
        case "add":
            gcs.write("dt=2024-01-01/part-00009.json", b"")
    with pytest.raises(UserError, match=f"{said}; materialize raw_readings of that day again"):
        load_readings(gcs, warehouse.bigquery, MONDAY)


def test_a_day_is_loaded_though_another_landing_of_it_ended_in_the_middle(
    warehouse: Warehouse,
) -> None:
    warehouse.land()
    warehouse.gcs.write("dt=2024-01-01/landing=0123abcd/part-00000.json", b"of the other landing")
    assert load_readings(warehouse.gcs, warehouse.bigquery, MONDAY) == 5 * 96


def test_an_external_table_would_read_the_other_landing_too(
    make_warehouse: MakeWarehouse,
) -> None:
    warehouse = make_warehouse(table_type="external")
    warehouse.land()
    warehouse.gcs.write("dt=2024-01-01/landing=0123abcd/part-00000.json", b"of the other landing")
    with pytest.raises(UserError, match=r"landing=0123abcd/part-00000\.json is not listed"):
        load_readings(warehouse.gcs, warehouse.bigquery, MONDAY)


def test_uris_are_listed_up_to_the_limit() -> None:
    manifest, stored = of_many(MAX_URIS)
    uris = source_uris("bucket", manifest, stored)
    assert uris == [f"gs://bucket/{item.name}" for item in manifest.objects]


@pytest.mark.parametrize(("compression", "suffix"), [("none", ".json"), ("gzip", ".json.gz")])
def test_past_the_limit_one_wildcard_stands_for_all(compression: str, suffix: str) -> None:
    manifest, stored = of_many(MAX_URIS + 1, compression)
    uris = source_uris("bucket", manifest, stored)
    assert uris == [f"gs://bucket/dt=2024-01-01/landing=0123abcd/*{suffix}"]
    other = StoredObject(f"dt=2024-01-01/landing=0123abce/part-00000{suffix}", 1, 1, 1)
    assert source_uris("bucket", manifest, [*stored, other]) == uris
    with pytest.raises(UserError, match=r"landing=0123abce/.* is not listed"):
        source_uris("bucket", manifest, [*stored, other], alone=True)
    extra = [StoredObject(f"dt=2024-01-01/extra{n}", 1, 1, 1) for n in (1, 2)]
    with pytest.raises(UserError, match="extra1 is not listed and 1 more; materialize raw"):
        source_uris("bucket", manifest, [*stored, *extra])


def test_the_version_names_the_content(warehouse: Warehouse) -> None:
    warehouse.land()
    first = read_manifest(warehouse.gcs, MONDAY)
    warehouse.land()
    again = read_manifest(warehouse.gcs, MONDAY)
    warehouse.land(compression="gzip")
    other = read_manifest(warehouse.gcs, MONDAY)
    assert first is not None
    assert again is not None
    assert other is not None
    assert version(first) == version(again) != version(other)
