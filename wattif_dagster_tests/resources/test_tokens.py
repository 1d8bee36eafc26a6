"""Access tokens that expire, are renewed or refused, and appear in no log, error or event."""

import json
import logging
import traceback
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from dagster import DagsterInstance, serialize_value
from google.auth.credentials import Credentials
from google.oauth2.credentials import Credentials as UserCredentials

from wattif_dagster import keys, schemas
from wattif_dagster.errors import UserError
from wattif_dagster.resources.bigquery import BigQueryWarehouse
from wattif_dagster.resources.build import Resources, build_resources
from wattif_dagster.resources.dataplex.preview import ensure_preview
from wattif_dagster.resources.dataplex.scans import DataplexScans
from wattif_dagster.resources.gcs import GcsTransferManager
from wattif_dagster.resources.google_cloud import CREDENTIALS_REFUSED, GoogleCloud
from wattif_dagster.settings import Endpoints, Settings
from wattif_dagster_tests.support.faults import Exchange, Fault, Proxy, proxy_to, reset, status
from wattif_dagster_tests.support.preview import make_body
from wattif_dagster_tests.support.runs import run_day
from wattif_dagster_tests.support.services import spool_file, upload, write_key_file

MONDAY = date(2024, 1, 1)
EXPIRED, RENEWED, REFRESH, CLIENT = "ya29.EXPIRED", "ya29.RENEWED", "1//REFRESH", "GOCSPX-CLIENT"
SIGNED = "eyJ"
"""The beginning of what a key signs to get a token: JSON in base64."""


class UserCloud(GoogleCloud):
    """The local services, called as Google's are: with a user's access token, renewed when old."""

    token_url: str

    def credentials(self) -> Credentials:
        return UserCredentials(  # type: ignore[no-untyped-call]
            EXPIRED,
            refresh_token=REFRESH,
            token_uri=self.token_url,
            client_id="client",
            client_secret=CLIENT,
        )


class KeyCloud(GoogleCloud):
    """The local services, called as Google's are: with a service account's key."""

    def credentials(self) -> Credentials:
        return self._from_key_file()


class Proxies(NamedTuple):
    """In front of Cloud Storage, which also gives tokens here, of BigQuery and Dataplex's REST."""

    gcs: Proxy
    bigquery: Proxy
    dataplex: Proxy


def renew(exchange: Exchange) -> None:
    asked = exchange.body().decode()
    assert REFRESH.replace("/", "%2F") in asked or f"assertion={SIGNED}" in asked
    content = json.dumps({"access_token": RENEWED, "expires_in": 3600}).encode()
    exchange.reply(200, [("Content-Type", "application/json")], content)


def refuse(exchange: Exchange) -> None:
    exchange.body()
    content = b'{"error":"invalid_grant","error_description":"Token has been expired or revoked."}'
    exchange.reply(400, [("Content-Type", "application/json")], content)


@pytest.fixture
def proxies(local_cloud: Endpoints, settings: Settings) -> Iterator[Proxies]:
    build_resources(settings)["wattif_gcs"].ensure_bucket()
    with ExitStack() as stack:
        names = "gcs", "bigquery", "dataplex_rest"
        made = [stack.enter_context(proxy_to(getattr(local_cloud, name))) for name in names]
        urls = {name: proxy.url for name, proxy in zip(names, made, strict=True)}
        settings.endpoints_file.write_text(local_cloud.model_copy(update=urls).model_dump_json())
        yield Proxies(*made)


