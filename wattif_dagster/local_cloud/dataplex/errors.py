"""Errors: a request is refused, or a job fails."""

from grpc import StatusCode


class ApiError(Exception):
    """A refused request: a gRPC status code and one sentence."""

    def __init__(self, code: StatusCode, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def invalid_argument(message: str) -> ApiError:
    """An error for a request that is invalid in any state of the service."""
    return ApiError(StatusCode.INVALID_ARGUMENT, message)


def not_found(name: str) -> ApiError:
    """An error for a resource that does not exist."""
    return ApiError(StatusCode.NOT_FOUND, f"Resource '{name}' was not found")


def already_exists(name: str) -> ApiError:
    """An error for a name in use."""
    return ApiError(StatusCode.ALREADY_EXISTS, f"Resource '{name}' already exists")


def failed_precondition(message: str) -> ApiError:
    """An error for a request that is invalid in the current state of the resource."""
    return ApiError(StatusCode.FAILED_PRECONDITION, message)


def unimplemented(feature: str) -> ApiError:
    """An error for a feature of the real service that the local one lacks."""
    return ApiError(
        StatusCode.UNIMPLEMENTED, f"{feature}: not supported by the local Dataplex service"
    )


class ScanError(Exception):
    """Ends a job as FAILED. The text is for the user."""


class CancelledError(Exception):
    """Ends a job that was cancelled."""
