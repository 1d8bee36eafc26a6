"""The BigQuery resource when the network or the service fails."""

import socket
from datetime import date

import pytest

from wattif_dagster import schemas
from wattif_dagster.errors import TransientError
from wattif_dagster.resources import bigquery_client as module
from wattif_dagster.resources.bigquery import BigQueryWarehouse
from wattif_dagster.resources.build import build_resources
from wattif_dagster.resources.gcs import GcsTransferManager
from wattif_dagster.settings import Endpoints, Settings
from wattif_dagster_tests.support.faults import (
    Fault,
    Proxy,
    change_answer,
    cut_answer,
    lose_answer,
    reset,
    status,
)
from wattif_dagster_tests.support.services import make_reading, read_readings, write_rows

MONDAY = date(2024, 1, 1)
READINGS = schemas.METER_READINGS
TRANSIENT: dict[str, Fault] = {
    "408": status(408),
    "429": status(429),
    "500": status(500),
    "502": status(502),
    "503": status(503),
    "503 with a reason": status(503, reason="backendError"),
    "504": status(504),
    "403 for a rate limit": status(403, reason="rateLimitExceeded"),
    "reset in the body": reset,
    "answer lost": lose_answer,
    "answer cut": cut_answer,
}


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "DEFAULT_RETRY", module.DEFAULT_RETRY.with_delay(0.01, 0.02))


@pytest.fixture
def gcs(settings: Settings) -> GcsTransferManager:
    gcs = build_resources(settings)["wattif_gcs"]
    gcs.ensure_bucket()
    return gcs


@pytest.mark.parametrize("fault", TRANSIENT.values(), ids=TRANSIENT)
def test_a_load_and_a_query_are_asked_again(
    settings: Settings, bigquery_proxy: Proxy, gcs: GcsTransferManager, fault: Fault
) -> None:
    """No row is there twice, even if the answer to the load was lost."""
    warehouse = build_resources(settings)["wattif_bigquery"]
    uri = write_rows(gcs, "m.json", make_reading(MONDAY, 0.1))
    warehouse.ensure_table(READINGS)
    bigquery_proxy.on("POST", "/jobs", fault, times=2)
    assert warehouse.load_partition(READINGS, MONDAY, [uri], "v") == 1
    bigquery_proxy.on("POST", "/jobs", fault)
    columns = ", ".join(READINGS.column_names)
    same = f"SELECT {columns} FROM {warehouse.quoted(READINGS)}"
    warehouse.replace_partition(READINGS, MONDAY, same)
    bigquery_proxy.on("POST", "/queries", fault)
    assert read_readings(warehouse) == [("2024-01-01", 0.1)]
    bigquery_proxy.on("GET", "/tables/", fault)
    assert warehouse.has_table(READINGS)
    assert bigquery_proxy.exhausted


@pytest.mark.parametrize("code", [408, 429, 500, 503])
def test_transient_error_quotes_the_last_answer(
    settings: Settings, bigquery_proxy: Proxy, code: int
) -> None:
    warehouse = build_resources(settings)["wattif_bigquery"].model_copy(
        update={"retry_seconds": 0.1}
    )
    bigquery_proxy.on("POST", "/queries", status(code, "having a rest"), times=1000)
    with pytest.raises(
        TransientError, match=f"is not available, try again later: {code} .*having a rest"
    ):
        warehouse.rows("SELECT 1")


def test_unreachable_bigquery_is_a_transient_error(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    settings.endpoints_file.write_text(Endpoints(bigquery=url).model_dump_json())
    bigquery = build_resources(settings)["wattif_bigquery"].model_copy(
        update={"retry_seconds": 0.1}
    )
    for attempt in (
        lambda: bigquery.rows("SELECT 1"),
        lambda: bigquery.ensure_table(READINGS),
        lambda: bigquery.ensure_external(READINGS, "bucket", ".json"),
        lambda: bigquery.load_partition(READINGS, MONDAY, ["gs://bucket/a.json"], "v"),
        lambda: bigquery.replace_partition(READINGS, MONDAY, "SELECT 1"),
    ):
        with pytest.raises(TransientError, match=rf"{url} cannot be reached\. Check the network"):
            attempt()


@pytest.fixture
def hurried(settings: Settings) -> BigQueryWarehouse:
    """Has the usual limits, made shorter in proportion: one stall must not use them up."""
    fields = BigQueryWarehouse.model_fields
    stalls = fields["retry_seconds"].default / fields["request_seconds"].default
    changes = {"request_seconds": 0.5, "retry_seconds": 0.5 * stalls}
    return build_resources(settings)["wattif_bigquery"].model_copy(update=changes)


def test_a_stalled_request_is_sent_again(
    bigquery_proxy: Proxy, hurried: BigQueryWarehouse, gcs: GcsTransferManager
) -> None:
    uri = write_rows(gcs, "m.json", make_reading(MONDAY, 0.1))
    for method, path in (
        *(("GET", "/tables/"), ("GET", "/datasets/"), ("POST", "/datasets"), ("POST", "/tables")),
        *(("POST", "/jobs"), ("POST", "/queries")),
    ):
        bigquery_proxy.on(method, path, bigquery_proxy.stall)
    assert hurried.load_partition(READINGS, MONDAY, [uri], "v") == 1
    assert read_readings(hurried) == [("2024-01-01", 0.1)]
    bigquery_proxy.on("DELETE", "/tables/", bigquery_proxy.stall)
    hurried.drop_partition(READINGS, MONDAY)
    assert read_readings(hurried) == []
    assert bigquery_proxy.exhausted


def test_a_stalled_wait_for_a_job_is_sent_again(
    bigquery_proxy: Proxy, hurried: BigQueryWarehouse, gcs: GcsTransferManager
) -> None:
    """The limit of a job is that of the wait for it, and not of each of its requests."""
    uri = write_rows(gcs, "m.json", make_reading(MONDAY, 0.1))
    columns = ", ".join(READINGS.column_names)
    same = f"SELECT {columns} FROM {hurried.quoted(READINGS)}"
    running = change_answer(lambda job: job["status"].update(state="RUNNING"))
    for make in (
        lambda: hurried.load_partition(READINGS, MONDAY, [uri], "v"),
        lambda: hurried.replace_partition(READINGS, MONDAY, same),
    ):
        bigquery_proxy.on("POST", "/jobs", running)
        bigquery_proxy.on("GET", "/jobs/", bigquery_proxy.stall)
        make()
        assert bigquery_proxy.exhausted
    assert read_readings(hurried) == [("2024-01-01", 0.1)]


def test_silent_bigquery_is_a_transient_error(
    bigquery_proxy: Proxy, hurried: BigQueryWarehouse
) -> None:
    bigquery_proxy.on("GET", "/tables/", bigquery_proxy.stall, times=1000)
    with pytest.raises(TransientError, match="cannot be reached"):
        hurried.has_table(READINGS)


def test_local_bigquery_may_be_silent_while_a_job_runs(settings: Settings) -> None:
    limits = {
        target: build_resources(settings.model_copy(update={"target": target}))[
            "wattif_bigquery"
        ].request_seconds
        for target in ("local", "gcp")
    }
    assert limits == {"local": module.JOB_TIMEOUT_SECONDS, "gcp": module.REQUEST_TIMEOUT_SECONDS}
