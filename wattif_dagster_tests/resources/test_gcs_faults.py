"""The Cloud Storage resource when the network or the service fails."""

import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from wattif_dagster.errors import TransientError, UserError
from wattif_dagster.ingest.store import GENERATION_ABSENT, GenerationMismatchError
from wattif_dagster.resources import gcs as module
from wattif_dagster.resources.build import build_resources
from wattif_dagster.resources.gcs import GcsTransferManager
from wattif_dagster.resources.gcs_errors import UploadError
from wattif_dagster.settings import Endpoints, Settings
from wattif_dagster_tests.support.faults import (
    Exchange,
    Fault,
    Proxy,
    corrupt,
    cut_answer,
    lose_answer,
    pass_on,
    reset,
    status,
    trickle,
)
from wattif_dagster_tests.support.services import spool_file, upload

DATA = b'{"reading":0.315}\n' * 1000
DAMAGED = 'Provided CRC32C "AAAAAA==" doesn\'t match calculated CRC32C "2HvlZg==".'

TRANSIENT: dict[str, Fault] = {
    "408": status(408),
    "429": status(429, reason="rateLimitExceeded"),
    "500": status(500),
    "502": status(502),
    "503": status(503),
    "504": status(504),
    "reset in the body": reset,
    "answer lost": lose_answer,
    "answer cut": cut_answer,
}


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FIRST_PAUSE_SECONDS", 0.01)


@pytest.fixture
def gcs(settings: Settings, gcs_proxy: Proxy) -> GcsTransferManager:
    gcs = build_resources(settings)["wattif_gcs"].model_copy(
        update={"deadline_seconds": 20, "retry_seconds": 20}
    )
    gcs.ensure_bucket()
    gcs_proxy.requests.clear()
    return gcs


@pytest.mark.parametrize("fault", TRANSIENT.values(), ids=TRANSIENT)
def test_an_upload_is_sent_again(
    gcs: GcsTransferManager, gcs_proxy: Proxy, tmp_path: Path, fault: Fault
) -> None:
    gcs_proxy.on("POST", "/upload/", fault, times=2)
    files = [spool_file(tmp_path, f"{n}.json", DATA) for n in range(3)]
    upload(gcs, *files)
    assert gcs_proxy.exhausted
    assert gcs_proxy.count("POST", "/upload/") == 5
    assert {(o.name, o.crc32c) for o in gcs.list("")} == {(f.name, f.crc32c) for f in files}


@pytest.mark.parametrize("fault", [corrupt, status(400, DAMAGED)], ids=["accepted", "refused"])
def test_a_damaged_body_is_noticed_and_sent_again(
    gcs: GcsTransferManager, gcs_proxy: Proxy, tmp_path: Path, fault: Fault
) -> None:
    """The local service stores damaged bytes; Cloud Storage refuses them with DAMAGED."""
    gcs_proxy.on("POST", "/upload/", fault)
    file = spool_file(tmp_path, "a.json", DATA)
    upload(gcs, file)
    assert gcs_proxy.count("POST", "/upload/") == 2
    found = gcs.read("a.json")
    assert found is not None
    assert found[0] == DATA


@pytest.mark.parametrize("code", [400, 409, 412, 413])
def test_a_permanent_error_is_not_sent_again(
    gcs: GcsTransferManager, gcs_proxy: Proxy, tmp_path: Path, code: int
) -> None:
    gcs_proxy.on("POST", "/upload/", status(code, "not like this"))
    with pytest.raises(UploadError, match=rf"1 of 1 objects did not arrive in gs://.*{code}"):
        upload(gcs, spool_file(tmp_path, "a.json", DATA))
    assert gcs_proxy.count("POST", "/upload/") == 1


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        (401, "The Google credentials were refused"),
        (403, r"Access to bucket .* was refused\. Cloud Storage says: spoiled\. Grant"),
    ],
)
def test_refused_access_is_one_sentence(
    gcs: GcsTransferManager, gcs_proxy: Proxy, tmp_path: Path, code: int, sentence: str
) -> None:
    gcs_proxy.on("POST", "/upload/", status(code), times=2)
    for attempt in (
        lambda: upload(gcs, spool_file(tmp_path, "a.json", DATA)),
        lambda: gcs.write("a", b"a"),
    ):
        with pytest.raises(UserError, match=sentence):
            attempt()


