"""The project, its billing account, its APIs and the account's roles on it."""

import pytest

from wattif_dagster_tests.doctor.conftest import Diagnose
from wattif_dagster_tests.support.google_apis import (
    ACCOUNT,
    APIS,
    BILLING,
    PERMISSIONS,
    PROJECT_PATH,
    GoogleApis,
    describe_services,
    error,
)


@pytest.mark.parametrize("status", [403, 404])
def test_missing_project_is_created(diagnose: Diagnose, apis: GoogleApis, status: int) -> None:
    apis.answers[PROJECT_PATH] = error(status, "The caller does not have permission")
    found = diagnose()
    assert found["project"].verdict == "wrong"
    assert "does not exist, or the account may not see it" in found["project"].text
    assert found["project"].command == "gcloud projects create my-project"
    assert found["bucket"].text == "mend this first: project"


def test_project_that_is_deleted_is_restored(diagnose: Diagnose, apis: GoogleApis) -> None:
    apis.change(PROJECT_PATH, state="DELETE_REQUESTED")
    found = diagnose()["project"]
    assert (found.verdict, found.command) == ("wrong", "gcloud projects undelete my-project")


@pytest.mark.parametrize(
    ("account", "said"),
    [
        ("", "the project has no billing account"),
        ("billingAccounts/0-0-0", "billingAccounts/0-0-0 is closed"),
    ],
)
def test_project_without_billing_is_linked(
    diagnose: Diagnose, apis: GoogleApis, account: str, said: str
) -> None:
    apis.answers[BILLING] = 200, {"billingAccountName": account} if account else {}
    found = diagnose()["billing"]
    assert found.verdict == "wrong"
    assert found.text.startswith(f"Billing is disabled: {said}.")
    assert found.command == (
        "gcloud billing projects link my-project --billing-account=BILLING_ACCOUNT_ID"
    )


def test_disabled_apis_are_enabled(diagnose: Diagnose, apis: GoogleApis) -> None:
    states = {"bigquery": "ENABLED", "dataplex": "DISABLED", "storage": "STATE_UNSPECIFIED"}
    apis.answers[APIS] = describe_services(
        {f"{name}.googleapis.com": state for name, state in states.items()}
    )
    found = diagnose()["APIs"]
    assert found.verdict == "wrong"
    assert found.command == (
        "gcloud services enable dataplex.googleapis.com storage.googleapis.com --project=my-project"
    )


@pytest.mark.parametrize(
    ("role", "permission"),
    [
        ("roles/bigquery.jobUser", "bigquery.jobs.create"),
        ("roles/dataplex.dataScanAdmin", "dataplex.datascans.run"),
    ],
)
def test_missing_role_on_the_project_is_granted(
    diagnose: Diagnose, apis: GoogleApis, role: str, permission: str
) -> None:
    apis.denied = {permission}
    found = diagnose()[role]
    assert (found.verdict, found.text) == ("wrong", f"The account lacks {permission}.")
    assert found.command == (
        "gcloud projects add-iam-policy-binding my-project "
        f'--member="serviceAccount:{ACCOUNT}" --role={role}'
    )


@pytest.mark.parametrize(
    ("path", "check"),
    [(BILLING, "billing"), (APIS, "APIs"), (PERMISSIONS, "roles/bigquery.jobUser")],
)
def test_what_an_account_may_not_ask_is_not_checked(
    diagnose: Diagnose, apis: GoogleApis, path: str, check: str
) -> None:
    apis.answers[path] = error(403, "The caller does not have permission")
    found = diagnose()[check]
    assert found.verdict == "not checked"
    assert found.text.endswith("refuses with 403: The caller does not have permission")
