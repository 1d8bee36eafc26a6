"""Long-running operations, and google.longrunning.Operations without its transport.

Every operation is done when it is returned, because none takes long.
"""

from datetime import datetime
from uuid import uuid4

from google.cloud.dataplex_v1.types import DataScan, OperationMetadata
from google.longrunning.operations_pb2 import (
    CancelOperationRequest,
    DeleteOperationRequest,
    GetOperationRequest,
    ListOperationsRequest,
    ListOperationsResponse,
    Operation,
)
from google.protobuf.any_pb2 import Any
from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import Message
from google.rpc.status_pb2 import Status

from .errors import ApiError, unimplemented
from .names import check_location, check_operation, extract_location
from .paging import take_page
from .store import Store


def make_operation(
    target: str, verb: str, started: datetime, ended: datetime, outcome: DataScan | ApiError | None
) -> Operation:
    """A done operation on the resource `target`. Its outcome is a scan, nothing, or an error."""
    metadata = OperationMetadata(
        create_time=started, end_time=ended, target=target, verb=verb, api_version="v1"
    )
    operation = Operation(
        name=f"{extract_location(target)}/operations/operation-{uuid4()}",
        metadata=_pack(OperationMetadata.pb(metadata)),
        done=True,
    )
    if isinstance(outcome, ApiError):
        number, _ = outcome.code.value
        operation.error.CopyFrom(Status(code=number, message=outcome.message))
    else:
        response = Empty() if outcome is None else DataScan.pb(outcome)
        operation.response.CopyFrom(_pack(response))
    return operation


def _pack(message: Message) -> Any:
    wrapper = Any()
    wrapper.Pack(message)
    return wrapper


class OperationsService:
    """One method per RPC. Each takes a request, returns a response, and raises ApiError."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def get_operation(self, request: GetOperationRequest) -> Operation:
        """Return one operation."""
        return self._store.get_operation(check_operation(request.name))

    def list_operations(self, request: ListOperationsRequest) -> ListOperationsResponse:
        """Return the operations of a location."""
        parent = check_location(request.name, "name")
        if request.filter:
            raise unimplemented("filter")
        operations, token = take_page(
            self._store.list_operations(parent),
            lambda operation: operation.name,
            size=request.page_size,
            default_size=100,
            token=request.page_token,
            scope=parent,
        )
        return ListOperationsResponse(operations=operations, next_page_token=token)

    def delete_operation(self, request: DeleteOperationRequest) -> Empty:
        """Delete an operation."""
        self._store.delete_operation(self._store.get_operation(check_operation(request.name)).name)
        return Empty()

    def cancel_operation(self, request: CancelOperationRequest) -> Empty:
        """Look up the operation. It is already done, so nothing is cancelled."""
        self._store.get_operation(check_operation(request.name))
        return Empty()