def test_a_bucket_that_is_gone_is_said(settings: Settings, tmp_path: Path) -> None:
    gcs = build_resources(settings)["wattif_gcs"]
    for attempt in (
        lambda: upload(gcs, spool_file(tmp_path, "a.json", DATA)),
        lambda: gcs.write("a", b"a"),
        lambda: list(gcs.list("")),
        gcs.require_bucket,
    ):
        with pytest.raises(UserError) as caught:
            attempt()
        assert str(caught.value) == (
            f"Bucket {gcs.bucket} does not exist. "
            "Create it, or set WATTIF_BUCKET to an existing bucket."
        )


def test_a_slow_answer_is_waited_for(
    gcs: GcsTransferManager, gcs_proxy: Proxy, tmp_path: Path
) -> None:
    """It comes a few bytes at a time."""
    gcs_proxy.on("POST", "/upload/", trickle)
    upload(gcs, spool_file(tmp_path, "a.json", DATA))
    assert gcs_proxy.count("POST", "/upload/") == 1


def test_missing_spool_file_is_an_upload_error(gcs: GcsTransferManager, tmp_path: Path) -> None:
    kept, lost = (spool_file(tmp_path, name, DATA) for name in ("kept", "lost"))
    lost.path.unlink()
    with pytest.raises(UploadError, match="1 of 2 objects"):
        upload(gcs, kept, lost)
    assert [item.name for item in gcs.list("")] == ["kept"]


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (status(408), "is not available, try again later: 1 of 2 .*: 408 .*spoiled"),
        (status(429), "is not available, try again later: 1 of 2 .*: 429 .*spoiled"),
        (status(503), "is not available, try again later: 1 of 2 .*: 503 .*spoiled"),
        (status(400, DAMAGED), "is not available, try again later: 1 of 2 .*: 400 .*doesn't match"),
        (corrupt, "is not available, try again later: 1 of 2 .*: b.json arrived damaged"),
        (reset, "^1 of 2 .*: http://.* cannot be reached\\. Check the network"),
        (lose_answer, "^1 of 2 .*: http://.* cannot be reached\\. Check the network"),
    ],
    ids=["408", "429", "503", "refused as damaged", "damaged", "reset", "answer lost"],
)
def test_transient_errors_remain_transient_at_the_deadline(
    gcs: GcsTransferManager, gcs_proxy: Proxy, tmp_path: Path, fault: Fault, reason: str
) -> None:
    """So that the step is retried."""
    hurried = gcs.model_copy(update={"deadline_seconds": 0.2, "upload_workers": 1})
    gcs_proxy.on("POST", "/upload/", pass_on)
    gcs_proxy.on("POST", "/upload/", fault, times=1000)
    with pytest.raises(TransientError, match=reason) as caught:
        upload(hurried, *(spool_file(tmp_path, name, DATA) for name in ("a.json", "b.json")))
    assert f"1 of 2 objects did not arrive in {gcs.uri}: " in str(caught.value)


def test_permanent_error_is_raised_before_a_transient_one(
    gcs: GcsTransferManager, gcs_proxy: Proxy, tmp_path: Path
) -> None:
    one_by_one = gcs.model_copy(update={"upload_workers": 1})
    gcs_proxy.on("POST", "/upload/", status(503))
    gcs_proxy.on("POST", "/upload/", status(400, "not like this"))
    with pytest.raises(UploadError, match=r"^2 of 2 objects did not arrive .*: 400 .*not like"):
        upload(one_by_one, *(spool_file(tmp_path, name, DATA) for name in ("a.json", "b.json")))


def test_upload_gives_up_when_stopped(
    gcs: GcsTransferManager, gcs_proxy: Proxy, tmp_path: Path
) -> None:
    stop = threading.Event()

    def refuse_and_stop(exchange: Exchange) -> None:
        stop.set()
        status(503)(exchange)

    gcs_proxy.on("POST", "/upload/", refuse_and_stop, times=1000)
    with pytest.raises(TransientError):
        gcs.upload([spool_file(tmp_path, "a.json", DATA)], stop)
    assert gcs_proxy.count("POST", "/upload/") == 1


def test_a_stalled_upload_is_sent_again(
    gcs: GcsTransferManager,
    gcs_proxy: Proxy,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "REQUEST_TIMEOUT_SECONDS", 0.5)
    gcs_proxy.on("POST", "/upload/", gcs_proxy.stall)
    upload(gcs, spool_file(tmp_path, "a.json", DATA))
    assert gcs_proxy.stalled.is_set()
    assert [item.name for item in gcs.list("")] == ["a.json"]


