"""docs/google-cloud.md leads a new project through the commands that the doctor prints."""

import pytest

from wattif_dagster_tests.doctor.conftest import Diagnose, make_user
from wattif_dagster_tests.support.google_apis import (
    APIS,
    BILLING,
    BUCKET,
    DATASET,
    DATASET_RESOURCE,
    NUMBER,
    PROJECT_PATH,
    TOKEN,
    Answer,
    GoogleApis,
    describe_services,
    error,
    old_error,
)
from wattif_dagster_tests.support.project import ROOT

LINES = (ROOT / "docs/google-cloud.md").read_text().splitlines()


@pytest.mark.parametrize(
    ("path", "answer", "check"),
    [
        (TOKEN, (400, {"error": "invalid_grant"}), "credentials"),
        (PROJECT_PATH, error(403, "The caller does not have permission"), "project"),
        (BILLING, (200, {"billingEnabled": False}), "billing"),
        (APIS, describe_services({}), "APIs"),
        (BUCKET, old_error(404, "The specified bucket does not exist.", "notFound"), "bucket"),
        (DATASET, old_error(404, "Not found", "notFound"), "dataset"),
        (DATASET, (200, {**DATASET_RESOURCE, "access": []}), "Dataplex service agent"),
        (TOKEN, (200, {"access_token": "ya29.GOOD", "expires_in": 3600}), "quota project"),
    ],
    ids=lambda value: value if isinstance(value, str) and "/" not in value else "",
)
def test_walk_has_the_command_of_each_step(
    diagnose: Diagnose, apis: GoogleApis, path: str, answer: Answer, check: str
) -> None:
    apis.answers[path] = answer
    found = diagnose(lambda: make_user(apis, None), auth="application_default")[check]
    assert found.verdict == "wrong"
    assert found.command.replace(NUMBER, "NUMBER") in LINES
