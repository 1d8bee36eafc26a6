"""A project where nothing is wrong, and a project of which nothing can be asked."""

from wattif_dagster_tests.doctor.conftest import Diagnose
from wattif_dagster_tests.support.google_apis import (
    ACCOUNT,
    AGENT,
    PROJECT_PATH,
    TOKEN,
    GoogleApis,
    error,
)


def test_every_check_of_a_sound_project_is_fine(diagnose: Diagnose) -> None:
    found = diagnose()
    assert {name: each.text for name, each in found.items()} == {
        "credentials": f"key_file, {ACCOUNT}",
        "quota project": "a service account uses the quota of its own project",
        "project": "my-project, number 123456789012",
        "billing": "billingAccounts/000000-000000-000000",
        "APIs": "3 are enabled: bigquery.googleapis.com, dataplex.googleapis.com, "
        "storage.googleapis.com",
        "roles/bigquery.jobUser": "the account has it on project my-project",
        "roles/dataplex.dataScanAdmin": "the account has it on project my-project",
        "bucket": "gs://my-bucket in US",
        "bucket location": "a dataset in US is loaded from a bucket anywhere",
        "roles/storage.legacyBucketReader": "the account has it on gs://my-bucket",
        "roles/storage.objectAdmin": "the account has it on gs://my-bucket",
        "dataset": "my-project:wattif in US",
        "expiration": "new tables of my-project:wattif keep the days since 2024-01-01",
        "roles/bigquery.dataEditor": "the account has it on project my-project",
        "Dataplex region": "us-central1 lies in US",
        "Dataplex service agent": f"{AGENT} may write to my-project:wattif",
    }
    assert {each.verdict for each in found.values()} == {"fine"}
    assert not any(each.command for each in found.values())


def test_nothing_is_asked_without_credentials(diagnose: Diagnose, apis: GoogleApis) -> None:
    apis.answers[TOKEN] = 400, {"error": "invalid_grant"}
    first, *others = diagnose().values()
    assert (first.name, first.verdict) == ("credentials", "wrong")
    assert {each.verdict for each in others} == {"not checked"}
    assert others[0].text == "mend this first: credentials"
    assert len(apis.headers) == 1


def test_one_problem_does_not_hide_another(diagnose: Diagnose, apis: GoogleApis) -> None:
    apis.denied = {"bigquery.jobs.create", "storage.objects.create"}
    apis.change(next(path for path in apis.answers if "billing" in path), billingEnabled=False)
    wrong = {name for name, each in diagnose().items() if each.verdict == "wrong"}
    assert wrong == {"billing", "roles/bigquery.jobUser", "roles/storage.objectAdmin"}


def test_other_services_are_asked_where_one_refuses(diagnose: Diagnose, apis: GoogleApis) -> None:
    apis.answers[PROJECT_PATH] = error(403, "It has not been used.", "SERVICE_DISABLED")
    found = diagnose()
    assert found["project"].verdict == "not checked"
    assert found["project"].command == (
        "gcloud services enable cloudresourcemanager.googleapis.com --project=my-project"
    )
    assert found["bucket"].verdict == found["dataset"].verdict == "fine"
    assert found["Dataplex service agent"].verdict == "not checked"
