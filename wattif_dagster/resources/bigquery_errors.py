"""What BigQuery's errors mean: which are transient, and what you can do about the others."""

from collections.abc import Iterator
from contextlib import contextmanager

import requests
from google.api_core import exceptions as gexc
from google.auth.exceptions import GoogleAuthError, TransportError
from google.cloud import bigquery

from wattif_dagster.errors import CloudError, TransientError, UserError
from wattif_dagster.resources.google_cloud import CREDENTIALS_REFUSED, GoogleCloud
from wattif_dagster.resources.refusals import REFUSALS, explain_refusal

ERRORS_QUOTED = 5
TRANSIENT = (
    requests.ConnectionError,
    requests.Timeout,
    requests.exceptions.ChunkedEncodingError,
    TransportError,
    ConnectionError,
    TimeoutError,
    gexc.RetryError,
    gexc.TooManyRequests,
    gexc.ServerError,
)


class JobError(CloudError):
    """A load or query job failed or was refused. The text quotes its first errors."""


@contextmanager
def explain_errors(cloud: GoogleCloud, dataset: str) -> Iterator[None]:
    """Turn errors of the client into ours, a UserError where only you can fix it."""
    where = cloud.endpoints.bigquery or "BigQuery"
    try:
        yield
    except (gexc.BadRequest, gexc.NotFound) as error:
        raise JobError(f"BigQuery refused the request: {error.message}") from error
    except REFUSALS as error:
        reasons = {item.get("reason") for item in error.errors}
        if reasons & {"quotaExceeded", "rateLimitExceeded"}:
            raise JobError(f"A BigQuery quota is used up: {error.message}") from error
        raise explain_refusal(
            error,
            "BigQuery",
            project=cloud.project,
            what=f"dataset {cloud.project}.{dataset}",
            grant="Grant the account roles/bigquery.jobUser, roles/bigquery.dataEditor and, "
            "to load, roles/storage.objectViewer on the bucket.",
        ) from error
    except (*TRANSIENT, gexc.GoogleAPICallError) as error:
        cause = error.cause if isinstance(error, gexc.RetryError) else error
        if not isinstance(cause, gexc.GoogleAPICallError):
            raise TransientError(
                f"{where} cannot be reached. Check the network, or `wattif status`."
            ) from error
        if not is_transient(cause):
            raise JobError(f"BigQuery refused the request: {cause}") from error
        raise TransientError(f"{where} is not available, try again later: {cause}") from error
    except GoogleAuthError as error:
        raise UserError(CREDENTIALS_REFUSED) from error


def describe_failed_job(
    job: bigquery.LoadJob | bigquery.QueryJob, error: gexc.GoogleAPICallError
) -> JobError:
    """Make the error of a job that failed. It quotes the first errors, with their places."""
    errors = job.errors or [{"message": error.message}]
    said = "; ".join(
        " ".join(filter(None, (item.get("location"), item.get("message"))))
        for item in errors[:ERRORS_QUOTED]
    )
    more = f" (and {len(errors) - ERRORS_QUOTED} more)" if len(errors) > ERRORS_QUOTED else ""
    return JobError(f"BigQuery job {job.job_id} failed: {said}{more}")


def is_transient(error: BaseException | None) -> bool:
    """Whether the same request may succeed later."""
    if isinstance(error, gexc.GoogleAPICallError):
        reasons = {item.get("reason") for item in error.errors if isinstance(item, dict)}
        return isinstance(error, TRANSIENT) or error.code == 408 or "rateLimitExceeded" in reasons
    return isinstance(error, TRANSIENT)
