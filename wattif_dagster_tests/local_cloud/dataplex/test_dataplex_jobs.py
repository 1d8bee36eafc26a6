"""Jobs: incremental jobs, one-time scans, cancellation, notifications, and restarts."""

import logging
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from google.api_core import exceptions as gx
from google.cloud import bigquery
from google.cloud import dataplex_v1 as dp
from google.protobuf.duration_pb2 import Duration

from wattif_dagster.local_cloud.dataplex.server import Server

from .conftest import BigQuery, Process, grpc_client
from .scans import WAIT_SECONDS, Scans, State, data_scan, row_condition, rule, seconds

# It keeps the local BigQuery busy for seconds, whatever the rows are.
SLOW = rule(
    "table_condition_expectation",
    {
        "sql_expression": "COUNT(*) >= 0 AND (SELECT COUNT(*) FROM "
        "UNNEST(GENERATE_ARRAY(1, 9000)) a, UNNEST(GENERATE_ARRAY(1, 9000)) b "
        "WHERE MOD(a * b, 7) = 1) > 0"
    },
)


def incremental(table: str, field: str) -> dp.DataScan:
    resource = f"//bigquery.googleapis.com/projects/demo-project/datasets/ds/tables/{table}"
    scan = data_scan(row_condition("id > 0"), resource=resource)
    scan.execution_spec.field = field
    return scan


@pytest.mark.parametrize(
    ("field", "column_type", "values"),
    [
        ("day", "DATE", ["2024-01-01", "2024-01-02", "2024-01-03"]),
        (
            "seen",
            "TIMESTAMP",
            [
                "2024-01-01T00:00:00+00:00",
                "2024-01-01T00:00:00.250000+00:00",
                "2024-01-01T00:00:00.250001+00:00",
            ],
        ),
    ],
)
def test_incremental_job_evaluates_only_new_rows(
    field: str, column_type: str, values: list[str], scans: Scans, warehouse: bigquery.Client
) -> None:
    table = f"log_{field}"
    warehouse.query(f"CREATE TABLE ds.{table} (id INT64, {field} {column_type})").result()

    def insert(*rows: str) -> None:
        warehouse.query(f"INSERT INTO ds.{table} VALUES {', '.join(rows)}").result()

    insert(f"(1, '{values[0]}')", f"(2, '{values[1]}')", "(3, NULL)")
    scans.create(incremental(table, field))
    first = scans.run().data_quality_result
    assert first.row_count == 2
    scanned = first.scanned_data.incremental_field
    assert (scanned.field, scanned.start, scanned.end) == (field, "", values[1])

    assert scans.run().data_quality_result.row_count == 0

    insert(f"(4, '{values[2]}')")
    third = scans.run().data_quality_result
    assert third.row_count == third.rules[0].evaluated_count == 1
    scanned = third.scanned_data.incremental_field
    assert (scanned.start, scanned.end) == (values[1], values[2])


@pytest.mark.own_sql
def test_failed_job_keeps_the_incremental_range(scans: Scans, warehouse: bigquery.Client) -> None:
    warehouse.query("CREATE TABLE ds.log_failed (id INT64, day DATE)").result()
    warehouse.query("INSERT INTO ds.log_failed VALUES (1, '2024-01-01')").result()
    scan = incremental("log_failed", "day")
    good = list(scan.data_quality_spec.rules)
    scan.data_quality_spec.rules = [row_condition("nope")]
    scans.create(scan)
    assert scans.run().state == State.FAILED
    scan.data_quality_spec.rules = good
    scans.update(scan, "data_quality_spec.rules")
    assert scans.run().data_quality_result.row_count == 1


def one_time(ttl: int | None) -> dp.DataScan:
    scan = data_scan()
    trigger = dp.Trigger(one_time={})
    if ttl is not None:
        trigger.one_time.ttl_after_scan_completion = Duration(seconds=ttl)
    scan.execution_spec.trigger = trigger
    return scan


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_one_time_scan_runs_at_creation_unlisted(both: Scans) -> None:
    both.create(one_time(None))
    wait_for(lambda: "data_quality_result" in both.get())
    assert both.get().data_quality_result.passed
    assert not list(both.client.list_data_scan_jobs(parent=both.name()))
    both.delete()


def test_one_time_scan_is_deleted_after_its_time_to_live(both: Scans) -> None:
    both.create(one_time(0))

    def is_gone() -> bool:
        return not list(both.client.list_data_scans(parent=both.parent))

    wait_for(is_gone)
    with pytest.raises(gx.NotFound):
        both.get()
    both.create()


