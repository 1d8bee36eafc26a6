"""What a refused request says: Google's sentence first, then what to do about its cause."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.rpc.status_pb2 import Status
from grpc_status import rpc_status

from wattif_dagster.errors import UserError
from wattif_dagster.resources.bigquery import BigQueryWarehouse
from wattif_dagster.resources.dataplex.preview import ensure_preview
from wattif_dagster.resources.dataplex.scans import DataplexScans
from wattif_dagster.resources.gcs import GcsTransferManager
from wattif_dagster.resources.google_cloud import GoogleCloud
from wattif_dagster.settings import Endpoints
from wattif_dagster_tests.support.faults import Exchange, Fault, proxy_to
from wattif_dagster_tests.support.preview import make_body
from wattif_dagster_tests.support.refusals import BIGQUERY, DATAPLEX, STORAGE, Refusal
from wattif_dagster_tests.support.services import spool_file, upload

PROJECT = "my-project"


def refusing(body: bytes, kind: str = "application/json") -> Fault:
    def answer(exchange: Exchange) -> None:
        exchange.body()
        exchange.reply(403, [("Content-Type", kind)], body)

    return answer


@pytest.fixture
def cloud_at(tmp_path: Path) -> Callable[..., GoogleCloud]:
    def make(**endpoints: str) -> GoogleCloud:
        file = tmp_path / "endpoints.json"
        file.write_text(Endpoints(**endpoints).model_dump_json())
        return GoogleCloud(project=PROJECT, endpoints_file=str(file))

    return make


@pytest.fixture
def refused_by(cloud_at: Callable[..., GoogleCloud]) -> Callable[..., Any]:
    """The cloud whose named REST API refuses every request with the answer."""

    @contextmanager
    def serve(service: str, answer: Fault) -> Iterator[GoogleCloud]:
        with proxy_to("http://127.0.0.1:1") as stub:
            stub.otherwise = answer
            yield cloud_at(**{service: stub.url})

    return serve


@pytest.mark.parametrize("refusal", BIGQUERY.values(), ids=BIGQUERY)
def test_bigquery_says_why(refused_by: Callable[..., Any], refusal: Refusal) -> None:
    with (
        refused_by("bigquery", refusing(refusal.body())) as cloud,
        pytest.raises(UserError) as caught,
    ):
        BigQueryWarehouse(cloud=cloud, dataset="meters").rows("SELECT 1")
    assert str(caught.value) == (
        f"Access to dataset my-project.meters was refused. BigQuery{refusal.sentences}"
    )


@pytest.mark.parametrize("refusal", STORAGE.values(), ids=STORAGE)
def test_cloud_storage_says_why(
    refused_by: Callable[..., Any], refusal: Refusal, tmp_path: Path
) -> None:
    with refused_by("gcs", refusing(refusal.body())) as cloud:
        gcs = GcsTransferManager(cloud=cloud, bucket="meters")
        for attempt in (
            lambda: upload(gcs, spool_file(tmp_path, "a", b"a")),
            lambda: gcs.write("a", b"a"),
            lambda: gcs.read("a"),
            lambda: list(gcs.list("")),
            gcs.ensure_bucket,
        ):
            with pytest.raises(UserError) as caught:
                attempt()
            assert str(caught.value) == (
                f"Access to bucket meters was refused. Cloud Storage{refusal.sentences}"
            )


@contextmanager
def refusing_calls(status: Status) -> Iterator[str]:
    """The address of a gRPC server that refuses each call with the status."""

    class Refuse(grpc.GenericRpcHandler):
        def service(self, handler_call_details: object) -> grpc.RpcMethodHandler:
            def refuse(_request: bytes, context: grpc.ServicerContext) -> bytes:
                context.abort_with_status(rpc_status.to_status(status))

            return grpc.unary_unary_rpc_method_handler(refuse)

    server = grpc.server(ThreadPoolExecutor(1), handlers=[Refuse()])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(None).wait()


@pytest.mark.parametrize("refusal", DATAPLEX.values(), ids=DATAPLEX)
def test_dataplex_says_why(cloud_at: Callable[..., GoogleCloud], refusal: Refusal) -> None:
    with refusing_calls(refusal.status()) as address:
        scans = DataplexScans(cloud=cloud_at(dataplex=address), location="us-central1")
        with pytest.raises(UserError) as caught:
            scans.run("scan")
        scans.client.transport.close()
    assert str(caught.value) == (
        "Access to Dataplex in projects/my-project/locations/us-central1 was refused. "
        f"Dataplex{refusal.sentences}"
    )


@pytest.mark.parametrize("refusal", [DATAPLEX["api"], DATAPLEX["no quota project"]])
def test_dataplex_preview_says_why(refused_by: Callable[..., Any], refusal: Refusal) -> None:
    answer = refusing(refusal.body())
    with refused_by("dataplex_rest", answer) as cloud, pytest.raises(UserError) as caught:
        ensure_preview(DataplexScans(cloud=cloud, location="us-central1"), "scan", make_body())
    assert str(caught.value) == (
        f"Access to the Dataplex anomaly detection preview was refused. Dataplex{refusal.sentences}"
    )


def test_page_of_a_proxy_is_quoted_in_part(refused_by: Callable[..., Any]) -> None:
    page = b"<html>The proxy\nforbids this" + b" and that" * 1000
    answer = refusing(page, "text/html")
    with refused_by("gcs", answer) as cloud, pytest.raises(UserError) as caught:
        GcsTransferManager(cloud=cloud, bucket="meters").write("a", b"a")
    assert "The proxy forbids this and that" in str(caught.value)
    assert len(str(caught.value)) < 1500
