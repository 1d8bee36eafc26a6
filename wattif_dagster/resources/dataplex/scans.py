"""The Dagster resource for Dataplex data quality scans: it keeps, runs and waits for them.

`definition` describes a scan, and `results` reads the result of its job.
"""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import TimeoutError as NotDoneInTime
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import grpc
from dagster import ConfigurableResource, ResourceDependency, get_dagster_logger
from google.api_core import exceptions as gexc
from google.api_core.operation import Operation
from google.api_core.retry import Retry, if_exception_type
from google.auth.exceptions import GoogleAuthError
from google.cloud import dataplex_v1
from google.cloud.dataplex_v1.services.data_scan_service.transports import (
    DataScanServiceGrpcTransport,
)
from pydantic import Field

from wattif_dagster.errors import CancelledError, TransientError, UserError
from wattif_dagster.resources.dataplex.definition import check_changeable, differences, update_mask
from wattif_dagster.resources.dataplex.results import (
    FINAL_STATES,
    ScanError,
    ScanResult,
    scan_result,
)
from wattif_dagster.resources.google_cloud import CREDENTIALS_REFUSED, GoogleCloud
from wattif_dagster.resources.refusals import REFUSALS, explain_refusal

CANCEL_TIMEOUT_SECONDS = 10
TRANSIENT = (
    gexc.TooManyRequests,
    gexc.InternalServerError,
    gexc.Unknown,
    gexc.DataLoss,
    gexc.BadGateway,
    gexc.ServiceUnavailable,
    gexc.GatewayTimeout,
)


class ScanTimeoutError(ScanError):
    """A scan job did not end in time and was cancelled."""


@dataclass(frozen=True)
class EnsureOutcome:
    """What `ensure` did, and the paths of the fields that it changed."""

    action: Literal["created", "unchanged", "updated"]
    changed: tuple[str, ...] = ()


def pauses(first: float, longest: float) -> Iterator[float]:
    """Yield the seconds between two looks at a job, each half as long again, up to `longest`."""
    pause = first
    while True:
        yield min(pause, longest)
        pause = min(pause * 1.5, longest)


