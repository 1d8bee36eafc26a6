"""Describes the RPCs for both transports: names, message types, REST routes."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from google.cloud.dataplex_v1 import types as dp
from google.longrunning import operations_pb2
from google.protobuf.message import Message
from proto.message import MessageMeta

from .operations import OperationsService
from .service import DataScanService

_SERVICES = {"google.cloud.dataplex.v1": "DataScanService", "google.longrunning": "Operations"}


@dataclass(frozen=True)
class Method:
    """One RPC. `call` takes an instance of `request_type`, and `wire_type` is its protobuf class.

    `path` is in google.api.http syntax. `body` is the field in the HTTP body: "*" for all fields,
    None for no body.
    """

    service: str
    name: str
    call: Callable[[Any], Any]
    request_type: Any
    wire_type: type[Message]
    verb: str
    path: str
    body: str | None = None

    @cached_property
    def route(self) -> re.Pattern[str]:
        """A pattern of URL paths. Its groups are the fields in the path, with `__` for dots."""
        pattern = re.escape(self.path).replace(r"\*", r"[^/:]+")
        pattern = re.sub(
            r"\\{([a-z_\\.]+)=([^{}]*)\\}",
            lambda m: f"(?P<{m[1].replace(chr(92) + '.', '__')}>{m[2]})",
            pattern,
        )
        return re.compile(pattern)

    def invoke(self, request: Message) -> Message:
        """Call with a protobuf message and return one. Raises ApiError."""
        if isinstance(self.request_type, MessageMeta):
            response = self.call(self.request_type.wrap(request))
        else:
            response = self.call(request)
        return type(response).pb(response) if isinstance(type(response), MessageMeta) else response


def list_data_scan_methods(service: DataScanService) -> list[Method]:
    """The RPCs of DataScanService. The first route that fits a URL is used."""
    location = "projects/*/locations/*"
    scan = f"{location}/dataScans/*"
    scans, jobs = f"/v1/{{parent={location}}}/dataScans", f"/v1/{{parent={scan}}}/jobs"
    one_scan, one_job = f"/v1/{{name={scan}}}", f"/v1/{{name={scan}/jobs/*}}"
    one_update = f"/v1/{{data_scan.name={scan}}}"
    generate = f"{one_scan}:generateDataQualityRules"
    s = service
    return [
        _make_method(s.create_data_scan, dp.CreateDataScanRequest, "POST", scans, "data_scan"),
        _make_method(s.list_data_scans, dp.ListDataScansRequest, "GET", scans),
        _make_method(s.get_data_scan, dp.GetDataScanRequest, "GET", one_scan),
        _make_method(
            s.update_data_scan, dp.UpdateDataScanRequest, "PATCH", one_update, "data_scan"
        ),
        _make_method(s.delete_data_scan, dp.DeleteDataScanRequest, "DELETE", one_scan),
        _make_method(s.run_data_scan, dp.RunDataScanRequest, "POST", f"{one_scan}:run", "*"),
        _make_method(s.list_data_scan_jobs, dp.ListDataScanJobsRequest, "GET", jobs),
        _make_method(s.get_data_scan_job, dp.GetDataScanJobRequest, "GET", one_job),
        _make_method(
            s.cancel_data_scan_job, dp.CancelDataScanJobRequest, "POST", f"{one_job}:cancel", "*"
        ),
        _make_method(
            s.generate_data_quality_rules,
            dp.GenerateDataQualityRulesRequest,
            "POST",
            generate,
            "*",
        ),
    ]


def list_operations_methods(service: OperationsService) -> list[Method]:
    """The RPCs of google.longrunning.Operations, except WaitOperation."""
    location = "projects/*/locations/*"
    one = f"/v1/{{name={location}/operations/*}}"
    every = f"/v1/{{name={location}}}/operations"
    cancel = f"{one}:cancel"
    s = service
    return [
        _make_method(s.get_operation, operations_pb2.GetOperationRequest, "GET", one),
        _make_method(s.list_operations, operations_pb2.ListOperationsRequest, "GET", every),
        _make_method(s.delete_operation, operations_pb2.DeleteOperationRequest, "DELETE", one),
        _make_method(
            s.cancel_operation, operations_pb2.CancelOperationRequest, "POST", cancel, "*"
        ),
    ]


def _make_method(
    call: Callable[[Any], Any], request_type: Any, verb: str, path: str, body: str | None = None
) -> Method:
    """A method with the names from the full name of its request type."""
    wire_type = request_type.meta.pb if isinstance(request_type, MessageMeta) else request_type
    package, _, request = wire_type.DESCRIPTOR.full_name.rpartition(".")
    return Method(
        service=f"{package}.{_SERVICES[package]}",
        name=request.removesuffix("Request"),
        call=call,
        request_type=request_type,
        wire_type=wire_type,
        verb=verb,
        path=path,
        body=body,
    )
