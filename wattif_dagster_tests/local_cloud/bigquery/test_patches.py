"""Each patch is tested twice: the fault without it, and the right behaviour with it."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest
import requests
from google.api_core.exceptions import BadRequest
from google.cloud import bigquery

from wattif_dagster.errors import UserError
from wattif_dagster.local_cloud.bigquery import patches
from wattif_dagster_tests.local_cloud.bigquery.server import Server, ndjson, row, serving

DAY = "2024-01-01"


@contextmanager
def listening_proxy() -> Iterator[tuple[str, list[bytes]]]:
    """The address of an HTTP proxy that never answers, and the requests that it got."""
    requests: list[bytes] = []

    def collect() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                requests.append(connection.recv(1000).partition(b"\r\n")[0])

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=collect)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", requests
        listener.shutdown(socket.SHUT_RDWR)
    thread.join()


def test_server_starts_without_a_network(tmp_path: Path) -> None:
    """The proxy never answers, and HOME is empty, so it has no earlier download."""
    with listening_proxy() as (proxy, requests):
        environment = {"HOME": str(tmp_path), "HTTP_PROXY": proxy}
        with serving(tmp_path / "patched", environment=environment) as server:
            assert server.rows("SELECT 1") == [(1,)]
        assert requests == []
        with (
            pytest.raises(RuntimeError, match="spatial"),
            serving(tmp_path / "unpatched", "start_offline", environment=environment),
        ):
            pass
        assert any(b"spatial" in request for request in requests)


def count_table_copies(folder: Path, *without: str) -> int:
    """Load once, and return the number of snapshot tables in the database."""
    with serving(folder, *without) as server:
        table = server.table()
        server.load(server.put("a.json", ndjson([row(f"{DAY}T00:00:00Z")])), table)
        assert server.days(table) == {DAY: 1}
    with duckdb.connect(folder / "data" / "bqemulator.duckdb", read_only=True) as database:
        found = database.execute(
            "SELECT COUNT(*) FROM duckdb_tables() WHERE schema_name = '_bqemulator_snapshots'"
        ).fetchone()
    assert found is not None
    return found[0]


def test_load_makes_no_copy_of_the_table(tmp_path: Path) -> None:
    assert count_table_copies(tmp_path / "patched") == 0
    assert count_table_copies(tmp_path / "unpatched", "skip_table_copies") > 0


@pytest.fixture(scope="module")
def unpatched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server without the two patches of the requests that it accepts."""
    folder = tmp_path_factory.mktemp("unpatched")
    with serving(folder, "accept_any_upload", "refuse_other_hosts") as server:
        yield server


def upload(server: Server) -> int | None:
    """The number of rows that a load job with uploaded rows writes."""
    table = server.table()
    config = bigquery.LoadJobConfig(schema=table.schema)
    job = server.client.load_table_from_json([row(f"{DAY}T00:00:00Z")], table, job_config=config)
    job.result()
    return job.output_rows


def test_server_accepts_uploads(patched: Server, unpatched: Server) -> None:
    assert upload(patched) == 1
    with pytest.raises(BadRequest, match="unsupported Content-Type"):
        upload(unpatched)


def test_check_version_refuses_another_version(monkeypatch: pytest.MonkeyPatch) -> None:
    patches.check_version()
    monkeypatch.setattr(patches, "PATCHED_VERSION", "0.0.1")
    with pytest.raises(UserError, match=r"made for bqemulator 0\.0\.1, but 1\.4\.0 is installed"):
        patches.check_version()


def test_second_server_ends_with_a_sentence(patched: Server) -> None:
    """A second server over the same database ends without a traceback."""
    with pytest.raises(RuntimeError) as failure, serving(patched.data.parent):
        pass
    assert "cannot open the database" in str(failure.value)
    assert "Traceback" not in str(failure.value)


def test_server_refuses_requests_for_other_hosts(patched: Server, unpatched: Server) -> None:
    evil = {"Host": "evil.example"}
    assert requests.get(f"{patched.url}/projects/p/datasets", headers=evil).status_code == 400
    assert requests.get(f"{unpatched.url}/projects/p/datasets", headers=evil).status_code == 200


def test_jobs_survive_a_restart(tmp_path: Path) -> None:
    """One job is new, the other one is asked for twice under its id."""
    asked = {"once": ["SELECT 1"], "again": ["SELECT 2", "SELECT 3"]}
    with serving(tmp_path) as server:
        for job_id, queries in asked.items():
            for sql in queries:
                server.client.query(sql, job_id=job_id, job_retry=None).result()
    with serving(tmp_path) as server:
        for job_id, queries in asked.items():
            job = server.client.get_job(job_id)
            assert isinstance(job, bigquery.QueryJob)
            assert (job.query, job.state) == (queries[-1], "DONE")
