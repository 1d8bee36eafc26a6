"""The credentials: whether there are any, whether they are good, and whose quota they use."""

from collections.abc import Callable
from functools import cached_property

from google.auth.credentials import Credentials
from google.auth.exceptions import GoogleAuthError, TransportError
from google.auth.transport.requests import Request
from google.oauth2.credentials import Credentials as UserCredentials

from wattif_dagster.doctor.check import WrongError
from wattif_dagster.errors import UserError
from wattif_dagster.settings import Settings

LOGIN = "gcloud auth application-default login"
OF_GCLOUD = "user:$(gcloud config get-value account)"
"""The account of gcloud, which a shell fills in: the credentials of a user may not name it."""


class Account:
    """The account of the settings. `find` finds its credentials, or raises UserError."""

    def __init__(self, settings: Settings, find: Callable[[], Credentials]):
        self._settings = settings
        self._find = find

    @cached_property
    def credentials(self) -> Credentials:
        """The credentials. Raises UserError when there are none."""
        return self._find()

    @property
    def email(self) -> str | None:
        """The address of the account, or None where the credentials do not name it."""
        service_account = getattr(self.credentials, "service_account_email", None)
        return service_account or getattr(self.credentials, "account", None) or None

    @property
    def member(self) -> str:
        """The account as IAM writes it."""
        if self.email is None:
            return OF_GCLOUD
        is_user = isinstance(self.credentials, UserCredentials)
        return f"{'user' if is_user else 'serviceAccount'}:{self.email}"

    def check_credentials(self) -> str:
        """Check that there are credentials, and that Google gives a token for them."""
        auth = self._settings.auth
        if auth == "anonymous":
            raise WrongError(
                "WATTIF_AUTH is anonymous, and Google Cloud refuses that.",
                "export WATTIF_AUTH=application_default",
            )
        try:
            self.credentials.refresh(Request())  # type: ignore[no-untyped-call]
        except UserError as error:
            raise WrongError(str(error), self._renew()) from None
        except TransportError:
            raise WrongError(
                "Google cannot be reached for a token. "
                "Check the network, and the proxy in HTTPS_PROXY."
            ) from None
        except GoogleAuthError as error:
            if "Unable to acquire impersonated credentials" in str(error):
                raise self._explain_impersonation(str(error)) from None
            raise WrongError("Google refuses the credentials.", self._renew()) from None
        return f"{auth}, {self.email}" if self.email else auth

    def check_quota_project(self) -> str:
        """Check that the requests of a user have a project whose quota they use."""
        if not isinstance(self.credentials, UserCredentials):
            return "a service account uses the quota of its own project"
        if self.credentials.quota_project_id is None:
            raise WrongError(
                "The credentials of a user name no quota project, which Dataplex requires.",
                f"gcloud auth application-default set-quota-project {self._settings.project}",
            )
        return self.credentials.quota_project_id

    def _renew(self) -> str:
        """Write the command that makes new credentials."""
        if self._settings.auth != "key_file":
            return LOGIN
        account = f"wattif@{self._settings.project}.iam.gserviceaccount.com"
        return (
            f"gcloud iam service-accounts keys create {self._settings.key_file} "
            f"--iam-account={account}"
        )

    def _explain_impersonation(self, said: str) -> WrongError:
        project, account = self._settings.project, self._settings.impersonate
        if "SERVICE_DISABLED" in said:
            service = "iamcredentials.googleapis.com"
            return WrongError(
                f"{service} is not enabled.",
                f"gcloud services enable {service} --project={project}",
            )
        return WrongError(
            f"Your account may not act as {account}, or {account} does not exist.",
            f"gcloud iam service-accounts add-iam-policy-binding {account} "
            f'--member="{OF_GCLOUD}" --role=roles/iam.serviceAccountTokenCreator',
        )
