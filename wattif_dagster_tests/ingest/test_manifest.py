"""The manifest is read back as written, and a damaged one is refused."""

from datetime import date

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattif_dagster.errors import UserError
from wattif_dagster.ingest.layout import labels_name, manifest_name, readings_prefix
from wattif_dagster.ingest.manifest import (
    Manifest,
    ManifestObject,
    parse_manifest,
    read_manifest,
)
from wattif_dagster.ingest.store import StoredObject, decode_crc32c, encode_crc32c
from wattif_dagster.metering.incidents import IncidentLabel
from wattif_dagster.resources.gcs import GcsTransferManager
from wattif_dagster_tests.support.landing import DAY

crcs = st.integers(0, 2**32 - 1)
REVISION = "0123abcd"
OBJECTS = f"dt=2024-01-01/{REVISION}/"
names = st.from_regex(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,19}\.json(\.gz)?", fullmatch=True)
incidents = st.builds(
    IncidentLabel,
    kind=st.sampled_from(["outage", "surge"]),
    starts_at=st.text(),
    ends_at=st.text(),
    share=st.floats(0, 1),
)


def make_labels(day: date) -> ManifestObject:
    name = labels_name(day, REVISION)
    return ManifestObject(name=name, bytes=0, crc32c="AAAAAA==", rows=0)


@st.composite
def manifests(draw: st.DrawFn) -> Manifest:
    day = draw(st.dates())
    objects = draw(
        st.lists(
            st.builds(
                ManifestObject,
                name=names.map(readings_prefix(day, REVISION).__add__),
                bytes=st.integers(0, 2**40),
                crc32c=crcs.map(encode_crc32c),
                rows=st.integers(0, 2**40),
            ),
            unique_by=lambda item: item.name,
            max_size=5,
        )
    )
    return Manifest(
        day=day,
        fingerprint=draw(st.text()),
        revision=REVISION,
        interval_seconds=draw(st.integers(1, 3600)),
        meters=draw(st.integers(0, 2**40)),
        compression=draw(st.sampled_from(["none", "gzip"])),
        incident=draw(st.none() | incidents),
        labels=make_labels(day),
        objects=tuple(objects),
    )


def stored(manifest: Manifest) -> list[StoredObject]:
    return [
        StoredObject(item.name, item.bytes, decode_crc32c(item.crc32c), 1)
        for item in manifest.objects
    ]


ELSEWHERE = [
    "part-00000.json",
    "dt=2024-01-02/part-00000.json",
    "dt=2024-01-01/part-00000.json",
    "dt=2024-01-01/0123abce/part-00000.json",
    f"dt=2024-01-02/{REVISION}/part-00000.json",
    OBJECTS,
    f"{OBJECTS}../part-00000.json",
    f"{OBJECTS}a/b.json",
    f"{OBJECTS}*.json",
    f"{OBJECTS}..",
    f"{OBJECTS}.hidden.json",
    f"{OBJECTS}a b.json",
    f"{OBJECTS}a\n.json",
    f"{OBJECTS}a\x1b[2J.json",
    f"{OBJECTS}a;$(id)`id`.json",
    f"{OBJECTS}a'\".json",
    f"{OBJECTS}a?b#c.json",
    f"{OBJECTS}a%2Fb.json",
    "../dt=2024-01-01/part-00000.json",
    "/dt=2024-01-01/part-00000.json",
]


VALID = Manifest(
    day=DAY,
    fingerprint="0123456789abcdef",
    revision=REVISION,
    interval_seconds=10,
    meters=20,
    compression="none",
    labels=make_labels(DAY),
    objects=tuple(
        ManifestObject(name=f"{OBJECTS}part-0000{n}.json", bytes=n, crc32c="AAAAAA==", rows=n)
        for n in range(3)
    ),
)


def refusal(data: bytes) -> str | None:
    """The sentence that refuses the bytes; None when they are a manifest."""
    try:
        parse_manifest(data, "manifests/m.json")
    except UserError as error:
        return str(error)
    return None


@given(manifests())
def test_manifest_is_read_back_as_written(manifest: Manifest) -> None:
    data = manifest.dumps()
    assert parse_manifest(data, "m") == manifest
    assert parse_manifest(data, "m").dumps() == data


@given(st.binary())
def test_other_bytes_are_refused(data: bytes) -> None:
    assert "Manifest manifests/m.json is damaged" in (refusal(data) or "")


