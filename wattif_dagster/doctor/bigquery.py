"""BigQuery: the dataset, its location and expiration, and who may write to it."""

from datetime import date, timedelta
from functools import cached_property
from typing import Any

from wattif_dagster.doctor.check import UnansweredError, WrongError
from wattif_dagster.doctor.resource_manager import Project
from wattif_dagster.doctor.rest import Google, RefusedError

SERVICE = "bigquery.googleapis.com"
NOT_FOUND = 404

EDITOR = "roles/bigquery.dataEditor"
EDITOR_PERMISSIONS = (
    "bigquery.tables.create",
    "bigquery.tables.getData",
    "bigquery.tables.updateData",
)
WRITING_ROLES = ("WRITER", "OWNER", EDITOR, "roles/bigquery.dataOwner", "roles/bigquery.admin")
"""Of a dataset's access entries, where BigQuery writes the first two for predefined roles."""
MEMBERS_UNKNOWN = ("groupByEmail", "domain", "specialGroup")
"""Keys of the entries of many accounts."""


class Dataset:
    """The dataset of the settings."""

    def __init__(self, google: Google, name: str, location: str):
        self._google = google
        self._name = name
        self._location = location

    @cached_property
    def _resource(self) -> dict[str, Any]:
        path = f"bigquery/v2/projects/{self._google.project}/datasets/{self._name}"
        return self._google.get(SERVICE, path)

    @property
    def _id(self) -> str:
        return f"{self._google.project}:{self._name}"

    def check(self) -> str:
        """Check that the dataset exists, in the location of the settings."""
        try:
            have = self._resource["location"]
        except RefusedError as refused:
            if refused.status == NOT_FOUND:
                raise WrongError(
                    f"Dataset {self._id} does not exist.",
                    f"bq --location={self._location} mk --dataset {self._id}",
                ) from None
            raise WrongError(
                f"The account may not see dataset {self._id}.",
                self._grant(self._google.account.member),
            ) from None
        if have.upper() != self._location.upper():
            raise WrongError(
                f"Dataset {self._id} is in {have}, and WATTIF_BIGQUERY_LOCATION is "
                f"{self._location}. Change the setting.",
                f"export WATTIF_BIGQUERY_LOCATION={have}",
            )
        return f"{self._id} in {have}"

    def check_expiration(self, first_day: date, today: date) -> str:
        """Check that new tables keep partitions as old as the fleet's first day."""
        mend = f"bq update --default_partition_expiration=0 --default_table_expiration=0 {self._id}"
        partitions = self._read_expiration("defaultPartitionExpirationMs")
        tables = self._read_expiration("defaultTableExpirationMs")
        if partitions is None and tables is not None:
            raise WrongError(
                f"BigQuery deletes new tables of {self._id} after {_days(tables)}.", mend
            )
        if partitions is not None and partitions < today - first_day:
            raise WrongError(
                f"New tables of {self._id} keep partitions for {_days(partitions)}, and the fleet "
                f"begins on {first_day}: older days are dropped while they are loaded.",
                mend,
            )
        return f"new tables of {self._id} keep the days since {first_day}"

    def check_editor(self, project: Project) -> str:
        """Check that the account may write tables of the dataset."""
        if project.test_permissions(*EDITOR_PERMISSIONS) == set(EDITOR_PERMISSIONS):
            return f"the account has it on project {self._google.project}"
        email = self._google.account.email
        if email and self._may_write(email):
            return f"the account has it on dataset {self._id}"
        grant = self._grant(self._google.account.member)
        if email is None or any(key in entry for entry in self._writers for key in MEMBERS_UNKNOWN):
            raise UnansweredError(
                f"Dataset {self._id} lets groups or project owners write, and whether the account "
                "is one of them cannot be asked.",
                grant,
            )
        raise WrongError(f"No entry of dataset {self._id} lets {email} write.", grant)

    def check_service_agent(self, project: Project) -> str:
        """Check that Dataplex may read the tables and write the results of its scans."""
        agent = f"service-{project.number}@gcp-sa-dataplex.iam.gserviceaccount.com"
        if not self._may_write(agent):
            raise WrongError(
                f"No entry of dataset {self._id} lets {agent} write. Where that account does "
                "not exist, first run `gcloud beta services identity create "
                f"--service=dataplex.googleapis.com --project={self._google.project}`.",
                self._grant(f"serviceAccount:{agent}"),
            )
        return f"{agent} may write to {self._id}"

    @property
    def _writers(self) -> list[dict[str, Any]]:
        entries = self._resource.get("access", ())
        return [entry for entry in entries if entry.get("role") in WRITING_ROLES]

    def _may_write(self, email: str) -> bool:
        names = (email, f"serviceAccount:{email}", f"user:{email}")
        return any(
            entry.get("userByEmail") == email or entry.get("iamMember") in names
            for entry in self._writers
        )

    def _read_expiration(self, field: str) -> timedelta | None:
        """Read an expiration in milliseconds; where there is none, or 0, it is never."""
        milliseconds = int(self._resource.get(field, 0))
        return timedelta(milliseconds=milliseconds) if milliseconds else None

    def _grant(self, member: str) -> str:
        """Write the command that lets the member write."""
        schema = f"\\`{self._google.project}\\`.{self._name}"
        return (
            f"bq --project_id={self._google.project} --location={self._location} query "
            f"--use_legacy_sql=false \"GRANT \\`{EDITOR}\\` ON SCHEMA {schema} TO '{member}'\""
        )


def _days(span: timedelta) -> str:
    return f"{span / timedelta(days=1):g} days"
