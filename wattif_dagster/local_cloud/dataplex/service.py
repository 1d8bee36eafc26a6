"""google.cloud.dataplex.v1.DataScanService without its transport.

One method per RPC. Each takes a request, returns a response, and raises ApiError.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar
from uuid import uuid4

from google.cloud.dataplex_v1 import types as dp
from google.longrunning.operations_pb2 import Operation
from grpc import StatusCode

from .anomaly_points import Source
from .errors import (
    ApiError,
    ScanError,
    already_exists,
    failed_precondition,
    invalid_argument,
    not_found,
    unimplemented,
)
from .evaluate import check_incremental
from .masks import apply_mask
from .names import (
    TableName,
    check_job,
    check_location,
    check_scan,
    check_scan_id,
    extract_scan,
)
from .operations import make_operation
from .paging import take_page
from .rules import Data, has_detection
from .runner import JobRunner
from .store import Store
from .times import make_timestamp
from .trigger import get_trigger_mode
from .validate import check_scan as check_scan_message
from .warehouse import Warehouse

MAX_SCANS = 1000  # in one project and location

_OUTPUT_ONLY = (
    "uid",
    "state",
    "create_time",
    "update_time",
    "execution_status",
    "type_",
    "data_quality_result",
)
M = TypeVar("M", dp.DataScan, dp.DataScanJob)

_DETAILS = ("data_quality_spec", "data_quality_result")  # fields that the view BASIC omits


class DataScanService:
    """The service. It uses a store, a started runner, and a warehouse."""

    def __init__(self, store: Store, runner: JobRunner, warehouse: Warehouse) -> None:
        self._store = store
        self._runner = runner
        self._warehouse = warehouse

    # Scans

    def create_data_scan(self, request: dp.CreateDataScanRequest) -> Operation:
        """Store a scan. A one-time scan also runs."""
        self._delete_expired()
        parent = check_location(request.parent, "parent")
        scan_id = check_scan_id(request.data_scan_id or f"data-scan-{uuid4()}")
        scan = dp.DataScan(request.data_scan)
        for field in _OUTPUT_ONLY:
            dp.DataScan.pb(scan).ClearField(field)
        if not get_trigger_mode(scan):
            scan.execution_spec.trigger = dp.Trigger(on_demand={})
        scan.name, scan.uid = f"{parent}/dataScans/{scan_id}", str(uuid4())
        check_scan_message(scan)
        scans = self._store.list_scans(parent)
        if any(other.name == scan.name for other in scans):
            raise already_exists(scan.name)
        if len(scans) >= MAX_SCANS:
            raise ApiError(
                StatusCode.RESOURCE_EXHAUSTED,
                f"{parent} has {MAX_SCANS} scans, which is the maximum",
            )

        def create() -> dp.DataScan:
            self._check_source(scan)
            scan.create_time = scan.update_time = make_timestamp()
            scan.state, scan.type_ = dp.State.ACTIVE, dp.DataScanType.DATA_QUALITY
            if not request.validate_only:
                with self._store.transaction():
                    self._store.add_scan(scan)
                    if get_trigger_mode(scan) == "one_time":
                        self._add_job(scan, listed=False)
            return scan

        return self._run_operation(scan.name, "create", create)

    def _check_source(self, scan: dp.DataScan) -> None:
        """Check that the table exists and fits the scan. Raises ApiError."""
        table = TableName.parse(scan.data.resource, "data.resource")
        try:
            columns = self._warehouse.get_columns(table)
        except ScanError as error:
            raise ApiError(StatusCode.UNAVAILABLE, str(error)) from error
        if columns is None:
            raise not_found(scan.data.resource)
        if scan.execution_spec.field:
            try:
                check_incremental(scan.execution_spec.field, Data(table, columns))
            except ScanError as error:
                raise invalid_argument(f"execution_spec.field: {error}") from error
        if has_detection(scan.data_quality_spec):
            try:
                Source.from_scan(scan, columns, self._warehouse.get_partition_column(table))
            except ScanError as error:
                raise invalid_argument(f"data_quality_spec.anomaly_detection: {error}") from error

    def get_data_scan(self, request: dp.GetDataScanRequest) -> dp.DataScan:
        """Return a scan. Its spec and result are only in the view FULL."""
        scan = self._get_scan(request.name)
        return (
            scan
            if request.view == dp.GetDataScanRequest.DataScanView.FULL
            else _strip_details(scan)
        )

    def list_data_scans(self, request: dp.ListDataScansRequest) -> dp.ListDataScansResponse:
        """Return scans of a location in the view BASIC, sorted by name or creation time."""
        self._delete_expired()
        parent = check_location(request.parent, "parent")
        if request.filter:
            raise unimplemented("filter")
        field, _, direction = (request.order_by or "name").partition(" ")
        if field not in ("name", "create_time") or direction.strip() not in ("", "asc", "desc"):
            raise invalid_argument(f"order_by: {request.order_by!r} is not name or create_time")
        descending = direction.strip() == "desc"

        def key(scan: dp.DataScan) -> str:
            return scan.name if field == "name" else _get_time_key(scan)

        scans, token = take_page(
            sorted(self._store.list_scans(parent), key=key, reverse=descending),
            key,
            size=request.page_size,
            default_size=500,
            token=request.page_token,
            scope=f"{parent} {request.order_by}",
            descending=descending,
        )
        return dp.ListDataScansResponse(
            data_scans=[_strip_details(scan) for scan in scans], next_page_token=token
        )

    def update_data_scan(self, request: dp.UpdateDataScanRequest) -> Operation:
        """Change the masked fields of a scan."""
        with self._store.transaction():
            current = self._get_scan(request.data_scan.name, "data_scan.name")
            scan = apply_mask(current, request.data_scan, request.update_mask.paths)
            if not get_trigger_mode(scan):
                scan.execution_spec.trigger = dp.Trigger(on_demand={})
            check_scan_message(scan)
            scan.update_time = make_timestamp()
            if not request.validate_only:
                self._store.save_scan(scan)
        return self._run_operation(scan.name, "update", lambda: scan)

    def delete_data_scan(self, request: dp.DeleteDataScanRequest) -> Operation:
        """Delete a scan. A scan with jobs needs `force`."""
        with self._store.transaction():
            name = self._get_scan(request.name).name
            if not request.force and self._store.list_jobs(name):
                raise failed_precondition(f"Resource '{name}' has jobs; delete it with force=true")
            self._store.delete_scan(name)
        return self._run_operation(name, "delete", lambda: None)

    # Jobs

    def run_data_scan(self, request: dp.RunDataScanRequest) -> dp.RunDataScanResponse:
        """Queue a job of an on-demand scan."""
        with self._store.transaction():
            scan = self._get_scan(request.name)
            if get_trigger_mode(scan) != "on_demand":
                raise failed_precondition(f"{scan.name} is not an on-demand scan")
            return dp.RunDataScanResponse(job=self._add_job(scan, listed=True))

    def _add_job(self, scan: dp.DataScan, *, listed: bool) -> dp.DataScanJob:
        """Queue a job. The runner sees it when the transaction ends."""
        uid = str(uuid4())
        job = dp.DataScanJob(
            name=f"{scan.name}/jobs/{uid}",
            uid=uid,
            state=dp.DataScanJob.State.PENDING,
            type_=scan.type_,
            create_time=make_timestamp(),
            data_quality_spec=scan.data_quality_spec,
        )
        self._store.add_job(job, listed=listed)
        self._runner.submit(job.name)
        return job

    def get_data_scan_job(self, request: dp.GetDataScanJobRequest) -> dp.DataScanJob:
        """Return a job. Its spec and result are only in the view FULL."""
        job = self._store.get_job(self._check_job_name(request.name))
        full = request.view == dp.GetDataScanJobRequest.DataScanJobView.FULL
        return job if full else _strip_details(job)

    def list_data_scan_jobs(
        self, request: dp.ListDataScanJobsRequest
    ) -> dp.ListDataScanJobsResponse:
        """Return jobs of a scan in the view BASIC, newest first."""
        scan = self._get_scan(request.parent, "parent")
        if request.filter:
            raise unimplemented("filter")
        jobs, token = take_page(
            sorted(self._store.list_jobs(scan.name), key=_get_time_key, reverse=True),
            _get_time_key,
            size=request.page_size,
            default_size=10,
            token=request.page_token,
            scope=scan.name,
            descending=True,
        )
        return dp.ListDataScanJobsResponse(
            data_scan_jobs=[_strip_details(job) for job in jobs], next_page_token=token
        )

    def cancel_data_scan_job(
        self, request: dp.CancelDataScanJobRequest
    ) -> dp.CancelDataScanJobResponse:
        """Cancel a job that has not ended."""
        self._runner.cancel(self._check_job_name(request.name))
        return dp.CancelDataScanJobResponse()

    def generate_data_quality_rules(
        self, request: dp.GenerateDataQualityRulesRequest
    ) -> dp.GenerateDataQualityRulesResponse:
        """Refuse the request: rules come from profile scans, which are not supported."""
        raise unimplemented(f"GenerateDataQualityRules of {request.name}")

    def _run_operation(
        self, target: str, verb: str, act: Callable[[], dp.DataScan | None]
    ) -> Operation:
        """Call `act` and store its outcome, also an ApiError, as an operation."""
        started = datetime.now(UTC)
        try:
            outcome = act()
        except ApiError as error:
            outcome = error
        operation = make_operation(target, verb, started, datetime.now(UTC), outcome)
        self._store.add_operation(operation)
        return operation

    def _get_scan(self, name: str, field: str = "name") -> dp.DataScan:
        self._delete_expired()
        return self._store.get_scan(check_scan(name, field))

    def _check_job_name(self, name: str) -> str:
        """Return the name of a listed job. Raises ApiError for others."""
        self._get_scan(extract_scan(check_job(name)))
        if not self._store.is_listed(name):
            raise not_found(name)
        return name

    def _delete_expired(self) -> None:
        self._store.delete_expired(datetime.now(UTC))


def _strip_details(resource: M) -> M:
    """The resource without its spec and result."""
    for field in _DETAILS:
        type(resource).pb(resource).ClearField(field)
    return resource


def _get_time_key(resource: dp.DataScan | dp.DataScanJob) -> str:
    """The sort key by creation time, then name."""
    return f"{resource.create_time:%Y-%m-%dT%H:%M:%S.%f} {resource.name}"