@given(st.data())
def test_changed_byte_is_a_manifest_or_refused(data: st.DataObject) -> None:
    content = bytearray(VALID.dumps())
    content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    said = refusal(bytes(content))
    assert said is None or "is damaged" in said


json = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 2**63) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@given(field=st.sampled_from(sorted(Manifest.model_fields)), value=json)
def test_any_value_of_a_field_is_read_or_refused(field: str, value: object) -> None:
    content = VALID.model_dump(mode="json") | {field: value}
    data = orjson.dumps(content)
    said = refusal(data)
    assert field in said if said else parse_manifest(data, "m").dumps()


@pytest.mark.parametrize("field", ["bytes", "rows"])
def test_count_beyond_64_bits_is_refused(field: str) -> None:
    """JSON cannot hold it."""
    said = refusal(VALID.dumps().replace(f'"{field}": 2'.encode(), f'"{field}": {2**63}'.encode()))
    assert field in (said or "")


@pytest.mark.parametrize("name", ELSEWHERE)
def test_object_outside_the_folder_is_refused(name: str) -> None:
    content = VALID.model_dump(mode="json")
    content["objects"][1]["name"] = name
    with pytest.raises(UserError, match=f"is not this day's; they begin with {OBJECTS}"):
        parse_manifest(orjson.dumps(content), "m")


def test_labels_of_another_revision_are_refused() -> None:
    content = VALID.model_dump(mode="json")
    content["labels"]["name"] = labels_name(DAY, "0123abce")
    with pytest.raises(UserError, match=r"0123abce\.json\.gz' is not this day's"):
        parse_manifest(orjson.dumps(content), "m")


def test_object_listed_twice_is_refused() -> None:
    content = VALID.model_dump(mode="json")
    content["objects"].append(content["objects"][0])
    with pytest.raises(UserError, match="an object is listed twice"):
        parse_manifest(orjson.dumps(content), "m")


def test_later_version_is_refused() -> None:
    content = VALID.model_dump(mode="json") | {"version": 4}
    with pytest.raises(UserError, match="version"):
        parse_manifest(orjson.dumps(content), "m")


@given(manifests())
def test_bucket_as_listed_has_no_differences(manifest: Manifest) -> None:
    assert manifest.differences(reversed(stored(manifest))) == []


def test_every_difference_is_named() -> None:
    missing, other, _ = stored(VALID)
    present = [
        StoredObject(other.name, other.size, 1, 1),
        StoredObject(f"{other.name}.bak", 1, 1, 1),
        *stored(VALID)[2:],
    ]
    assert VALID.differences(present) == [
        f"{missing.name} is missing",
        f"{other.name} has the CRC-32C AAAAAQ==, not AAAAAA==",
        f"{other.name}.bak is not listed",
    ]


def test_other_revisions_differ_only_if_alone_is_asked() -> None:
    other = StoredObject(VALID.objects[0].name.replace(REVISION, "0123abce"), 1, 1, 1)
    assert VALID.differences([*stored(VALID), other]) == []
    assert VALID.differences([*stored(VALID), other], alone=True) == [f"{other.name} is not listed"]


def test_another_size_is_a_difference() -> None:
    first, *rest = stored(VALID)
    differing = StoredObject(first.name, 1234, first.crc32c, 1)
    assert VALID.differences([differing, *rest]) == [f"{first.name} has 1,234 bytes, not 0"]


def test_manifest_is_read_from_the_bucket(gcs: GcsTransferManager) -> None:
    assert read_manifest(gcs, DAY) is None
    gcs.write(manifest_name(DAY), VALID.dumps())
    assert read_manifest(gcs, DAY) == VALID


def test_manifest_of_another_day_is_refused(gcs: GcsTransferManager) -> None:
    other = date(2024, 1, 2)
    gcs.write(manifest_name(other), VALID.dumps())
    with pytest.raises(UserError, match=r"dt=2024-01-02\.json is that of 2024-01-01\. Materialize"):
        read_manifest(gcs, other)


def test_totals_are_sums_over_the_objects() -> None:
    assert (VALID.total_rows, VALID.total_bytes) == (3, 3)


@given(crcs)
def test_checksums_are_decoded_as_encoded(value: int) -> None:
    assert decode_crc32c(encode_crc32c(value)) == value
