"""What it means that a Google service refuses access, and what you can do about it.

BigQuery and Cloud Storage name the cause in the `errors` of their JSON, Dataplex in an ErrorInfo
(https://cloud.google.com/apis/design/errors). Each may do both.
"""

from textwrap import shorten
from typing import Literal

import requests
from google.api_core import exceptions as gexc
from pydantic import BaseModel, ValidationError

from wattif_dagster.errors import UserError

REFUSALS = (gexc.Forbidden, gexc.Unauthorized)
MOST_QUOTED = 1000
"""Characters of an answer: a proxy between may answer with a page."""

_APIS = {
    "BigQuery": "bigquery.googleapis.com",
    "Cloud Storage": "storage.googleapis.com",
    "Dataplex": "dataplex.googleapis.com",
}
API_DISABLED = {"SERVICE_DISABLED", "accessNotConfigured"}
BILLING_DISABLED = {"BILLING_DISABLED", "billingNotEnabled", "accountDisabled"}
NO_QUOTA_PROJECT = {"USER_PROJECT_DENIED", "CONSUMER_INVALID"}


class _Cause(BaseModel):
    reason: str | None = None


class _Error(BaseModel):
    message: str
    errors: list[_Cause] = []
    details: list[_Cause] = []


class _Answer(BaseModel):
    """The JSON of an error, as all APIs of Google write it."""

    error: _Error


def explain_refusal(
    error: gexc.GoogleAPICallError,
    service: Literal["BigQuery", "Cloud Storage", "Dataplex"],
    *,
    project: str,
    what: str,
    grant: str,
) -> UserError:
    """Make the error that quotes Google's sentence, and then says what to do about its cause.

    `what` is what the service refused access to, and `grant` the advice for an account that lacks
    a role.
    """
    said, reasons = read_error(error)
    # Asked first: where a user's credentials have no quota project, Google says that the API is
    # disabled, and means the project of gcloud itself.
    if "quota project" in said or reasons & NO_QUOTA_PROJECT:
        advice = (
            f"If {project} is not your project, set WATTIF_PROJECT. Then run "
            f"`gcloud auth application-default set-quota-project {project}`, and grant the account "
            "roles/serviceusage.serviceUsageConsumer on the project."
        )
    elif reasons & API_DISABLED:
        advice = f"Run `gcloud services enable {_APIS[service]} --project {project}`."
    elif reasons & BILLING_DISABLED:
        advice = (
            f"Link project {project} to an open billing account: "
            f"https://console.cloud.google.com/billing/linkedaccount?project={project}"
        )
    elif isinstance(error, gexc.Unauthorized):
        advice = "Run `gcloud auth application-default login` again."
    else:
        advice = grant
    return UserError(f"Access to {what} was refused. {service} says: {said.rstrip('. ')}. {advice}")


def read_error(error: gexc.GoogleAPICallError) -> tuple[str, set[str | None]]:
    """Read Google's sentence, and the reasons that it names."""
    said = error.message
    reasons = {error.reason, *(item.get("reason") for item in error.errors if type(item) is dict)}
    if isinstance(error.response, requests.Response):
        # The message of the error has the method and the address too, and that of a failed upload
        # the whole answer.
        said, reasons = read_answer(error.response) or (said, reasons)
    return shorten(said, MOST_QUOTED), reasons


def read_answer(response: requests.Response) -> tuple[str, set[str | None]] | None:
    """Read the sentence and the reasons of an API's error; None for the page of a proxy."""
    try:
        error = _Answer.model_validate_json(response.content).error
    except ValidationError:
        return None
    return error.message, {item.reason for item in (*error.errors, *error.details)}
