"""A project of the stub of Google's APIs, and what the doctor finds there."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from google.auth.credentials import Credentials
from google.oauth2.credentials import Credentials as UserCredentials

from wattif_dagster.doctor import rest
from wattif_dagster.doctor.check import Finding, examine
from wattif_dagster.doctor.google_cloud import google_cloud_checks
from wattif_dagster.resources.build import build_resources
from wattif_dagster.settings import Settings
from wattif_dagster_tests.support.google_apis import PROJECT, TOKEN, GoogleApis, serve_google_apis
from wattif_dagster_tests.support.services import write_key_file

Diagnose = Callable[..., dict[str, Finding]]


@pytest.fixture
def apis(monkeypatch: pytest.MonkeyPatch) -> Iterator[GoogleApis]:
    """Stands in for all services of Google Cloud."""
    # The library asks Google, in a thread, in which regions a key is valid: not from here.
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    with serve_google_apis() as served:
        monkeypatch.setattr(rest, "ADDRESS", f"{served.url}/{{service}}")
        yield served


@pytest.fixture
def diagnose(apis: GoogleApis, tmp_path: Path) -> Diagnose:
    """Finds by the name of the check, with any setting or the credentials changed."""
    key_file = write_key_file(tmp_path, f"{apis.url}/{TOKEN}")

    def examine_project(
        find: Callable[[], Credentials] | None = None, **changes: object
    ) -> dict[str, Finding]:
        settings = Settings.load(
            **{
                "target": "gcp",
                "project": PROJECT,
                "bucket": "my-bucket",
                "auth": "key_file",
                "key_file": key_file,
                **changes,
            }
        )
        find = find or build_resources(settings)["wattif_cloud"].credentials
        return {each.name: each for each in examine(google_cloud_checks(settings, find))}

    return examine_project


def make_user(
    apis: GoogleApis, quota_project: str | None, account: str = "", token_uri: str | None = None
) -> UserCredentials:
    """Credentials as `gcloud auth application-default login` leaves them."""
    return UserCredentials(  # type: ignore[no-untyped-call]
        None,
        refresh_token="1//REFRESH",
        token_uri=token_uri or f"{apis.url}/{TOKEN}",
        client_id="client",
        client_secret="secret",
        quota_project_id=quota_project,
        account=account,
    )