def test_a_stalled_small_request_is_sent_again(
    gcs: GcsTransferManager, gcs_proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Within the usual limits, made shorter in proportion: one stall must not use them up."""
    limit = GcsTransferManager.model_fields["retry_seconds"].default
    stalls = limit / module.REQUEST_TIMEOUT_SECONDS
    monkeypatch.setattr(module, "REQUEST_TIMEOUT_SECONDS", 0.5)
    hurried = gcs.model_copy(update={"retry_seconds": 0.5 * stalls})
    gcs_proxy.on("POST", "/upload/", gcs_proxy.stall)
    gcs_proxy.on("GET", "/download/", gcs_proxy.stall)
    gcs_proxy.on("GET", "/o?", gcs_proxy.stall)
    gcs_proxy.on("DELETE", "/o/", gcs_proxy.stall)
    hurried.write("a", DATA)
    found = hurried.read("a")
    assert found is not None
    assert found[0] == DATA
    assert [item.name for item in hurried.list("")] == ["a"]
    hurried.delete(["a"])
    assert gcs_proxy.exhausted


@pytest.mark.parametrize("fault", [status(408), status(429), status(503), reset, cut_answer])
def test_small_requests_are_asked_again(
    gcs: GcsTransferManager, gcs_proxy: Proxy, fault: Fault
) -> None:
    gcs_proxy.on("POST", "/upload/", fault)
    gcs_proxy.on("GET", "/download/", fault)
    gcs_proxy.on("GET", "/o?", fault)
    gcs_proxy.on("DELETE", "/o/", fault)
    gcs.write("a", DATA)
    found = gcs.read("a")
    assert found is not None
    assert found[0] == DATA
    assert [item.name for item in gcs.list("")] == ["a"]
    gcs.delete(["a"])
    assert gcs.read("a") is None
    assert gcs_proxy.exhausted


def small_requests(gcs: GcsTransferManager) -> list[Callable[[], object]]:
    return [
        gcs.ensure_bucket,
        gcs.require_bucket,
        lambda: list(gcs.list("")),
        lambda: gcs.read("a"),
        lambda: gcs.write("a", b"a"),
        lambda: gcs.delete(["a"]),
    ]


def test_unanswered_small_requests_are_transient_errors(
    gcs: GcsTransferManager, gcs_proxy: Proxy
) -> None:
    hurried = gcs.model_copy(update={"retry_seconds": 0})
    gcs_proxy.otherwise = status(503)
    for attempt in small_requests(hurried):
        with pytest.raises(
            TransientError, match=r"^http://.* is not available, try again later: .*503"
        ):
            attempt()


def test_a_lost_answer_to_a_guarded_write_is_a_mismatch(
    gcs: GcsTransferManager, gcs_proxy: Proxy
) -> None:
    """The first try wrote it. The caller must compare the object with its own."""
    gcs_proxy.on("POST", "/upload/", lose_answer)
    with pytest.raises(GenerationMismatchError):
        gcs.write("a", b"mine", if_generation=GENERATION_ABSENT)
    found = gcs.read("a")
    assert found is not None
    assert found[0] == b"mine"


def test_unreachable_gcs_is_a_transient_error(settings: Settings, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    settings.endpoints_file.write_text(Endpoints(gcs=url).model_dump_json())
    gcs = build_resources(settings)["wattif_gcs"].model_copy(
        update={"retry_seconds": 0.05, "deadline_seconds": 0.05}
    )
    sentence = f"{url} cannot be reached. Check the network, or `wattif status`."
    for attempt in small_requests(gcs):
        with pytest.raises(TransientError) as caught:
            attempt()
        assert str(caught.value) == sentence
    with pytest.raises(TransientError) as caught:
        upload(gcs, spool_file(tmp_path, "a", b"a"))
    assert str(caught.value) == f"1 of 1 objects did not arrive in {gcs.uri}: {sentence}"


def test_silent_service_is_a_transient_error(
    gcs: GcsTransferManager, gcs_proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "REQUEST_TIMEOUT_SECONDS", 0.2)
    gcs_proxy.on("GET", "/o?", gcs_proxy.stall, times=1000)
    hurried = gcs.model_copy(update={"retry_seconds": 0.3})
    with pytest.raises(TransientError, match="cannot be reached"):
        list(hurried.list(""))
