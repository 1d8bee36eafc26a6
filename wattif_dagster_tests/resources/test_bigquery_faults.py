"""The BigQuery resource when the network or the service fails."""

import socket

import pytest

from wattif_dagster.errors import TransientError, UserError
from wattif_dagster.resources import bigquery as module
from wattif_dagster.resources.build import build_resources
from wattif_dagster.resources.gcs import GcsTransferManager
from wattif_dagster.settings import Endpoints, Settings
from wattif_dagster_tests.support.faults import (
    Fault,
    Proxy,
    cut_answer,
    lose_answer,
    reset,
    status,
)
from wattif_dagster_tests.resources.test_bigquery import (
    MONDAY,
    READINGS,
    put,
    reading,
    readings,
)

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
    """Of a load whose answer was lost, no row is there twice."""
    warehouse = build_resources(settings)["wattif_bigquery"]
    uri = put(gcs, "m.json", reading(MONDAY, 0.1))
    warehouse.ensure_table(READINGS)
    bigquery_proxy.on("POST", "/jobs", fault, times=2)
    assert warehouse.load_partition(READINGS, MONDAY, [uri], "v") == 1
    bigquery_proxy.on("POST", "/jobs", fault)
    columns = ", ".join(READINGS.column_names)
    same = f"SELECT {columns} FROM {warehouse.quoted(READINGS)}"
    warehouse.replace_partition(READINGS, MONDAY, same)
    bigquery_proxy.on("POST", "/queries", fault)
    assert readings(warehouse) == [("2024-01-01", 0.1)]
    bigquery_proxy.on("GET", "/tables/", fault)
    assert warehouse.has_table(READINGS)
    assert bigquery_proxy.exhausted


@pytest.mark.parametrize("code", [408, 429, 500, 503])
def test_a_service_that_stays_unwell_is_said_with_its_answer(
    settings: Settings, bigquery_proxy: Proxy, code: int
) -> None:
    warehouse = build_resources(settings)["wattif_bigquery"].model_copy(
        update={"retry_seconds": 0.1}
    )
    bigquery_proxy.on("POST", "/queries", status(code, "having a rest"), times=1000)
    with pytest.raises(
        TransientError, match=f"is not well, try again later: {code} .*having a rest"
    ):
        warehouse.rows("SELECT 1")


def test_an_unreachable_service_is_said(settings: Settings) -> None:
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
        with pytest.raises(UserError, match=f"{url} cannot be reached; check the network"):
            attempt()
