"""The bucket: that it exists, where it is, and what the account may do with its objects."""

import pytest

from wattif_dagster_tests.doctor.conftest import Diagnose
from wattif_dagster_tests.support.google_apis import (
    ACCOUNT,
    BUCKET,
    DATASET,
    GoogleApis,
    old_error,
)

CREATE = "gcloud storage buckets create gs://{} --project=my-project --location={} "
CREATE += "--uniform-bucket-level-access --public-access-prevention"
GRANT = "gcloud storage buckets add-iam-policy-binding gs://my-bucket "
GRANT += f'--member="serviceAccount:{ACCOUNT}" --role='


def test_missing_bucket_is_created_beside_the_dataset(diagnose: Diagnose, apis: GoogleApis) -> None:
    apis.answers[BUCKET] = old_error(404, "The specified bucket does not exist.", "notFound")
    found = diagnose()
    assert found["bucket"].text == "Bucket my-bucket does not exist."
    assert found["bucket"].command == CREATE.format("my-bucket", "US")
    assert found["roles/storage.objectAdmin"].verdict == "not checked"


def test_bucket_that_is_not_seen_needs_a_role(diagnose: Diagnose, apis: GoogleApis) -> None:
    apis.answers[BUCKET] = old_error(403, "Permission 'storage.buckets.get' denied", "forbidden")
    found = diagnose()["bucket"]
    assert found.verdict == "wrong"
    assert found.command == f"{GRANT}roles/storage.legacyBucketReader"


@pytest.mark.parametrize(
    ("bucket", "kind", "dataset", "region", "verdict"),
    [
        ("ASIA", "multi-region", "US", "us-central1", "fine"),
        ("EUROPE-WEST4", "region", "EU", "europe-west1", "fine"),
        ("EUROPE-WEST3", "region", "europe-west3", "europe-west3", "fine"),
        ("US", "multi-region", "EU", "europe-west1", "wrong"),
        ("EU", "multi-region", "europe-west3", "europe-west3", "wrong"),
        ("EUR4", "dual-region", "EU", "europe-west1", "not checked"),
    ],
)
def test_bucket_must_be_loadable_into_the_dataset(
    diagnose: Diagnose,
    apis: GoogleApis,
    bucket: str,
    kind: str,
    dataset: str,
    region: str,
    verdict: str,
) -> None:
    apis.change(BUCKET, location=bucket, locationType=kind)
    apis.change(DATASET, location=dataset)
    found = diagnose(bigquery_location=dataset, location=region)["bucket location"]
    assert found.verdict == verdict
    if verdict == "wrong":
        assert found.command == CREATE.format(f"my-bucket-{dataset.lower()}", dataset)


def test_external_table_has_its_objects_nearby(diagnose: Diagnose, apis: GoogleApis) -> None:
    apis.change(BUCKET, location="ASIA")
    found = diagnose(table_type="external")["bucket location"]
    assert (found.verdict, found.command) == ("wrong", CREATE.format("my-bucket-us", "US"))


@pytest.mark.parametrize(
    ("role", "permission"),
    [
        ("roles/storage.legacyBucketReader", "storage.buckets.get"),
        ("roles/storage.objectAdmin", "storage.objects.delete"),
    ],
)
def test_missing_role_on_the_bucket_is_granted(
    diagnose: Diagnose, apis: GoogleApis, role: str, permission: str
) -> None:
    apis.denied = {permission}
    found = diagnose()[role]
    assert (found.verdict, found.text) == ("wrong", f"The account lacks {permission}.")
    assert found.command == f"{GRANT}{role}"
