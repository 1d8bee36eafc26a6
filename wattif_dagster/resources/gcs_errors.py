"""What Cloud Storage's errors mean: which are transient, and what you can do about the others."""

from collections.abc import Iterator
from contextlib import contextmanager

import requests
from google.api_core import exceptions as gexc
from google.auth.exceptions import GoogleAuthError, TransportError

from wattif_dagster.errors import CloudError, TransientError, UserError
from wattif_dagster.resources.google_cloud import CREDENTIALS_REFUSED, GoogleCloud
from wattif_dagster.resources.refusals import explain_refusal

TRANSIENT = (
    gexc.TooManyRequests,
    gexc.ServerError,
    gexc.RetryError,
    TransportError,
    requests.ConnectionError,
    requests.Timeout,
    requests.exceptions.ChunkedEncodingError,
    ConnectionError,
)


class UploadError(CloudError):
    """Some files did not arrive. The text counts them and quotes the first error."""


@contextmanager
def explain_errors(cloud: GoogleCloud, bucket: str, missing: str = "") -> Iterator[None]:
    """Turn errors of the client into ours, a UserError where only the user can fix it.

    `missing` is the beginning of an UploadError's text.
    """
    where = cloud.endpoints.gcs or "Cloud Storage"
    try:
        yield
    except (UploadError, *TRANSIENT, gexc.GoogleAPIError, GoogleAuthError) as error:
        cause: BaseException | None = error
        while isinstance(cause, UploadError | gexc.RetryError):
            cause = cause.__cause__
        match cause:
            case gexc.NotFound():
                raise UserError(describe_missing_bucket(bucket)) from error
            case gexc.Forbidden() | gexc.Unauthorized():
                raise explain_refusal(
                    cause,
                    "Cloud Storage",
                    project=cloud.project,
                    what=f"bucket {bucket}",
                    grant="Grant the account roles/storage.objectAdmin on it.",
                ) from error
            case requests.ConnectionError() | requests.Timeout() | TransportError():
                raise TransientError(
                    f"{missing}{where} cannot be reached. Check the network, or `wattif status`."
                ) from error
            case GoogleAuthError():
                raise UserError(CREDENTIALS_REFUSED) from error
            case _ if is_transient(error) or is_transient(cause):
                raise TransientError(
                    f"{where} is not available, try again later: {error}"
                ) from error
            case _ if isinstance(error, UploadError):
                raise
            case _:
                raise CloudError(f"{where} refused the request: {error}") from error


def describe_missing_bucket(bucket: str) -> str:
    """Say that the bucket does not exist, and what to do."""
    return f"Bucket {bucket} does not exist. Create it, or set WATTIF_BUCKET to an existing bucket."


def is_transient(error: BaseException | None) -> bool:
    """Whether the same request may succeed later."""
    match error:
        case gexc.BadRequest():  # how the server refuses a body that was damaged on its way
            return "doesn't match calculated CRC32C" in error.message
        case gexc.GoogleAPICallError(code=408):
            return True
        case _:
            return isinstance(error, TRANSIENT)
