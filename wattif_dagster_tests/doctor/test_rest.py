"""Refusals that every service of Google Cloud may give."""

import pytest

from wattif_dagster.doctor import rest
from wattif_dagster_tests.doctor.conftest import Diagnose, make_user
from wattif_dagster_tests.support.google_apis import (
    BILLING,
    BUCKET,
    DATASET,
    PROJECT_PATH,
    SCANS,
    Answer,
    GoogleApis,
    error,
    old_error,
)

DISABLED = "Dataplex API has not been used in project 123456789012 before or it is disabled."


@pytest.mark.parametrize(
    ("path", "answer", "check", "service"),
    [
        (SCANS, error(403, DISABLED, "SERVICE_DISABLED"), "Dataplex region", "dataplex"),
        (DATASET, old_error(403, DISABLED, "accessNotConfigured"), "dataset", "bigquery"),
    ],
)
def test_api_that_is_not_enabled_is_enabled(
    diagnose: Diagnose, apis: GoogleApis, path: str, answer: Answer, check: str, service: str
) -> None:
    apis.answers[path] = answer
    found = diagnose()[check]
    assert (found.verdict, found.text) == ("wrong", f"{service}.googleapis.com is not enabled.")
    assert found.command == (
        f"gcloud services enable {service}.googleapis.com --project=my-project"
    )


def test_api_that_only_the_doctor_asks_is_no_fault(diagnose: Diagnose, apis: GoogleApis) -> None:
    apis.answers[BILLING] = error(403, DISABLED, "SERVICE_DISABLED")
    found = diagnose()["billing"]
    assert found.verdict == "not checked"
    assert found.command == (
        "gcloud services enable cloudbilling.googleapis.com --project=my-project"
    )


@pytest.mark.parametrize(
    ("path", "answer", "check"),
    [
        (SCANS, error(403, "This requires billing.", "BILLING_DISABLED"), "Dataplex region"),
        (DATASET, old_error(403, "No billing.", "billingNotEnabled"), "dataset"),
        (BUCKET, old_error(403, "It is disabled in state absent", "accountDisabled"), "bucket"),
    ],
)
def test_refusal_without_billing_links_an_account(
    diagnose: Diagnose, apis: GoogleApis, path: str, answer: Answer, check: str
) -> None:
    apis.answers[path] = answer
    found = diagnose()[check]
    assert found.text == "The project has no open billing account."
    assert found.command.startswith("gcloud billing projects link my-project ")


@pytest.mark.parametrize("reason", ["USER_PROJECT_DENIED", "CONSUMER_INVALID"])
def test_quota_project_of_others_needs_a_role(
    diagnose: Diagnose, apis: GoogleApis, reason: str
) -> None:
    apis.answers[PROJECT_PATH] = error(403, "Caller may not.", reason)
    user = make_user(apis, "other-project", "me@example.com")
    found = diagnose(lambda: user, auth="application_default")["project"]
    assert found.text == (
        "The account may not use other-project as its quota project, or there is no such project."
    )
    assert found.command == (
        'gcloud projects add-iam-policy-binding other-project --member="user:me@example.com" '
        "--role=roles/serviceusage.serviceUsageConsumer"
    )


@pytest.mark.parametrize("status", [429, 503])
def test_service_that_fails_is_to_be_asked_later(
    diagnose: Diagnose, apis: GoogleApis, status: int
) -> None:
    apis.answers[BUCKET] = error(status, "Backend Error.")
    found = diagnose()["bucket"]
    assert (found.verdict, found.command) == ("wrong", "")
    assert found.text == "storage.googleapis.com is not available: Backend Error. Try again later."


def test_page_of_a_proxy_is_a_refusal(diagnose: Diagnose, apis: GoogleApis) -> None:
    apis.answers[BILLING] = 407, "<html>"
    found = diagnose()["billing"]
    assert found.verdict == "not checked"
    assert found.text == (
        "cloudbilling.googleapis.com refuses with 407: Proxy Authentication Required"
    )


def test_page_in_place_of_an_answer_is_a_matter_of_network(
    diagnose: Diagnose, apis: GoogleApis
) -> None:
    apis.answers[BILLING] = 200, "<html>"
    found = diagnose()["billing"]
    assert found.verdict == "wrong"
    assert found.text.startswith("cloudbilling.googleapis.com cannot be reached (JSONDecodeError)")


def test_unreachable_service_is_a_matter_of_network(
    diagnose: Diagnose, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rest, "ADDRESS", "http://127.0.0.1:1/{service}")
    found = diagnose()["project"]
    assert found.verdict == "wrong"
    assert found.text.startswith("cloudresourcemanager.googleapis.com cannot be reached")
