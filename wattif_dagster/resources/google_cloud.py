"""Credentials and endpoints, shared by every Google client."""

from functools import cached_property
from pathlib import Path
from typing import Literal

import google.auth
from dagster import ConfigurableResource
from google.auth import impersonated_credentials
from google.auth.credentials import AnonymousCredentials, Credentials
from google.auth.exceptions import DefaultCredentialsError
from google.oauth2 import service_account
from pydantic import Field

from wattif_dagster.errors import UserError
from wattif_dagster.settings import Endpoints, reach_loopback_directly, read_endpoints

CREDENTIALS_REFUSED = (
    "The Google credentials were refused. Run `gcloud auth application-default login` again."
)

SCOPES = ["https://www.googleapis.com/auth/cloud-platform"]
_UNUSABLE = (OSError, ValueError, TypeError, AttributeError)
"""What the libraries raise for a bad key file, because they expect it to hold an object."""


class GoogleCloud(ConfigurableResource):
    """Where the services are, and which credentials are used. Holds no secret."""

    target: Literal["local", "gcp"] = Field(
        default="local", description="local: the local cloud, anonymously; gcp: Google Cloud."
    )
    project: str
    endpoints_file: str = Field(
        default=".wattif/endpoints.json", description="File with the addresses of a local cloud."
    )
    auth: Literal["application_default", "key_file", "impersonation", "anonymous"] = Field(
        default="application_default",
        description="application_default, a key_file, impersonation of a service account, "
        "or anonymous.",
    )
    key_file: str | None = Field(default=None, description="Path of a service account key.")
    impersonate: str | None = Field(default=None, description="Service account to impersonate.")

    @cached_property
    def endpoints(self) -> Endpoints:
        """The addresses of the services.

        They are read at first use, so that definitions load while the local cloud is down. Raises
        UserError when it is down at that time.
        """
        if self.target == "gcp":
            return Endpoints()
        reach_loopback_directly()
        return read_endpoints(Path(self.endpoints_file))

    def credentials(self) -> Credentials:
        """Get the credentials for all clients. Raises UserError when there are none."""
        if self.target == "local" or self.auth == "anonymous":
            return AnonymousCredentials()  # type: ignore[no-untyped-call]
        if self.auth == "key_file":
            return self._from_key_file()
        source = self._application_default()
        if self.auth == "impersonation":
            return impersonated_credentials.Credentials(  # type: ignore[no-untyped-call]
                source_credentials=source,
                target_principal=self.impersonate,
                target_scopes=SCOPES,
            )
        return source

    def _from_key_file(self) -> Credentials:
        try:
            return service_account.Credentials.from_service_account_file(  # type: ignore[no-untyped-call]
                self.key_file, scopes=SCOPES
            )
        except _UNUSABLE as error:
            # The library's text may quote the file: tell only its name and the kind of fault.
            raise UserError(
                f"The service account key {self.key_file} cannot be used "
                f"({type(error).__name__}). Set WATTIF_KEY_FILE to a readable key."
            ) from None

    @staticmethod
    def _application_default() -> Credentials:
        try:
            credentials, _ = google.auth.default(scopes=SCOPES)
        except (DefaultCredentialsError, *_UNUSABLE):
            raise UserError(
                "No Google credentials were found. Run `gcloud auth application-default login`, "
                "or set WATTIF_TARGET=local to work without an account."
            ) from None
        return credentials  # type: ignore[return-value]
