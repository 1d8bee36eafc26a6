"""Credentials that are missing, refused or of somebody without a quota project."""

from pathlib import Path

import pytest
from google.auth import impersonated_credentials

from wattif_dagster.resources.google_cloud import SCOPES
from wattif_dagster_tests.doctor.conftest import Diagnose, make_user
from wattif_dagster_tests.support.google_apis import TOKEN, GoogleApis, error

WATTIF = "wattif@my-project.iam.gserviceaccount.com"
IMPERSONATION = "impersonate"


def make_impersonated(apis: GoogleApis) -> impersonated_credentials.Credentials:
    return impersonated_credentials.Credentials(  # type: ignore[no-untyped-call]
        make_user(apis, "my-project"),
        target_principal=WATTIF,
        target_scopes=SCOPES,
        iam_endpoint_override=f"{apis.url}/{IMPERSONATION}",
    )


def test_missing_credentials_are_made_by_a_login(
    diagnose: Diagnose, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "none.json"))
    found = diagnose(auth="application_default")["credentials"]
    assert found.text.startswith("No Google credentials were found.")
    assert found.command == "gcloud auth application-default login"


def test_bad_key_is_made_again(diagnose: Diagnose, tmp_path: Path) -> None:
    found = diagnose(key_file=tmp_path / "none.json")["credentials"]
    assert found.text.startswith("The service account key")
    assert found.command == (
        f"gcloud iam service-accounts keys create {tmp_path / 'none.json'} "
        "--iam-account=wattif@my-project.iam.gserviceaccount.com"
    )


def test_refused_user_logs_in_again(diagnose: Diagnose, apis: GoogleApis) -> None:
    apis.answers[TOKEN] = 400, {"error": "invalid_grant"}
    found = diagnose(lambda: make_user(apis, None), auth="application_default")["credentials"]
    assert (found.verdict, found.text) == ("wrong", "Google refuses the credentials.")
    assert found.command == "gcloud auth application-default login"


def test_unreachable_google_is_no_bad_credential(diagnose: Diagnose, apis: GoogleApis) -> None:
    user = make_user(apis, None, token_uri="http://127.0.0.1:1/token")
    found = diagnose(lambda: user, auth="application_default")["credentials"]
    assert found.text.startswith("Google cannot be reached for a token.")
    assert found.command == ""


def test_anonymous_is_wrong(diagnose: Diagnose) -> None:
    found = diagnose(auth="anonymous")["credentials"]
    assert (found.verdict, found.command) == ("wrong", "export WATTIF_AUTH=application_default")


def test_user_needs_a_quota_project(diagnose: Diagnose, apis: GoogleApis) -> None:
    found = diagnose(lambda: make_user(apis, None), auth="application_default")
    assert found["quota project"].verdict == "wrong"
    assert found["quota project"].command == (
        "gcloud auth application-default set-quota-project my-project"
    )
    assert found["project"].verdict == "fine"
    assert apis.headers[-1]["x-goog-user-project"] == "my-project"


def test_quota_project_of_a_user_is_named(diagnose: Diagnose, apis: GoogleApis) -> None:
    found = diagnose(lambda: make_user(apis, "other-project"), auth="application_default")
    assert found["quota project"].text == "other-project"
    assert apis.headers[-1]["x-goog-user-project"] == "other-project"


def test_user_is_named_in_commands_where_known(diagnose: Diagnose, apis: GoogleApis) -> None:
    apis.denied = {"bigquery.jobs.create"}
    known = diagnose(
        lambda: make_user(apis, "my-project", "me@example.com"), auth="application_default"
    )
    assert '--member="user:me@example.com"' in known["roles/bigquery.jobUser"].command
    unknown = diagnose(lambda: make_user(apis, "my-project"), auth="application_default")
    assert (
        '--member="user:$(gcloud config get-value account)"'
        in unknown["roles/bigquery.jobUser"].command
    )


def test_impersonated_account_is_told(diagnose: Diagnose, apis: GoogleApis) -> None:
    apis.answers[IMPERSONATION] = (
        200,
        {"accessToken": "ya29.OTHER", "expireTime": "2099-01-01T00:00:00Z"},
    )
    found = diagnose(lambda: make_impersonated(apis), auth="impersonation", impersonate=WATTIF)
    assert found["credentials"].text == f"impersonation, {WATTIF}"
    assert found["APIs"].command.startswith("gcloud services enable iamcredentials.googleapis.com")


@pytest.mark.parametrize(
    ("reason", "command"),
    [
        (
            "IAM_PERMISSION_DENIED",
            f"gcloud iam service-accounts add-iam-policy-binding {WATTIF} "
            '--member="user:$(gcloud config get-value account)" '
            "--role=roles/iam.serviceAccountTokenCreator",
        ),
        (
            "SERVICE_DISABLED",
            "gcloud services enable iamcredentials.googleapis.com --project=my-project",
        ),
    ],
)
def test_refused_impersonation_names_its_cause(
    diagnose: Diagnose, apis: GoogleApis, reason: str, command: str
) -> None:
    apis.answers[IMPERSONATION] = error(403, "Permission denied.", reason)
    found = diagnose(lambda: make_impersonated(apis), auth="impersonation", impersonate=WATTIF)
    assert found["credentials"].verdict == "wrong"
    assert found["credentials"].command == command