@pytest.fixture(params=["user", "key"])
def resources(
    settings: Settings,
    proxies: Proxies,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> Resources:
    """With short limits, for a user with an access token or a service account with a key."""
    # The library asks Google, in a thread, in which regions a key is valid: not from here.
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    made = build_resources(settings)
    described: dict[str, Any] = made["wattif_cloud"].model_dump()
    token_url = f"{proxies.gcs.url}/token"
    if request.param == "user":
        cloud: GoogleCloud = UserCloud(**described, token_url=token_url)
    else:
        described["key_file"] = str(write_key_file(tmp_path, token_url))
        cloud = KeyCloud(**described)
    # Not copies: Dagster initializes a resource from its original arguments.
    made["wattif_cloud"] = cloud
    made["wattif_gcs"] = GcsTransferManager(
        cloud=cloud, bucket=settings.bucket, retry_seconds=0.1, deadline_seconds=0.1
    )
    made["wattif_bigquery"] = BigQueryWarehouse(
        cloud=cloud,
        dataset=settings.dataset,
        location=settings.bigquery_location,
        retry_seconds=0.1,
    )
    made["wattif_dataplex"] = DataplexScans(cloud=cloud, location=settings.location)
    return made


def ensure_scan(resources: Resources, settings: Settings) -> None:
    """Ensure a scan over REST: gRPC sends tokens only over TLS, which the local service lacks."""
    table = resources["wattif_bigquery"].table_name(schemas.HOURLY_CONSUMPTION)
    ensure_preview(resources["wattif_dataplex"], str(settings.scan.scan_id), make_body(table))


def test_an_expired_token_is_renewed(
    resources: Resources, proxies: Proxies, settings: Settings, tmp_path: Path
) -> None:
    gcs, bigquery, dataplex = proxies
    gcs.on("POST", "/token", renew, times=1000)
    resources["wattif_bigquery"].ensure_table(schemas.HOURLY_CONSUMPTION)
    gcs.on("POST", "/upload/", status(401))
    bigquery.on("POST", "/bigquery/", status(401))
    dataplex.on("POST", "/dataScans", status(401))
    upload(resources["wattif_gcs"], spool_file(tmp_path, "a.json", b"{}"))
    assert [item.name for item in resources["wattif_gcs"].list("")] == ["a.json"]
    assert resources["wattif_bigquery"].row("SELECT 1 AS n") == {"n": 1}
    ensure_scan(resources, settings)
    assert gcs.count("POST", "/upload/") == 2
    assert bigquery.exhausted
    assert dataplex.exhausted


def test_a_token_that_cannot_be_renewed_is_said(
    resources: Resources, proxies: Proxies, settings: Settings, tmp_path: Path
) -> None:
    gcs, bigquery, dataplex = proxies
    gcs.on("POST", "/token", refuse, times=100)
    gcs.on("POST", "/upload/", status(401), times=100)
    bigquery.on("POST", "/bigquery/", status(401), times=100)
    dataplex.on("POST", "/dataScans", status(401), times=100)
    for attempt in (
        lambda: upload(resources["wattif_gcs"], spool_file(tmp_path, "a.json", b"{}")),
        lambda: resources["wattif_gcs"].write("a", b""),
        lambda: resources["wattif_bigquery"].row("SELECT 1 AS n"),
        lambda: ensure_scan(resources, settings),
    ):
        with pytest.raises(UserError) as caught:
            attempt()
        assert str(caught.value) == CREDENTIALS_REFUSED


@pytest.mark.parametrize("fault", [status(400), status(401), status(403), status(503), reset])
def test_no_token_is_told(
    resources: Resources,
    proxies: Proxies,
    settings: Settings,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    fault: Fault,
) -> None:
    """No line of a log and no text of an error or of its causes has one."""
    caplog.set_level(logging.DEBUG)
    gcs, bigquery, dataplex = proxies
    gcs.on("POST", "/token", renew, times=1000)
    told = []
    for method in ("GET", "POST", "DELETE"):
        gcs.on(method, "/storage/", fault, times=1000)
        bigquery.on(method, "/bigquery/", fault, times=1000)
        dataplex.on(method, "/dataScans", fault, times=1000)
    for attempt in (
        lambda: upload(resources["wattif_gcs"], spool_file(tmp_path, "a.json", b"{}")),
        lambda: resources["wattif_gcs"].write("a", b""),
        lambda: resources["wattif_gcs"].read("a"),
        lambda: resources["wattif_bigquery"].row("SELECT 1 AS n"),
        lambda: resources["wattif_bigquery"].load_partition(
            schemas.METER_READINGS, MONDAY, ["gs://b/a"], "v"
        ),
        lambda: ensure_scan(resources, settings),
    ):
        with pytest.raises(Exception) as caught:  # noqa: PT011
            attempt()
        told.append("".join(traceback.format_exception(caught.value)))
        told.append(repr(caught.value))
    assert caplog.text
    assert_no_secret(resources, "".join([*told, caplog.text, *capfd.readouterr()]))


def test_no_token_is_recorded_of_a_run(
    resources: Resources,
    settings: Settings,
    proxies: Proxies,
    instance: DagsterInstance,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """No event, metadata, configuration or tag has one, whether a step succeeded or failed."""
    caplog.set_level(logging.DEBUG)
    gcs, bigquery, _ = proxies
    gcs.on("POST", "/token", renew, times=1000)
    gcs.on("POST", "/upload/", status(401))
    bigquery.on("POST", "/jobs", status(403), times=1000)
    wanted = [keys.METER_REGISTRY, keys.RAW_READINGS, keys.METER_READINGS]
    run = run_day(settings, instance, wanted, MONDAY, dict(resources))
    assert run.failures()
    assert gcs.count("POST", "/token")
    events = [serialize_value(entry) for entry in instance.all_logs(run.run.run_id)]
    assert_no_secret(resources, "".join([serialize_value(run.run), *events, caplog.text]))


def assert_no_secret(resources: Resources, text: str) -> None:
    secrets = [EXPIRED, RENEWED, REFRESH, CLIENT, REFRESH.replace("/", "%2F"), SIGNED]
    if key := resources["wattif_cloud"].key_file:
        _, *lines, _ = json.loads(Path(key).read_text())["private_key"].splitlines()
        assert len(lines) > 20
        secrets += lines
    for secret in secrets:
        assert secret not in text
