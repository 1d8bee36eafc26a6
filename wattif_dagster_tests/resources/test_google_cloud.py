"""Who asks, and where the services are."""

import json
from pathlib import Path

import pytest
from google.auth import impersonated_credentials
from google.auth.credentials import AnonymousCredentials
from google.oauth2 import service_account

from wattif_dagster.errors import UserError
from wattif_dagster.resources.google_cloud import GoogleCloud
from wattif_dagster.settings import Endpoints

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


def key_file(folder: Path, token_uri: str = "https://oauth2.googleapis.com/token") -> Path:
    """A service account key like Google's, with a private key made for it."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    pem = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    file = folder / "key.json"
    key = {
        "type": "service_account",
        "client_email": "loader@some-project.iam.gserviceaccount.com",
        "private_key": pem.decode(),
        "token_uri": token_uri,
    }
    file.write_text(json.dumps(key))
    return file


def test_the_local_cloud_is_asked_anonymously(tmp_path: Path) -> None:
    cloud = GoogleCloud(project="some-project", auth="key_file", key_file=str(tmp_path / "none"))
    assert isinstance(cloud.credentials(), AnonymousCredentials)


def test_anonymous() -> None:
    assert isinstance(on_google_cloud(auth="anonymous").credentials(), AnonymousCredentials)


def test_a_key_file_is_used(tmp_path: Path) -> None:
    cloud = on_google_cloud(auth="key_file", key_file=str(key_file(tmp_path)))
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
def test_a_key_that_is_none_is_not_quoted(tmp_path: Path, content: bytes | None, kind: str) -> None:
    file = tmp_path / "key.json"
    if content is not None:
        file.write_bytes(content)
    cloud = on_google_cloud(auth="key_file", key_file=str(file))
    with pytest.raises(UserError, match=rf"key .*key\.json cannot be used \(.*{kind}") as caught:
        cloud.credentials()
    assert "SECRET" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_a_folder_is_no_key(tmp_path: Path) -> None:
    cloud = on_google_cloud(auth="key_file", key_file=str(tmp_path))
    with pytest.raises(UserError, match="set WATTIF_KEY_FILE to a readable key"):
        cloud.credentials()


@pytest.mark.usefixtures("authorized_user")
def test_application_default() -> None:
    credentials = on_google_cloud().credentials()
    assert type(credentials).__module__ == "google.oauth2.credentials"


@pytest.mark.usefixtures("authorized_user")
def test_impersonation() -> None:
    cloud = on_google_cloud(auth="impersonation", impersonate="loader@some-project")
    credentials = cloud.credentials()
    assert isinstance(credentials, impersonated_credentials.Credentials)
    assert credentials.service_account_email == "loader@some-project"


@pytest.mark.parametrize("content", [None, b"garbage", b"{}", b"[]", b'{"type":"authorized_user"}'])
@pytest.mark.parametrize("auth", ["application_default", "impersonation"])
def test_no_credentials_are_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, auth: str, content: bytes | None
) -> None:
    file = tmp_path / "adc.json"
    if content is not None:
        file.write_bytes(content)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(file))
    with pytest.raises(UserError, match="no Google credentials were found; run `gcloud auth"):
        on_google_cloud(auth=auth, impersonate="loader@some-project").credentials()


def test_google_cloud_answers_at_its_own_addresses() -> None:
    assert on_google_cloud().endpoints == Endpoints()


@pytest.mark.parametrize("content", [None, b"", b"{", b"[]", b'{"gcs":7}', b"\xff"])
def test_a_local_cloud_that_is_down_is_said(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "endpoints.json"
    if content is not None:
        file.write_bytes(content)
    cloud = GoogleCloud(project="some-project", endpoints_file=str(file))
    with pytest.raises(
        UserError, match="the local cloud is not running; start it with `wattif up`"
    ):
        _ = cloud.endpoints


def test_no_secret_is_in_its_description(tmp_path: Path) -> None:
    """Dagster shows a resource's fields: they name the key's file and no more."""
    cloud = on_google_cloud(auth="key_file", key_file=str(key_file(tmp_path)))
    cloud.credentials()
    assert "PRIVATE KEY" not in repr(cloud)
