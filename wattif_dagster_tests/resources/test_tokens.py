"""Access tokens that expire, are renewed or refused, and are told to no one."""

import json
import logging
import traceback
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from dagster import DagsterInstance, serialize_value
from google.auth.credentials import Credentials
from google.oauth2.credentials import Credentials as UserCredentials

from wattif_dagster import keys, schemas
from wattif_dagster.errors import UserError
from wattif_dagster.resources.build import Resources, build_resources
from wattif_dagster.resources.cloud import CREDENTIALS_REFUSED, GoogleCloud
from wattif_dagster.settings import Endpoints, Settings
from wattif_dagster_tests.assets.runs import failures, run_days
from wattif_dagster_tests.faults import Exchange, Fault, Proxy, proxy_to, reset, status
from wattif_dagster_tests.resources.test_gcs import spooled, upload

MONDAY = date(2024, 1, 1)
EXPIRED, RENEWED, REFRESH, CLIENT = "ya29.EXPIRED", "ya29.RENEWED", "1//REFRESH", "GOCSPX-CLIENT"


class UserCloud(GoogleCloud):
    """The local services, asked as Google's are: with a user's access token, renewed when old."""

    token_url: str

    def credentials(self) -> Credentials:
        return UserCredentials(  # type: ignore[no-untyped-call]
            EXPIRED,
            refresh_token=REFRESH,
            token_uri=self.token_url,
            client_id="client",
            client_secret=CLIENT,
        )


def renew(exchange: Exchange) -> None:
    assert REFRESH.replace("/", "%2F") in exchange.body().decode()
    content = json.dumps({"access_token": RENEWED, "expires_in": 3600}).encode()
    exchange.reply(200, [("Content-Type", "application/json")], content)


def refuse(exchange: Exchange) -> None:
    exchange.body()
    content = b'{"error":"invalid_grant","error_description":"Token has been expired or revoked."}'
    exchange.reply(400, [("Content-Type", "application/json")], content)


@pytest.fixture
def proxies(local_cloud: Endpoints, settings: Settings) -> Iterator[tuple[Proxy, Proxy]]:
    """Before Cloud Storage, which is also where tokens are had, and before BigQuery."""
    assert local_cloud.gcs
    assert local_cloud.bigquery
    build_resources(settings)["gcs"].ensure_bucket()
    with proxy_to(local_cloud.gcs) as gcs, proxy_to(local_cloud.bigquery) as bigquery:
        spoiled = local_cloud.model_copy(update={"gcs": gcs.url, "bigquery": bigquery.url})
        settings.endpoints_file.write_text(spoiled.model_dump_json())
        yield gcs, bigquery


@pytest.fixture
def resources(settings: Settings, proxies: tuple[Proxy, Proxy]) -> Resources:
    """Impatient ones, of a user with an access token."""
    made = build_resources(settings)
    cloud = UserCloud(**made["cloud"].model_dump(), token_url=f"{proxies[0].url}/token")
    impatient = {"cloud": cloud, "retry_seconds": 0.1}
    made["gcs"] = made["gcs"].model_copy(update={**impatient, "deadline_seconds": 0.1})
    made["bigquery"] = made["bigquery"].model_copy(update=impatient)
    return made


def test_an_expired_token_is_renewed(
    resources: Resources, proxies: tuple[Proxy, Proxy], tmp_path: Path
) -> None:
    gcs, bigquery = proxies
    gcs.on("POST", "/token", renew, times=2)
    gcs.on("POST", "/upload/", status(401))
    bigquery.on("POST", "/jobs", status(401))
    upload(resources["gcs"], spooled(tmp_path, "a.json", b"{}"))
    assert [item.name for item in resources["gcs"].list("")] == ["a.json"]
    assert resources["bigquery"].row("SELECT 1 AS n") == {"n": 1}
    assert gcs.exhausted
    assert bigquery.exhausted


def test_a_token_that_cannot_be_renewed_is_said(
    resources: Resources, proxies: tuple[Proxy, Proxy], tmp_path: Path
) -> None:
    gcs, bigquery = proxies
    gcs.on("POST", "/token", refuse, times=100)
    gcs.on("POST", "/upload/", status(401), times=100)
    bigquery.on("POST", "/jobs", status(401), times=100)
    for attempt in (
        lambda: upload(resources["gcs"], spooled(tmp_path, "a.json", b"{}")),
        lambda: resources["gcs"].write("a", b""),
        lambda: resources["bigquery"].row("SELECT 1 AS n"),
    ):
        with pytest.raises(UserError) as caught:
            attempt()
        assert str(caught.value) == CREDENTIALS_REFUSED


@pytest.mark.parametrize("fault", [status(400), status(401), status(403), status(503), reset])
def test_no_token_is_told(
    resources: Resources,
    proxies: tuple[Proxy, Proxy],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    fault: Fault,
) -> None:
    """Not in any line of log, not in an error's text or in those it came from."""
    caplog.set_level(logging.DEBUG)
    gcs, bigquery = proxies
    gcs.on("POST", "/token", renew, times=1000)
    told = []
    for method in ("GET", "POST", "DELETE"):
        gcs.on(method, "/storage/", fault, times=1000)
        bigquery.on(method, "/bigquery/", fault, times=1000)
    for attempt in (
        lambda: upload(resources["gcs"], spooled(tmp_path, "a.json", b"{}")),
        lambda: resources["gcs"].write("a", b""),
        lambda: resources["gcs"].read("a"),
        lambda: resources["bigquery"].row("SELECT 1 AS n"),
        lambda: resources["bigquery"].load_partition(
            schemas.METER_READINGS, MONDAY, ["gs://b/a"], "v"
        ),
    ):
        with pytest.raises(Exception) as caught:  # noqa: PT011
            attempt()
        told.append("".join(traceback.format_exception(caught.value)))
        told.append(repr(caught.value))
    assert caplog.text
    assert_no_secret("".join([*told, caplog.text, *capfd.readouterr()]))


def test_no_token_is_recorded_of_a_run(
    resources: Resources, proxies: tuple[Proxy, Proxy], caplog: pytest.LogCaptureFixture
) -> None:
    """Not in its events, metadata, configuration or tags, whether a step ended or failed."""
    caplog.set_level(logging.DEBUG)
    gcs, bigquery = proxies
    gcs.on("POST", "/token", renew, times=1000)
    bigquery.on("POST", "/jobs", status(403), times=1000)
    wanted = [keys.METER_REGISTRY, keys.RAW_READINGS, keys.METER_READINGS]
    with DagsterInstance.ephemeral() as instance:
        result = run_days(resources, instance, wanted, MONDAY, MONDAY)
        assert failures(result)
        run = instance.get_run_by_id(result.run_id)
        assert run
        events = [serialize_value(entry) for entry in instance.all_logs(result.run_id)]
    assert_no_secret("".join([serialize_value(run), *events, caplog.text]))


def assert_no_secret(text: str) -> None:
    for secret in (EXPIRED, RENEWED, REFRESH, CLIENT, REFRESH.replace("/", "%2F")):
        assert secret not in text
