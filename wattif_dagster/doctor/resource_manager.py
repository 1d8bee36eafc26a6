"""Resource Manager: the project, and the roles of the account on it."""

from functools import cached_property

from wattif_dagster.doctor.check import WrongError
from wattif_dagster.doctor.rest import Google, RefusedError, grant_on_project

SERVICE = "cloudresourcemanager.googleapis.com"

PROJECT_ROLES = {
    "roles/bigquery.jobUser": ("bigquery.jobs.create",),
    "roles/dataplex.dataScanAdmin": (
        "dataplex.datascans.create",
        "dataplex.datascans.get",
        "dataplex.datascans.getData",
        "dataplex.datascans.run",
        "dataplex.datascans.update",
    ),
}
"""Each role on the project, with the permissions of it that WattIf uses."""


class Project:
    """The project of the settings."""

    def __init__(self, google: Google):
        self._google = google
        self._path = f"v3/projects/{google.project}"

    @cached_property
    def _resource(self) -> dict[str, str]:
        return self._google.get(SERVICE, self._path)

    @property
    def number(self) -> str:
        """Its number, which is part of the names of service agents."""
        return self._resource["name"].removeprefix("projects/")

    def check(self) -> str:
        """Check that the project exists and is not about to be deleted."""
        project = self._google.project
        try:
            state = self._resource["state"]
        except RefusedError:
            raise WrongError(
                f"Project {project} does not exist, or the account may not see it "
                "(roles/browser). Create it, or set WATTIF_PROJECT.",
                f"gcloud projects create {project}",
            ) from None
        if state != "ACTIVE":
            raise WrongError(
                f"Project {project} is {state}.", f"gcloud projects undelete {project}"
            )
        return f"{project}, number {self.number}"

    def check_role(self, role: str) -> str:
        """Check that the account has the permissions of a role on the project."""
        wanted = PROJECT_ROLES[role]
        if missing := sorted(set(wanted) - self.test_permissions(*wanted)):
            raise WrongError(
                f"The account lacks {', '.join(missing)}.",
                grant_on_project(self._google.project, self._google.account.member, role),
            )
        return f"the account has it on project {self._google.project}"

    def test_permissions(self, *permissions: str) -> set[str]:
        """Find which of the permissions the account has on the project."""
        path = f"{self._path}:testIamPermissions"
        answer = self._google.post(SERVICE, path, {"permissions": list(permissions)})
        return set(answer.get("permissions", ()))
