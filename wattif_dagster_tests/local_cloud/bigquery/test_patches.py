"""Each patch, both ways: the emulator's fault without it, the right behaviour with it."""

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
    """The address of an HTTP proxy that answers nothing, and what it was asked for."""
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


def test_starts_without_the_network(tmp_path: Path) -> None:
    """The proxy answers nothing; HOME is empty, so that nothing was downloaded before."""
    with listening_proxy() as (proxy, requests):
        environment = {"HOME": str(tmp_path), "HTTP_PROXY": proxy}
        with serving(tmp_path / "mended", environment=environment) as server:
            assert server.rows("SELECT 1") == [(1,)]
        assert requests == []
        with (
            pytest.raises(RuntimeError, match="spatial"),
            serving(tmp_path / "faulty", "start_offline", environment=environment),
        ):
            pass
        assert any(b"spatial" in request for request in requests)


def copies_of_tables(folder: Path, *without: str) -> int:
    """Snapshot tables in the database after one load."""
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


def test_keeps_no_copies_of_tables(tmp_path: Path) -> None:
    assert copies_of_tables(tmp_path / "mended") == 0
    assert copies_of_tables(tmp_path / "faulty", "skip_table_copies") > 0


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Without the two patches of what it takes."""
    folder = tmp_path_factory.mktemp("faulty")
    with serving(folder, "accept_any_upload", "refuse_other_hosts") as server:
        yield server


def upload(server: Server) -> int | None:
    """Rows of a load job that sends its rows along."""
    table = server.table()
    config = bigquery.LoadJobConfig(schema=table.schema)
    job = server.client.load_table_from_json([row(f"{DAY}T00:00:00Z")], table, job_config=config)
    job.result()
    return job.output_rows


def test_takes_uploads(mended: Server, faulty: Server) -> None:
    assert upload(mended) == 1
    with pytest.raises(BadRequest, match="unsupported Content-Type"):
        upload(faulty)


def test_refuses_another_version_of_the_emulator(monkeypatch: pytest.MonkeyPatch) -> None:
    patches.check_version()
    monkeypatch.setattr(patches, "PATCHED_VERSION", "0.0.1")
    with pytest.raises(UserError, match=r"made for bqemulator 0\.0\.1, but 1\.4\.0 is installed"):
        patches.check_version()


def test_says_what_is_wrong_in_one_line(mended: Server) -> None:
    """A second server over the same database ends with a sentence, not a traceback."""
    with pytest.raises(RuntimeError) as failure, serving(mended.data.parent):
        pass
    assert "cannot open the database" in str(failure.value)
    assert "Traceback" not in str(failure.value)


def test_requests_for_other_hosts_are_refused(mended: Server, faulty: Server) -> None:
    evil = {"Host": "evil.example"}
    assert requests.get(f"{mended.url}/projects/p/datasets", headers=evil).status_code == 400
    assert requests.get(f"{faulty.url}/projects/p/datasets", headers=evil).status_code == 200


def test_jobs_are_known_after_a_restart(tmp_path: Path) -> None:
    """A new one, and one that was asked for again."""
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
