"""A local BigQuery for the session, a local Dataplex that uses it, and stock clients of both."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc
import pytest
import requests
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery
from google.cloud.dataplex_v1 import DataScanServiceClient
from google.cloud.dataplex_v1.services.data_scan_service.transports import (
    DataScanServiceGrpcTransport,
)

from wattif_dagster.local_cloud.dataplex.server import Server

from .scans import Scans, free_port

READY_SECONDS = 60

# Two rows share a name. The last row is NULL in every column but the first. One name has a quote
# and a backslash.
ROWS = r"""
    (1, 'ann', 0.5, NUMERIC '1.25', DATE '2024-01-01', TIMESTAMP '2024-01-01 00:00:00', TRUE),
    (2, 'bob', 1.5, NUMERIC '2.50', DATE '2024-01-02', TIMESTAMP '2024-01-02 00:00:00', TRUE),
    (3, 'bob', 9.5, NUMERIC '3.75', DATE '2024-01-03', TIMESTAMP '2024-01-03 00:00:00', FALSE),
    (4, 'it\'s \\', -1.0, NUMERIC '0', DATE '2024-01-04', TIMESTAMP '2024-01-04 00:00:00', TRUE),
    (5, NULL, NULL, NULL, NULL, NULL, NULL)
"""


@dataclass(frozen=True)
class BigQuery:
    """The local BigQuery, started as users start it."""

    endpoint: str
    process: subprocess.Popen[bytes]

    @contextmanager
    def suspended(self) -> Iterator[None]:
        """Inside the block it answers no request. Afterwards it answers all of them."""
        self.process.send_signal(signal.SIGSTOP)
        os.waitpid(self.process.pid, os.WUNTRACED)  # waits until all threads have stopped
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)


@pytest.fixture(scope="session")
def bigquery_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BigQuery]:
    folder, port = tmp_path_factory.mktemp("bigquery"), free_port()
    (folder / "gcs").mkdir()
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "wattif_dagster.local_cloud.bigquery"),
                *("--port", str(port), "--data-dir", str(folder / "data")),
                *("--gcs-root", str(folder / "gcs")),
            ],
            stdout=log,
            stderr=log,
        )
    endpoint = f"http://127.0.0.1:{port}"
    try:
        wait_until_healthy(endpoint, process)
        yield BigQuery(endpoint, process)
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="session")
def bigquery_endpoint(bigquery_service: BigQuery) -> str:
    return bigquery_service.endpoint


def wait_until_healthy(endpoint: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while True:
        try:
            if requests.get(f"{endpoint}/healthz", timeout=5).ok:
                return
        except requests.ConnectionError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise
        time.sleep(0.05)


@pytest.fixture(scope="session", autouse=True)
def warehouse(bigquery_endpoint: str) -> bigquery.Client:
    """A client whose project is `demo-project`, with the dataset `ds` and the table `ds.people`."""
    client = bigquery.Client(
        project="demo-project",
        credentials=AnonymousCredentials(),
        client_options={"api_endpoint": bigquery_endpoint},
    )
    client.create_dataset("ds")
    field = bigquery.SchemaField
    schema = [
        *(field("id", "INT64"), field("name", "STRING"), field("value", "FLOAT64")),
        *(field("price", "NUMERIC"), field("day", "DATE"), field("seen", "TIMESTAMP")),
        *(field("ok", "BOOL"), field("tags", "STRING", mode="REPEATED")),
    ]
    client.create_table(bigquery.Table("demo-project.ds.people", schema=schema))
    columns = "id, name, value, price, day, seen, ok"
    client.query(f"INSERT INTO ds.people ({columns}) VALUES {ROWS}").result()
    return client


@pytest.fixture(scope="session")
def dataplex(tmp_path_factory: pytest.TempPathFactory, bigquery_endpoint: str) -> Iterator[Server]:
    server = Server(
        data_dir=tmp_path_factory.mktemp("dataplex"), bigquery_endpoint=bigquery_endpoint
    )
    yield server
    server.stop()


def grpc_client(port: int) -> DataScanServiceClient:
    channel = grpc.insecure_channel(f"127.0.0.1:{port}")
    return DataScanServiceClient(transport=DataScanServiceGrpcTransport(channel=channel))


def rest_client(port: int) -> DataScanServiceClient:
    return DataScanServiceClient(
        transport="rest",
        credentials=AnonymousCredentials(),
        client_options={"api_endpoint": f"http://127.0.0.1:{port}"},
    )


@pytest.fixture
def scans(dataplex: Server, request: pytest.FixtureRequest) -> Scans:
    """Calls over gRPC. Each test has its own location."""
    return Scans(grpc_client(dataplex.grpc_port), location_for(request))


@pytest.fixture(params=["grpc", "rest"])
def both(dataplex: Server, request: pytest.FixtureRequest) -> Scans:
    """As `scans`, over each of the two transports."""
    if request.param == "grpc":
        return Scans(grpc_client(dataplex.grpc_port), location_for(request))
    return Scans(rest_client(dataplex.rest_port), location_for(request))


def location_for(request: pytest.FixtureRequest) -> str:
    name = "".join(char if char.isalnum() else "-" for char in request.node.name.lower())
    return f"projects/demo-project/locations/{name}"


class Process:
    """The service, started as users start it."""

    def __init__(self, data_dir: Path, bigquery_endpoint: str) -> None:
        self.grpc_port, self.rest_port = free_port(), free_port()
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "wattif_dagster.local_cloud.dataplex"),
                *("--grpc-port", str(self.grpc_port), "--rest-port", str(self.rest_port)),
                *("--data-dir", str(data_dir), "--bigquery-endpoint", bigquery_endpoint),
            ],
        )
        wait_until_healthy(f"http://127.0.0.1:{self.rest_port}", self.process)


@pytest.fixture
def start_process(tmp_path: Path, bigquery_endpoint: str) -> Iterator[Callable[..., Process]]:
    """Starts the service as a process. Every start uses the same directory."""
    started: list[Process] = []

    def start(endpoint: str = bigquery_endpoint) -> Process:
        started.append(Process(tmp_path / "state", endpoint))
        return started[-1]

    yield start
    for one in started:
        one.process.kill()
        one.process.wait()
