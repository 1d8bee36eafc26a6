"""Asks Google's services over REST, and explains the refusals that any of them may give."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import requests
from google.auth.credentials import Credentials
from google.auth.exceptions import GoogleAuthError, TransportError
from google.auth.transport.requests import AuthorizedSession
from google.oauth2.credentials import Credentials as UserCredentials

from wattif_dagster.doctor.check import UnansweredError, WrongError
from wattif_dagster.doctor.credentials import Account
from wattif_dagster.resources.refusals import (
    API_DISABLED,
    BILLING_DISABLED,
    NO_QUOTA_PROJECT,
    read_answer,
)

ADDRESS = "https://{service}"
"""Of each service; tests have another one."""
TIMEOUT_SECONDS = 30
ASKED_ONLY_HERE = (
    "cloudbilling.googleapis.com",
    "cloudresourcemanager.googleapis.com",
    "serviceusage.googleapis.com",
)
"""Services that WattIf itself does not need."""

Params = Mapping[str, str | Sequence[str]]


class RefusedError(UnansweredError):
    """A service refused the question with an HTTP status, and its sentence."""

    def __init__(self, service: str, status: int, message: str):
        super().__init__(f"{service} refuses with {status}: {message}")
        self.status = status


class Google:
    """The services of Google Cloud, asked about a project by an account."""

    def __init__(self, account: Account, project: str):
        self.account = account
        self.project = project

    @cached_property
    def _credentials(self) -> Credentials:
        credentials = self.account.credentials
        if isinstance(credentials, UserCredentials) and credentials.quota_project_id is None:
            # So that the questions are answered even where WattIf's own requests are not.
            return credentials.with_quota_project(self.project)  # type: ignore[no-untyped-call]
        return credentials

    @cached_property
    def _session(self) -> AuthorizedSession:
        return AuthorizedSession(self._credentials)  # type: ignore[no-untyped-call]

    @property
    def _quota_project(self) -> str:
        return self._credentials.quota_project_id or self.project

    def get(self, service: str, path: str, params: Params | None = None) -> dict[str, Any]:
        """GET a path of the service.

        Raises WrongError, UnansweredError, or RefusedError where the caller knows more.
        """
        return self._ask("GET", service, path, params=params)

    def post(self, service: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """POST JSON to a path of the service. Raises as `get` does."""
        return self._ask("POST", service, path, json=body)

    def _ask(self, method: str, service: str, path: str, **content: Any) -> dict[str, Any]:
        try:
            response = self._session.request(
                method,
                f"{ADDRESS.format(service=service)}/{path}",
                timeout=TIMEOUT_SECONDS,
                **content,
            )
            if response.ok:
                return response.json()
        except (requests.RequestException, TransportError) as error:
            raise WrongError(
                f"{service} cannot be reached ({type(error).__name__}). "
                "Check the network, and the proxy in HTTPS_PROXY."
            ) from None
        except GoogleAuthError:
            raise WrongError(
                "The credentials were refused.", "gcloud auth application-default login"
            ) from None
        raise self._explain(service, response)

    def _explain(self, service: str, response: requests.Response) -> WrongError | UnansweredError:
        message, reasons = read_answer(response) or (response.reason, set())
        if response.status_code >= 500 or response.status_code == requests.codes.too_many_requests:
            return WrongError(f"{service} is not available: {message} Try again later.")
        if reasons & API_DISABLED:
            kind = UnansweredError if service in ASKED_ONLY_HERE else WrongError
            enable = f"gcloud services enable {service} --project={self._quota_project}"
            return kind(f"{service} is not enabled.", enable)
        if reasons & BILLING_DISABLED:
            return WrongError(
                "The project has no open billing account.", link_billing(self.project)
            )
        if reasons & NO_QUOTA_PROJECT:
            return WrongError(
                f"The account may not use {self._quota_project} as its quota project, or there is "
                "no such project.",
                grant_on_project(
                    self._quota_project,
                    self.account.member,
                    "roles/serviceusage.serviceUsageConsumer",
                ),
            )
        return RefusedError(service, response.status_code, message)


def link_billing(project: str) -> str:
    """Write the command that gives the project a billing account."""
    return f"gcloud billing projects link {project} --billing-account=BILLING_ACCOUNT_ID"


def grant_on_project(project: str, member: str, role: str) -> str:
    """Write the command that grants the role on the project."""
    return f'gcloud projects add-iam-policy-binding {project} --member="{member}" --role={role}'
