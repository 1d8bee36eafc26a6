"""Service Usage: whether the APIs that WattIf calls are enabled."""

from collections.abc import Sequence

from wattif_dagster.doctor.check import WrongError
from wattif_dagster.doctor.rest import Google

SERVICE = "serviceusage.googleapis.com"

NEEDED = ("bigquery.googleapis.com", "dataplex.googleapis.com", "storage.googleapis.com")
NEEDED_TO_IMPERSONATE = "iamcredentials.googleapis.com"


def list_needed_apis(auth: str) -> list[str]:
    """List the APIs that WattIf calls with this kind of credentials, the value of WATTIF_AUTH."""
    return [*NEEDED, *([NEEDED_TO_IMPERSONATE] if auth == "impersonation" else [])]


def check_apis(google: Google, needed: Sequence[str]) -> str:
    """Check that these APIs are enabled for the project."""
    parent = f"projects/{google.project}"
    names = [f"{parent}/services/{name}" for name in needed]
    answer = google.get(SERVICE, f"v1/{parent}/services:batchGet", {"names": names})
    enabled = {
        service["name"].rpartition("/")[2]
        for service in answer.get("services", ())
        if service["state"] == "ENABLED"
    }
    if missing := [name for name in needed if name not in enabled]:
        raise WrongError(
            f"{', '.join(missing)}: not enabled.",
            f"gcloud services enable {' '.join(missing)} --project={google.project}",
        )
    return f"{len(needed)} are enabled: {', '.join(needed)}"
