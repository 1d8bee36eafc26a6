"""Credentials and endpoints."""

import json
from pathlib import Path

import pytest
from google.auth import impersonated_credentials
from google.auth.credentials import AnonymousCredentials
from google.oauth2 import service_account

from wattif_dagster.errors import UserError
from wattif_dagster.resources.google_cloud import GoogleCloud
from wattif_dagster.settings import Endpoints
from wattif_dagster_tests.support.services import write_key_file

SECRET = "-----BEGIN PRIVATE KEY-----TOP-SECRET"


def on_google_cloud(**changes: object) -> GoogleCloud:
    return GoogleCloud(target="gcp", project="some-project", **changes)  # type: ignore[arg-type]


@pytest.fixture
def authorized_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Application default credentials of a user."""
    file = tmp_path / "adc.json"
    user = {"type": "authorized_user", "client_id": "a", "client_secret": "b", "refresh_token": "c"}
    file.write_text(json.dumps(user))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(file))


def test_local_cloud_needs_no_credentials(tmp_path: Path) -> None:
    cloud = GoogleCloud(project="some-project", auth="key_file", key_file=str(tmp_path / "none"))
    assert isinstance(cloud.credentials(), AnonymousCredentials)


def test_anonymous_credentials() -> None:
    assert isinstance(on_google_cloud(auth="anonymous").credentials(), AnonymousCredentials)


def test_a_key_file_is_used(tmp_path: Path) -> None:
    cloud = on_google_cloud(auth="key_file", key_file=str(write_key_file(tmp_path)))
    credentials = cloud.credentials()
    assert isinstance(credentials, service_account.Credentials)
    assert credentials.service_account_email == "loader@some-project.iam.gserviceaccount.com"
    assert credentials.scopes == ["https://www.googleapis.com/auth/cloud-platform"]


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (None, "FileNotFoundError"),
        (SECRET.encode(), "JSONDecodeError"),
        (b"", "JSONDecodeError"),
        (b"\xff\xfe\x00", "UnicodeDecodeError"),
        (f'"{SECRET}"'.encode(), "."),
        (f'["{SECRET}"]'.encode(), "."),
        (b"null", "."),
        (json.dumps({"private_key": SECRET}).encode(), "MalformedError"),
        (
            json.dumps({"client_email": "a", "token_uri": "b", "private_key": SECRET}).encode(),
            ".",
        ),
        (
            json.dumps({"client_email": "a", "token_uri": "b", "private_key": 7}).encode(),
            ".",
        ),
    ],
)
def test_unusable_key_is_not_quoted(tmp_path: Path, content: bytes | None, kind: str) -> None:
    file = tmp_path / "key.json"
    if content is not None:
        file.write_bytes(content)
    cloud = on_google_cloud(auth="key_file", key_file=str(file))
    with pytest.raises(
        UserError, match=rf"The service account key .*key\.json cannot be used \(.*{kind}"
    ) as caught:
        cloud.credentials()
    assert "SECRET" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_folder_is_not_a_key(tmp_path: Path) -> None:
    cloud = on_google_cloud(auth="key_file", key_file=str(tmp_path))
    with pytest.raises(UserError, match=r"Set WATTIF_KEY_FILE to a readable key\."):
        cloud.credentials()


@pytest.mark.usefixtures("authorized_user")
def test_application_default_credentials() -> None:
    credentials = on_google_cloud().credentials()
    assert type(credentials).__module__ == "google.oauth2.credentials"


@pytest.mark.usefixtures("authorized_user")
def test_impersonated_credentials() -> None:
    cloud = on_google_cloud(auth="impersonation", impersonate="loader@some-project")
    credentials = cloud.credentials()
    assert isinstance(credentials, impersonated_credentials.Credentials)
    assert credentials.service_account_email == "loader@some-project"


@pytest.mark.parametrize("content", [None, b"garbage", b"{}", b"[]", b'{"type":"authorized_user"}'])
@pytest.mark.parametrize("auth", ["application_default", "impersonation"])
def test_missing_credentials_are_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, auth: str, content: bytes | None
) -> None:
    file = tmp_path / "adc.json"
    if content is not None:
        file.write_bytes(content)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(file))
    with pytest.raises(UserError, match=r"No Google credentials were found\. Run `gcloud auth"):
        on_google_cloud(auth=auth, impersonate="loader@some-project").credentials()


def test_google_cloud_has_no_endpoints_of_ours() -> None:
    assert on_google_cloud().endpoints == Endpoints()


@pytest.mark.parametrize("content", [None, b"", b"{", b"[]", b'{"gcs":7}', b"\xff"])
def test_stopped_local_cloud_is_one_sentence(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "endpoints.json"
    if content is not None:
        file.write_bytes(content)
    cloud = GoogleCloud(project="some-project", endpoints_file=str(file))
    with pytest.raises(
        UserError, match=r"The local cloud is not running\. Start it with `wattif up`\."
    ):
        _ = cloud.endpoints


def test_description_has_no_secret(tmp_path: Path) -> None:
    """Dagster shows a resource's fields, which only name the key's file."""
    cloud = on_google_cloud(auth="key_file", key_file=str(write_key_file(tmp_path)))
    cloud.credentials()
    assert "PRIVATE KEY" not in repr(cloud)
