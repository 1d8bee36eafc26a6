"""How Google's services refuse access to the project `my-project`, and what WattIf says of it.

The sentences and reasons are those of Google's references and of issues of its clients that quote
the services.
"""

import json
from dataclasses import dataclass
from typing import Any

from google.protobuf.any_pb2 import Any as Packed
from google.rpc.code_pb2 import PERMISSION_DENIED
from google.rpc.error_details_pb2 import ErrorInfo
from google.rpc.status_pb2 import Status

OWN_DOMAINS = {"IAM_PERMISSION_DENIED": "dataplex.googleapis.com"}

ENABLE = "Run `gcloud services enable {}.googleapis.com --project my-project`."
PAY = (
    "Link project my-project to an open billing account: "
    "https://console.cloud.google.com/billing/linkedaccount?project=my-project"
)
CHARGE = (
    "If my-project is not your project, set WATTIF_PROJECT. Then run "
    "`gcloud auth application-default set-quota-project my-project`, and grant the account "
    "roles/serviceusage.serviceUsageConsumer on the project."
)


@dataclass(frozen=True)
class Refusal:
    """What Google says, its reason in `errors` and in an ErrorInfo, and what WattIf advises."""

    said: str
    reason: str
    info: str
    advice: str

    def body(self) -> bytes:
        """The JSON of an API. Storage has no details, the JSON of Dataplex no errors."""
        error: dict[str, Any] = {"code": 403, "message": self.said, "status": "PERMISSION_DENIED"}
        if self.reason:
            item = {"message": self.said, "domain": "global", "reason": self.reason}
            error["errors"] = [item]
        if self.info:
            help_text = {"@type": "type.googleapis.com/google.rpc.Help", "links": []}
            kind = "type.googleapis.com/google.rpc.ErrorInfo"
            domain = OWN_DOMAINS.get(self.info, "googleapis.com")
            metadata = {"consumer": "projects/123"}
            error["details"] = [
                help_text,
                {"@type": kind, "reason": self.info, "domain": domain, "metadata": metadata},
            ]
        return json.dumps({"error": error}).encode()

    def status(self) -> Status:
        """The status of a gRPC call."""
        info = Packed()
        info.Pack(ErrorInfo(reason=self.info, domain=OWN_DOMAINS.get(self.info, "googleapis.com")))
        return Status(code=PERMISSION_DENIED, message=self.said, details=[info])

    @property
    def sentences(self) -> str:
        """What WattIf says after the name of the service."""
        return f" says: {self.said.rstrip('. ')}. {self.advice}"


def disabled(name: str, api: str) -> str:
    return (
        f"{name} API has not been used in project 123 before or it is disabled. Enable it by "
        f"visiting https://console.developers.google.com/apis/api/{api}.googleapis.com/overview"
        "?project=123 then retry. If you enabled this API recently, wait a few minutes for the "
        "action to propagate to our systems and retry."
    )


def no_quota_project(api: str) -> str:
    return (
        "Your application is authenticating by using local Application Default Credentials. The "
        f"{api}.googleapis.com API requires a quota project, which is not set by default. To learn "
        "how to set your quota project, see "
        "https://cloud.google.com/docs/authentication/adc-troubleshooting/user-creds ."
    )


DENIED_PROJECT = (
    "Caller does not have required permission to use project my-project. Grant the caller the "
    "roles/serviceusage.serviceUsageConsumer role, or a custom role with the "
    "serviceusage.services.use permission, by visiting "
    "https://console.developers.google.com/iam-admin/iam/project?project=my-project and then retry."
)
BILLING_REQUIRED = (
    "This API method requires billing to be enabled. Please enable billing on project #123 by "
    "visiting https://console.developers.google.com/billing/enable?project=123 then retry."
)
NO_PROJECT = "Project 'projects/my-project' not found or deleted."

BIGQUERY = {
    "api": Refusal(
        disabled("BigQuery", "bigquery"),
        "accessNotConfigured",
        "SERVICE_DISABLED",
        ENABLE.format("bigquery"),
    ),
    "billing": Refusal(
        "Billing has not been enabled for this project. Enable billing at "
        "https://console.cloud.google.com/billing. DML queries are not allowed in the free tier.",
        "billingNotEnabled",
        "",
        PAY,
    ),
    "quota project": Refusal(DENIED_PROJECT, "forbidden", "USER_PROJECT_DENIED", CHARGE),
    "role": Refusal(
        "Access Denied: Project my-project: User does not have bigquery.jobs.create permission in "
        "project my-project.",
        "accessDenied",
        "",
        "Grant the account roles/bigquery.jobUser, roles/bigquery.dataEditor and, to load, "
        "roles/storage.objectViewer on the bucket.",
    ),
}
STORAGE = {
    "api": Refusal(
        disabled("Cloud Storage JSON", "storage-api"),
        "accessNotConfigured",
        "",
        ENABLE.format("storage"),
    ),
    "billing": Refusal(
        "The billing account for the owning project is disabled in state absent",
        "accountDisabled",
        "",
        PAY,
    ),
    "quota project": Refusal(DENIED_PROJECT, "forbidden", "USER_PROJECT_DENIED", CHARGE),
    "role": Refusal(
        "wattif@my-project.iam.gserviceaccount.com does not have storage.objects.create access to "
        "the Google Cloud Storage object. Permission 'storage.objects.create' denied on resource "
        "(or it may not exist).",
        "forbidden",
        "",
        "Grant the account roles/storage.objectAdmin on it.",
    ),
}
DENIED = (
    "Permission 'dataplex.datascans.get' denied on resource '//dataplex.googleapis.com/projects/"
    "my-project/locations/us-central1/dataScans/scan' (or it may not exist)."
)
DATAPLEX = {
    "api": Refusal(
        disabled("Cloud Dataplex", "dataplex"), "", "SERVICE_DISABLED", ENABLE.format("dataplex")
    ),
    "billing": Refusal(BILLING_REQUIRED, "", "BILLING_DISABLED", PAY),
    "no quota project": Refusal(no_quota_project("dataplex"), "", "SERVICE_DISABLED", CHARGE),
    "quota project denied": Refusal(DENIED_PROJECT, "", "USER_PROJECT_DENIED", CHARGE),
    "no such project": Refusal(NO_PROJECT, "", "CONSUMER_INVALID", CHARGE),
    "role": Refusal(
        DENIED,
        "",
        "IAM_PERMISSION_DENIED",
        "Grant the account roles/dataplex.dataScanAdmin and roles/bigquery.dataEditor.",
    ),
}
