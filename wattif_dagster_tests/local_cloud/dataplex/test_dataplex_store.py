"""The store keeps its state and deletes the oldest jobs and operations."""

from pathlib import Path
from uuid import uuid4

import pytest
from google.api_core import exceptions as gx
from google.cloud import dataplex_v1 as dp
from google.longrunning.operations_pb2 import Operation

from wattif_dagster.local_cloud.dataplex.errors import ApiError
from wattif_dagster.local_cloud.dataplex.server import Server
from wattif_dagster.local_cloud.dataplex.store import (
    MAX_JOBS_PER_SCAN,
    MAX_OPERATIONS,
    Store,
    StoreError,
)

from .conftest import grpc_client
from .scans import Scans

PARENT = "projects/demo-project/locations/here"
SCAN = f"{PARENT}/dataScans/scan"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store.sqlite")


def add_job(store: Store, scan: str) -> str:
    job = dp.DataScanJob(name=f"{scan}/jobs/{uuid4()}", state=dp.DataScanJob.State.PENDING)
    store.add_job(job, listed=True)
    return job.name


def test_store_deletes_the_oldest_jobs(store: Store) -> None:
    other = f"{SCAN}-2"
    store.add_scan(dp.DataScan(name=SCAN))
    store.add_scan(dp.DataScan(name=other))
    kept = add_job(store, other)
    with store.transaction():
        names = [add_job(store, SCAN) for _ in range(MAX_JOBS_PER_SCAN + 2)]
    assert [job.name for job in store.list_jobs(SCAN)] == names[:1:-1]
    assert [job.name for job in store.list_jobs(other)] == [kept]


def test_store_deletes_the_oldest_operations(store: Store) -> None:
    names = [f"{PARENT}/operations/{number:05}" for number in range(MAX_OPERATIONS + 2)]
    with store.transaction():
        for name in names:
            store.add_operation(Operation(name=name))
    assert [operation.name for operation in store.list_operations(PARENT)] == names[2:]


def test_failed_transaction_is_rolled_back(store: Store) -> None:
    def add_twice() -> None:
        with store.transaction():
            store.add_scan(dp.DataScan(name=SCAN))
            store.add_scan(dp.DataScan(name=SCAN))

    with pytest.raises(ApiError, match="already exists"):
        add_twice()
    with pytest.raises(ApiError, match="not found"):
        store.get_scan(SCAN)


def test_store_refuses_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("not a database, and longer than its header would be" * 20)
    for path in (tmp_path / "x", tmp_path / "no_such_folder" / "x"):
        with pytest.raises(StoreError, match="cannot open"):
            Store(path)


def test_create_refuses_more_than_1000_scans(tmp_path: Path, bigquery_endpoint: str) -> None:
    store = Store(tmp_path / "dataplex.sqlite")
    with store.transaction():
        for number in range(1000):
            store.add_scan(dp.DataScan(name=f"{SCAN}-{number}"))
    store.close()
    server = Server(data_dir=tmp_path, bigquery_endpoint=bigquery_endpoint)
    with pytest.raises(gx.ResourceExhausted, match="1000 scans"):
        Scans(grpc_client(server.grpc_port), PARENT).create()
    server.stop()