class DataplexScans(ConfigurableResource):
    """The data quality scans of one project and location.

    All methods raise UserError when Dataplex refuses a request, and TransientError when it does not
    answer.
    """

    cloud: ResourceDependency[GoogleCloud]
    location: str
    call_timeout_seconds: float = Field(
        default=30, gt=0, description="Time limit of a call, with its retries."
    )
    change_timeout_seconds: float = Field(
        default=300, gt=0, description="Time limit to create or update a scan."
    )
    run_timeout_seconds: float = Field(
        default=900, gt=0, description="Time limit of a job, which is then cancelled."
    )
    first_poll_seconds: float = Field(default=0.02, gt=0, description="First pause of a wait.")
    longest_poll_seconds: float = Field(default=20, gt=0, description="Longest pause of a wait.")

    @cached_property
    def client(self) -> dataplex_v1.DataScanServiceClient:
        """The stock client."""
        endpoint = self.cloud.endpoints.dataplex
        if endpoint is None:
            return dataplex_v1.DataScanServiceClient(credentials=self.cloud.credentials())
        # With an endpoint alone the client would use TLS.
        transport = DataScanServiceGrpcTransport(channel=grpc.insecure_channel(endpoint))
        return dataplex_v1.DataScanServiceClient(transport=transport)

    @property
    def parent(self) -> str:
        """projects/*/locations/*"""
        return f"projects/{self.cloud.project}/locations/{self.location}"

    def scan_name(self, scan_id: str) -> str:
        """projects/*/locations/*/dataScans/*"""
        return f"{self.parent}/dataScans/{scan_id}"

    def ensure(self, scan_id: str, scan: dataplex_v1.DataScan) -> EnsureOutcome:
        """Create the scan, or update the fields in which it differs from `scan`.

        Raises UserError where it would have to be deleted first.
        """
        name = self.scan_name(scan_id)
        with self._explained():
            try:
                have = self._get(name)
            except gexc.NotFound:
                try:
                    self._create(scan_id, scan)
                except gexc.Conflict:  # another run was faster
                    have = self._get(name)
                else:
                    return EnsureOutcome("created")
            check_changeable(have, scan)
            changed = differences(have, scan)
            if not changed:
                return EnsureOutcome("unchanged")
            wanted = dataplex_v1.DataScan(scan)
            wanted.name = name
            operation = self.client.update_data_scan(
                data_scan=wanted,
                update_mask=update_mask(changed),
                retry=self._retry,
                timeout=self.call_timeout_seconds,
            )
            self._finish(operation, f"update scan {name}")
        return EnsureOutcome("updated", changed)

    def run(self, scan_id: str) -> str:
        """Start a job of an on-demand scan; returns the job's name."""
        with self._explained():
            # No retry: a call whose answer is lost may have started a job, and a second call would
            # start a second one.
            response = self.client.run_data_scan(
                name=self.scan_name(scan_id), retry=None, timeout=self.call_timeout_seconds
            )
        return response.job.name

    def wait(self, job_name: str, stop: threading.Event) -> ScanResult:
        """Wait for the job to end; returns its result.

        The job is cancelled when it does not end in `run_timeout_seconds`, and when the wait is
        interrupted or `stop` is set. Raises ScanError when the job fails or is cancelled,
        ScanTimeoutError, and CancelledError when `stop` is set.
        """
        try:
            job = self._wait_for_end(job_name, stop)
        except BaseException:  # KeyboardInterrupt and Dagster's interrupt are no Exceptions
            self.cancel(job_name)
            raise
        return scan_result(job)

    def _wait_for_end(self, name: str, stop: threading.Event) -> dataplex_v1.DataScanJob:
        deadline = time.monotonic() + self.run_timeout_seconds
        waits = pauses(self.first_poll_seconds, self.longest_poll_seconds)
        while (job := self._try_to_read_job(name)) is None or job.state not in FINAL_STATES:
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                raise ScanTimeoutError(
                    f"Scan job {name} did not end in {self.run_timeout_seconds:g} s and was "
                    "cancelled. Raise run_timeout_seconds of the resource if it needs longer."
                )
            if stop.wait(min(next(waits), remaining)):
                raise CancelledError
        return job

    def _try_to_read_job(self, name: str) -> dataplex_v1.DataScanJob | None:
        """Read the job; None while the service does not answer, because the job may still run."""
        try:
            return self._job(name)
        except TransientError as error:
            get_dagster_logger().warning(f"Still waiting for scan job {name}: {error}")
            return None

    def cancel(self, job_name: str) -> None:
        """Cancel the job. A refusal is only logged: the job may just have ended."""
        try:
            self.client.cancel_data_scan_job(
                name=job_name, retry=None, timeout=CANCEL_TIMEOUT_SECONDS
            )
        except gexc.GoogleAPIError as error:
            get_dagster_logger().warning(f"Scan job {job_name} was not cancelled: {error}")

    @property
    def _retry(self) -> Retry:
        return Retry(
            predicate=if_exception_type(*TRANSIENT), initial=0.2, timeout=self.call_timeout_seconds
        )

    def _get(self, name: str) -> dataplex_v1.DataScan:
        request = dataplex_v1.GetDataScanRequest(name=name, view="FULL")
        return self.client.get_data_scan(
            request, retry=self._retry, timeout=self.call_timeout_seconds
        )

    def _job(self, name: str) -> dataplex_v1.DataScanJob:
        request = dataplex_v1.GetDataScanJobRequest(name=name, view="FULL")
        with self._explained():
            return self.client.get_data_scan_job(
                request, retry=self._retry, timeout=self.call_timeout_seconds
            )

    def _create(self, scan_id: str, scan: dataplex_v1.DataScan) -> None:
        operation = self.client.create_data_scan(
            parent=self.parent,
            data_scan=scan,
            data_scan_id=scan_id,
            retry=self._retry,
            timeout=self.call_timeout_seconds,
        )
        self._finish(operation, f"create scan {self.scan_name(scan_id)}")

    def _finish(self, operation: Operation, what: str) -> None:
        try:
            operation.result(timeout=self.change_timeout_seconds, retry=self._retry)
        except NotDoneInTime:
            raise UserError(
                f"Dataplex did not {what} in {self.change_timeout_seconds:g} s. Try again."
            ) from None

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn errors of the client into ours, a UserError where only the user can fix it."""
        try:
            yield
        except REFUSALS as error:
            raise explain_refusal(
                error,
                "Dataplex",
                project=self.cloud.project,
                what=f"Dataplex in {self.parent}",
                grant="Grant the account roles/dataplex.dataScanAdmin and "
                "roles/bigquery.dataEditor.",
            ) from error
        except (*TRANSIENT, gexc.RetryError) as error:
            reason = error.cause if isinstance(error, gexc.RetryError) else error
            raise TransientError(
                f"Dataplex at {self.cloud.endpoints.dataplex or self.client.api_endpoint} does not "
                f"answer ({reason}). Check the network, or `wattif status`."
            ) from error
        except GoogleAuthError as error:
            raise UserError(CREDENTIALS_REFUSED) from error
        except (gexc.ClientError, gexc.MethodNotImplemented) as error:
            raise UserError(f"Dataplex refused the request: {error.message}") from error
