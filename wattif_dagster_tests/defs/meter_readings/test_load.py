"""The readings of a day are loaded as its manifest lists them, or not at all."""

from datetime import date

import pytest

from wattif_dagster import schemas
from wattif_dagster.defs.meter_readings.load import list_source_uris
from wattif_dagster.errors import UserError
from wattif_dagster.ingest.layout import labels_name
from wattif_dagster.ingest.manifest import Manifest, ManifestObject, read_manifest
from wattif_dagster.ingest.store import StoredObject, encode_crc32c
from wattif_dagster.limits import MAX_URIS
from wattif_dagster_tests.support.warehouse import MONDAY, TUESDAY, MakeWarehouse, Warehouse

READINGS = schemas.METER_READINGS
REVISION = "0123abcd"


def make_manifest(objects: int, compression: str = "none") -> tuple[Manifest, list[StoredObject]]:
    """Make a manifest of so many objects, and the bucket's listing."""
    suffix = ".json.gz" if compression == "gzip" else ".json"
    names = [f"dt=2024-01-01/{REVISION}/part-{n:05d}{suffix}" for n in range(objects)]
    stored = [StoredObject(name, n, n, 1) for n, name in enumerate(names)]
    manifest = Manifest(
        day=date(2024, 1, 1),
        fingerprint="0123456789abcdef",
        revision=REVISION,
        interval_seconds=10,
        meters=objects,
        compression=compression,  # type: ignore[arg-type]
        labels=ManifestObject(
            name=labels_name(MONDAY, REVISION), bytes=0, crc32c="AAAAAA==", rows=0
        ),
        objects=tuple(
            ManifestObject(name=o.name, bytes=o.size, crc32c=encode_crc32c(o.crc32c), rows=1)
            for o in stored
        ),
    )
    return manifest, stored


@pytest.mark.parametrize("compression", ["none", "gzip"])
def test_day_is_loaded(warehouse: Warehouse, compression: str) -> None:
    warehouse.land(compression=compression, meters_per_object=2)
    assert warehouse.load() == 5 * 96
    assert warehouse.load() == 5 * 96
    assert warehouse.count(READINGS) == 5 * 96


def test_other_days_stay(warehouse: Warehouse) -> None:
    for day in (MONDAY, TUESDAY):
        warehouse.land(day)
        warehouse.load(day)
    warehouse.load()
    assert warehouse.count(READINGS, "timestamp < TIMESTAMP '2024-01-02 00:00:00+00'") == 480
    assert warehouse.count(READINGS) == 480 + 6 * 96


def test_day_that_was_not_landed_is_refused(warehouse: Warehouse) -> None:
    with pytest.raises(UserError, match=r"2024-01-01 has no manifest in gs://.*\. Materialize raw"):
        warehouse.load()


@pytest.mark.parametrize("table_type", ["native", "external"])
@pytest.mark.parametrize(
    ("change", "difference"),
    [
        ("delete", r"part-00001\.json is missing"),
        ("change", r"part-00001\.json has 5 bytes, not 14,592"),
        ("add", r"part-00009\.json is not listed"),
    ],
)
def test_different_bucket_is_refused(
    make_warehouse: MakeWarehouse, table_type: str, change: str, difference: str
) -> None:
    warehouse = make_warehouse(table_type=table_type)
    warehouse.land(meters_per_object=2)
    gcs = warehouse.gcs
    manifest = read_manifest(gcs, MONDAY)
    assert manifest
    match change:
        case "delete":
            gcs.delete([manifest.objects[1].name])
        case "change":
            gcs.write(manifest.objects[1].name, b"other")
        case "add":
            gcs.write("dt=2024-01-01/part-00009.json", b"")
    with pytest.raises(
        UserError, match=rf"{difference}\. Materialize raw_readings of that day again\."
    ):
        warehouse.load()


def test_day_is_loaded_beside_an_unfinished_revision(
    warehouse: Warehouse,
) -> None:
    warehouse.land()
    warehouse.gcs.write(f"dt=2024-01-01/{REVISION}/part-00000.json", b"of the other revision")
    assert warehouse.load() == 5 * 96


def test_external_table_refuses_an_unfinished_revision(
    make_warehouse: MakeWarehouse,
) -> None:
    warehouse = make_warehouse(table_type="external")
    warehouse.land()
    warehouse.gcs.write(f"dt=2024-01-01/{REVISION}/part-00000.json", b"of the other revision")
    with pytest.raises(UserError, match=r"0123abcd/part-00000\.json is not listed"):
        warehouse.load()


def test_uris_are_listed_up_to_the_limit() -> None:
    manifest, stored = make_manifest(MAX_URIS)
    uris = list_source_uris("bucket", manifest, stored)
    assert uris == [f"gs://bucket/{item.name}" for item in manifest.objects]


@pytest.mark.parametrize(("compression", "suffix"), [("none", ".json"), ("gzip", ".json.gz")])
def test_one_wildcard_replaces_more_uris_than_the_limit(compression: str, suffix: str) -> None:
    manifest, stored = make_manifest(MAX_URIS + 1, compression)
    uris = list_source_uris("bucket", manifest, stored)
    assert uris == [f"gs://bucket/dt=2024-01-01/{REVISION}/*{suffix}"]
    other = StoredObject(f"dt=2024-01-01/0123abce/part-00000{suffix}", 1, 1, 1)
    assert list_source_uris("bucket", manifest, [*stored, other]) == uris
    with pytest.raises(UserError, match=r"0123abce/.* is not listed"):
        list_source_uris("bucket", manifest, [*stored, other], alone=True)
    extra = [StoredObject(f"dt=2024-01-01/extra{n}", 1, 1, 1) for n in (1, 2)]
    with pytest.raises(UserError, match=r"extra1 is not listed and 1 more\. Materialize raw"):
        list_source_uris("bucket", manifest, [*stored, *extra])


def test_version_digest_changes_with_the_content(warehouse: Warehouse) -> None:
    first, again = warehouse.land(), warehouse.land()
    other = warehouse.land(compression="gzip")
    assert first.version_digest == again.version_digest != other.version_digest
