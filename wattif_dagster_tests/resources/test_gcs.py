"""The Cloud Storage resource with the local service."""

import dataclasses
import json
import threading
from pathlib import Path

import pytest

from wattif_dagster.errors import UserError
from wattif_dagster.ingest.store import (
    GENERATION_ABSENT,
    GenerationMismatchError,
    encode_crc32c,
)
from wattif_dagster.resources.build import build_resources
from wattif_dagster.resources.gcs import GcsTransferManager
from wattif_dagster.resources.gcs_errors import UploadError
from wattif_dagster.settings import Settings
from wattif_dagster_tests.support.faults import PATIENCE_S, Exchange, Proxy, pass_on
from wattif_dagster_tests.support.services import spool_file, upload


@pytest.fixture
def gcs(settings: Settings) -> GcsTransferManager:
    gcs = build_resources(settings)["wattif_gcs"]
    gcs.ensure_bucket()
    return gcs


def test_uploaded_objects_are_listed(gcs: GcsTransferManager, tmp_path: Path) -> None:
    files = [spool_file(tmp_path, f"a/{n}.json", b"x" * n) for n in range(20)]
    upload(gcs, *files)
    listed = {item.name: item for item in gcs.list("a/")}
    assert {name: (item.size, item.crc32c) for name, item in listed.items()} == {
        file.name: (file.size, file.crc32c) for file in files
    }
    assert all(item.generation > 0 for item in listed.values())
    assert list(gcs.list("b/")) == []


def test_list_reads_all_pages(gcs_proxy: Proxy, gcs: GcsTransferManager) -> None:
    """Cloud Storage ends a page after 1,000 objects, the local one on request."""

    def two_a_page(exchange: Exchange) -> None:
        exchange.path += "&maxResults=2"
        pass_on(exchange)

    names = [f"p/{n}" for n in range(5)]
    for name in names:
        gcs.write(name, b"")
    gcs_proxy.on("GET", "/o?", two_a_page, times=3)
    assert [item.name for item in gcs.list("p/")] == names
    assert gcs_proxy.count("GET", "pageToken=") == 2


def test_unknown_bucket_is_one_sentence(settings: Settings, tmp_path: Path) -> None:
    gcs = build_resources(settings)["wattif_gcs"]
    sentence = (
        f"Bucket {settings.bucket} does not exist. "
        "Create it, or set WATTIF_BUCKET to an existing bucket."
    )
    for attempt in (
        gcs.require_bucket,
        lambda: upload(gcs, spool_file(tmp_path, "a", b"a")),
        lambda: list(gcs.list("")),
        lambda: gcs.write("a", b"a"),
    ):
        with pytest.raises(UserError) as caught:
            attempt()
        assert str(caught.value) == sentence


def test_existing_bucket_is_kept(gcs: GcsTransferManager) -> None:
    gcs.write("a", b"kept")
    gcs.ensure_bucket()
    gcs.require_bucket()
    assert gcs.read("a") is not None


def test_bucket_is_made_where_the_dataset_is(settings: Settings, gcs_proxy: Proxy) -> None:
    """BigQuery loads only from a bucket in the location of the dataset."""
    asked: list[dict[str, str]] = []

    def look(exchange: Exchange) -> None:
        asked.append(json.loads(exchange.body()))
        exchange.reply(200, [("Content-Type", "application/json")], b"{}")

    gcs_proxy.on("POST", "/b?", look)
    european = {"bigquery_location": "EU", "location": "europe-west1"}
    build_resources(settings.model_copy(update=european))["wattif_gcs"].ensure_bucket()
    assert asked == [{"name": settings.bucket, "location": "EU"}]


def test_read_returns_the_written_bytes(gcs: GcsTransferManager) -> None:
    assert gcs.read("a/b.json") is None
    for content in (b"one", b"", b"\x1f\x8b not gzip"):
        gcs.write("a/b.json", content)
        found = gcs.read("a/b.json")
        assert found is not None
        (listed,) = gcs.list("a/b.json")
        assert found == (content, listed.generation)


def test_write_guarded_by_absence_succeeds_once(gcs: GcsTransferManager) -> None:
    gcs.write("a", b"first", if_generation=GENERATION_ABSENT)
    with pytest.raises(
        GenerationMismatchError,
        match=rf"Another writer changed gs://{gcs.bucket}/a in the meantime\.",
    ):
        gcs.write("a", b"second", if_generation=GENERATION_ABSENT)
    found = gcs.read("a")
    assert found is not None
    assert found[0] == b"first"


def test_write_replaces_only_the_generation_seen(gcs: GcsTransferManager) -> None:
    gcs.write("a", b"one")
    seen = gcs.read("a")
    assert seen is not None
    gcs.write("a", b"two", if_generation=seen[1])
    with pytest.raises(GenerationMismatchError):
        gcs.write("a", b"three", if_generation=seen[1])
    found = gcs.read("a")
    assert found is not None
    assert found[0] == b"two"


def test_delete_ignores_missing_objects(gcs: GcsTransferManager) -> None:
    for name in ("d/1", "d/2", "d/3"):
        gcs.write(name, b"x")
    gcs.delete(["d/1", "d/never", "d/3"])
    assert [item.name for item in gcs.list("d/")] == ["d/2"]
    gcs.delete([])


def test_checksum_is_not_computed_again(
    gcs_proxy: Proxy, gcs: GcsTransferManager, tmp_path: Path
) -> None:
    """The client sends the checksum that it is given, here a wrong one, and no other."""
    bodies: list[bytes] = []

    def look_and_refuse(exchange: Exchange) -> None:
        bodies.append(exchange.body())
        exchange.reply(400, [], b"{}")

    gcs_proxy.on("POST", "/upload/", look_and_refuse)
    file = dataclasses.replace(spool_file(tmp_path, "a", b"content"), crc32c=7)
    with pytest.raises(UploadError):
        upload(gcs, file)
    (body,) = bodies
    assert f'"crc32c": "{encode_crc32c(7)}"'.encode() in body
    assert b"md5" not in body


def test_each_upload_has_a_connection_that_is_kept(
    gcs_proxy: Proxy, settings: Settings, tmp_path: Path
) -> None:
    """`requests` alone would keep 10 of them."""
    ingest = settings.ingest.model_copy(update={"upload_workers": 12, "batches_in_flight": 1})
    gcs = build_resources(settings.model_copy(update={"ingest": ingest}))["wattif_gcs"]
    gcs.ensure_bucket()
    together = threading.Barrier(12)

    def wait_for_the_others(exchange: Exchange) -> None:
        together.wait(PATIENCE_S)
        pass_on(exchange)

    gcs_proxy.on("POST", "/upload/", wait_for_the_others, times=36)
    for _ in range(3):
        upload(gcs, *(spool_file(tmp_path, f"{n}", b"x") for n in range(12)))
    assert gcs_proxy.exhausted
    assert gcs_proxy.connections == 12