def test_cancel_ends_running_and_pending_jobs(both: Scans, bigquery_service: BigQuery) -> None:
    both.create()
    with bigquery_service.suspended():  # so that the job cannot end yet
        running, pending = both.start(), both.start()
        both.wait(running.name, State.RUNNING)
        both.client.cancel_data_scan_job(name=pending.name)
        assert both.job(pending.name).state == State.CANCELLED
        both.client.cancel_data_scan_job(name=running.name)
        both.client.cancel_data_scan_job(name=running.name)  # a second call while it is CANCELING
        assert both.job(running.name).state == State.CANCELING
    job = both.wait(running.name)
    assert job.state == State.CANCELLED
    assert "data_quality_result" not in job
    assert seconds(job.end_time) >= seconds(job.start_time)
    with pytest.raises(gx.BadRequest, match="already CANCELLED"):
        both.client.cancel_data_scan_job(name=running.name)


def test_runner_survives_the_deletion_of_a_running_scan(scans: Scans) -> None:
    scans.create(data_scan(SLOW, SLOW))
    job = scans.start()
    scans.wait(job.name, State.RUNNING)
    scans.delete(force=True)
    scans.create()
    assert scans.run().state == State.SUCCEEDED  # the runner still works
    assert [job.name for job in scans.client.list_data_scan_jobs(parent=scans.name())] != [job.name]


@pytest.mark.own_sql
def test_notification_reports_are_logged(scans: Scans, caplog: pytest.LogCaptureFixture) -> None:
    triggers = {"score_threshold_trigger": {"score_threshold": 80}, "job_failure_trigger": {}}
    actions = {"notification_report": {"recipients": {"emails": ["ops@example.com"]}, **triggers}}
    with caplog.at_level(logging.INFO):
        scans.create(data_scan(row_condition("FALSE"), post_scan_actions=actions))
        wait_for(lambda: bool(scans.run()) and "score 0 is below 80" in caplog.text)
        scans.update(data_scan(row_condition("nope")), "data_quality_spec.rules")
        wait_for(lambda: bool(scans.run()) and "the job failed" in caplog.text)
    assert "ops@example.com" in caplog.text


HERE = "projects/demo-project/locations/here"


@pytest.fixture
def restart(tmp_path: Path, bigquery_endpoint: str) -> Iterator[Callable[[], Scans]]:
    """Serves the directory of `start_process` from this process."""
    servers: list[Server] = []

    def start() -> Scans:
        server = Server(data_dir=tmp_path / "state", bigquery_endpoint=bigquery_endpoint)
        servers.append(server)
        return Scans(grpc_client(server.grpc_port), HERE)

    yield start
    servers[-1].stop()


def test_state_survives_a_restart(
    start_process: Callable[..., Process], restart: Callable[[], Scans]
) -> None:
    service = start_process()
    before = Scans(grpc_client(service.grpc_port), HERE)
    created = before.create(incremental("people", "day"))
    job = before.run()
    operations = before.client.list_operations({"name": HERE})
    service.process.send_signal(signal.SIGTERM)
    assert service.process.wait(timeout=30) == 0

    after = restart()
    assert after.get().uid == created.uid
    assert after.job(job.name) == job
    assert after.client.list_operations({"name": HERE}) == operations
    assert after.run().data_quality_result.row_count == 0  # the incremental range is kept


@contextmanager
def silent_endpoint() -> Iterator[str]:
    """A BigQuery endpoint that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.mark.parametrize("signal_number", [signal.SIGKILL, signal.SIGTERM])
def test_job_of_an_ended_service_is_failed(
    signal_number: int,
    tmp_path: Path,
    bigquery_endpoint: str,
    start_process: Callable[..., Process],
    restart: Callable[[], Scans],
) -> None:
    server = Server(data_dir=tmp_path / "state", bigquery_endpoint=bigquery_endpoint)
    Scans(grpc_client(server.grpc_port), HERE).create()
    server.stop()

    with silent_endpoint() as endpoint:
        service = start_process(endpoint)
        scans = Scans(grpc_client(service.grpc_port), HERE)
        running, pending = scans.start(), scans.start()
        scans.wait(running.name, State.RUNNING)
        service.process.send_signal(signal_number)
        code = service.process.wait(timeout=30)
        assert code == (0 if signal_number == signal.SIGTERM else -signal_number)

    scans = restart()
    for job in (running, pending):
        ended = scans.job(job.name)
        assert ended.state == State.FAILED
        assert "service stopped" in ended.message
    assert scans.run().state == State.SUCCEEDED


def test_create_reports_an_unreachable_bigquery(tmp_path: Path) -> None:
    server = Server(data_dir=tmp_path, bigquery_endpoint="http://127.0.0.1:1")
    scans = Scans(grpc_client(server.grpc_port), HERE)
    with pytest.raises(gx.ServiceUnavailable, match="BigQuery at http"):
        scans.create()
    server.stop()
