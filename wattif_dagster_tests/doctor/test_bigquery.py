"""The dataset: where it is, how long it keeps days, and who may write to it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from wattif_dagster.metering.simulation import Simulation
from wattif_dagster_tests.doctor.conftest import Diagnose, make_user
from wattif_dagster_tests.support.google_apis import (
    ACCOUNT,
    AGENT,
    DATASET,
    GoogleApis,
    old_error,
)

GRANT = "bq --project_id=my-project --location=US query --use_legacy_sql=false "
GRANT += r'"GRANT \`roles/bigquery.dataEditor\` ON SCHEMA \`my-project\`.wattif '
DAY_MS = 24 * 3600 * 1000


def test_missing_dataset_is_made(diagnose: Diagnose, apis: GoogleApis) -> None:
    apis.answers[DATASET] = old_error(404, "Not found: Dataset my-project:wattif", "notFound")
    found = diagnose()
    assert found["dataset"].text == "Dataset my-project:wattif does not exist."
    assert found["dataset"].command == "bq --location=US mk --dataset my-project:wattif"
    assert found["Dataplex service agent"].text == "mend this first: dataset"


def test_dataset_that_is_not_seen_is_granted(diagnose: Diagnose, apis: GoogleApis) -> None:
    apis.answers[DATASET] = old_error(403, "Access Denied: Dataset", "accessDenied")
    found = diagnose()["dataset"]
    assert found.text == "The account may not see dataset my-project:wattif."
    assert found.command == f"{GRANT}TO 'serviceAccount:{ACCOUNT}'\""


def test_location_of_the_settings_is_the_datasets(diagnose: Diagnose, apis: GoogleApis) -> None:
    apis.change(DATASET, location="EU")
    found = diagnose()["dataset"]
    assert (found.verdict, found.command) == ("wrong", "export WATTIF_BIGQUERY_LOCATION=EU")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"defaultPartitionExpirationMs": str(60 * DAY_MS)}, "keep partitions for 60 days"),
        ({"defaultTableExpirationMs": str(DAY_MS // 2)}, "deletes new tables of my-project:wattif"),
    ],
)
def test_expiration_before_the_fleet_is_removed(
    diagnose: Diagnose, apis: GoogleApis, fields: dict[str, str], said: str
) -> None:
    apis.change(DATASET, **fields)
    found = diagnose()["expiration"]
    assert found.verdict == "wrong"
    assert said in found.text
    assert found.command == (
        "bq update --default_partition_expiration=0 --default_table_expiration=0 my-project:wattif"
    )


def test_expiration_after_the_fleet_is_fine(diagnose: Diagnose, apis: GoogleApis) -> None:
    """Tables of partitions do not expire where their partitions do."""
    apis.change(
        DATASET,
        defaultPartitionExpirationMs=str(60 * DAY_MS),
        defaultTableExpirationMs=str(60 * DAY_MS),
    )
    recent = datetime.now(UTC).date() - timedelta(days=30)
    simulation = Simulation(start_date=recent.isoformat())
    assert diagnose(simulation=simulation)["expiration"].verdict == "fine"


def without_tables(apis: GoogleApis, *access: dict[str, Any]) -> None:
    """Have the account no right on the project, and these entries on the dataset."""
    apis.denied = {"bigquery.tables.updateData"}
    apis.change(DATASET, access=[*access])


@pytest.mark.parametrize(
    "entry",
    [
        {"role": "WRITER", "userByEmail": ACCOUNT},
        {"role": "roles/bigquery.dataEditor", "iamMember": f"serviceAccount:{ACCOUNT}"},
    ],
)
def test_role_on_the_dataset_is_enough(
    diagnose: Diagnose, apis: GoogleApis, entry: dict[str, str]
) -> None:
    without_tables(apis, entry)
    found = diagnose()["roles/bigquery.dataEditor"]
    assert found.text == "the account has it on dataset my-project:wattif"


def test_missing_role_on_the_dataset_is_granted(diagnose: Diagnose, apis: GoogleApis) -> None:
    without_tables(apis, {"role": "READER", "userByEmail": ACCOUNT})
    found = diagnose()["roles/bigquery.dataEditor"]
    assert found.verdict == "wrong"
    assert found.text == f"No entry of dataset my-project:wattif lets {ACCOUNT} write."
    assert found.command == f"{GRANT}TO 'serviceAccount:{ACCOUNT}'\""


def test_member_of_a_group_is_not_known(diagnose: Diagnose, apis: GoogleApis) -> None:
    without_tables(apis, {"role": "WRITER", "groupByEmail": "team@example.com"})
    assert diagnose()["roles/bigquery.dataEditor"].verdict == "not checked"


def test_user_without_a_name_is_not_known(diagnose: Diagnose, apis: GoogleApis) -> None:
    without_tables(apis, {"role": "OWNER", "userByEmail": "me@example.com"})
    user = make_user(apis, "my-project")
    found = diagnose(lambda: user, auth="application_default")["roles/bigquery.dataEditor"]
    assert found.verdict == "not checked"
    assert found.command == f"{GRANT}TO 'user:$(gcloud config get-value account)'\""


def test_service_agent_without_a_role_is_granted(diagnose: Diagnose, apis: GoogleApis) -> None:
    apis.change(DATASET, access=[{"role": "READER", "userByEmail": AGENT}])
    found = diagnose()["Dataplex service agent"]
    assert found.verdict == "wrong"
    assert "gcloud beta services identity create --service=dataplex.googleapis.com" in found.text
    assert found.command == f"{GRANT}TO 'serviceAccount:{AGENT}'\""
