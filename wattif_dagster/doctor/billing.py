"""Cloud Billing: whether the project has a billing account that is open."""

from wattif_dagster.doctor.check import WrongError
from wattif_dagster.doctor.rest import Google, link_billing

SERVICE = "cloudbilling.googleapis.com"


def check_billing(google: Google) -> str:
    """Check that billing is enabled for the project. Without it BigQuery is a sandbox."""
    info = google.get(SERVICE, f"v1/projects/{google.project}/billingInfo")
    account = info.get("billingAccountName", "")
    if not info.get("billingEnabled", False):
        reason = f"{account} is closed" if account else "the project has no billing account"
        raise WrongError(
            f"Billing is disabled: {reason}. `gcloud billing accounts list` lists yours.",
            link_billing(google.project),
        )
    return account
