"""Cloud Storage: the bucket, its location, and the roles of the account on it."""

from functools import cached_property
from typing import Any

from wattif_dagster.doctor.check import UnansweredError, WrongError
from wattif_dagster.doctor.rest import Google, RefusedError
from wattif_dagster.settings.locations import contains

SERVICE = "storage.googleapis.com"
NOT_FOUND = 404

SEE_BUCKET = "roles/storage.legacyBucketReader"
BUCKET_ROLES = {
    SEE_BUCKET: ("storage.buckets.get", "storage.objects.list"),
    "roles/storage.objectAdmin": (
        "storage.objects.create",
        "storage.objects.delete",
        "storage.objects.get",
        "storage.objects.list",
    ),
}
"""Each role on the bucket, with the permissions of it that WattIf uses."""


class Bucket:
    """The bucket of the settings. `location` is that of the dataset, which is loaded from it.

    `external` says whether queries read the objects instead.
    """

    def __init__(self, google: Google, name: str, location: str, external: bool):
        self._google = google
        self._name = name
        self._location = location
        self._external = external
        self._path = f"storage/v1/b/{name}"

    @cached_property
    def _resource(self) -> dict[str, Any]:
        return self._google.get(SERVICE, self._path)

    def check(self) -> str:
        """Check that the bucket exists and that the account sees it."""
        try:
            return f"gs://{self._name} in {self._resource['location']}"
        except RefusedError as refused:
            if refused.status == NOT_FOUND:
                raise WrongError(
                    f"Bucket {self._name} does not exist.", self._create(self._name)
                ) from None
            raise WrongError(
                f"Bucket {self._name} belongs to somebody else, or the account may not see it.",
                self._grant(SEE_BUCKET),
            ) from None

    def check_location(self) -> str:
        """Check that a dataset in its location can read the bucket."""
        have, want = self._resource["location"], self._location
        if want.upper() == "US" and not self._external:
            return "a dataset in US is loaded from a bucket anywhere"
        if contains(want, have):
            return f"{have} can be read from {want}"
        if self._resource["locationType"] == "dual-region":
            raise UnansweredError(
                f"{have} is a dual-region. https://cloud.google.com/bigquery/docs/"
                f"batch-loading-data#data-locations says whether {want} can read it."
            )
        raise WrongError(
            f"The bucket is in {have}, and a dataset in {want} cannot read it there. "
            "Create another bucket, and set WATTIF_BUCKET to it.",
            self._create(f"{self._name}-{want.lower()}"),
        )

    def check_role(self, role: str) -> str:
        """Check that the account has the permissions of a role on the bucket."""
        wanted = BUCKET_ROLES[role]
        path = f"{self._path}/iam/testPermissions"
        answer = self._google.get(SERVICE, path, {"permissions": wanted})
        if missing := sorted(set(wanted) - set(answer.get("permissions", ()))):
            raise WrongError(f"The account lacks {', '.join(missing)}.", self._grant(role))
        return f"the account has it on gs://{self._name}"

    def _create(self, name: str) -> str:
        return (
            f"gcloud storage buckets create gs://{name} --project={self._google.project} "
            f"--location={self._location} --uniform-bucket-level-access --public-access-prevention"
        )

    def _grant(self, role: str) -> str:
        return (
            f"gcloud storage buckets add-iam-policy-binding gs://{self._name} "
            f'--member="{self._google.account.member}" --role={role}'
        )
