"""The two ways things go wrong: a request is refused, or a job fails."""

from grpc import StatusCode


class ApiError(Exception):
    """A refused request: a gRPC status code and one sentence."""

    def __init__(self, code: StatusCode, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def invalid_argument(message: str) -> ApiError:
    """The request makes no sense whatever the state of the service."""
    return ApiError(StatusCode.INVALID_ARGUMENT, message)


def not_found(name: str) -> ApiError:
    """The named resource does not exist."""
    return ApiError(StatusCode.NOT_FOUND, f"Resource '{name}' was not found")


def already_exists(name: str) -> ApiError:
    """The name is taken."""
    return ApiError(StatusCode.ALREADY_EXISTS, f"Resource '{name}' already exists")


def failed_precondition(message: str) -> ApiError:
    """The request makes sense, but not in the state the resource is in."""
    return ApiError(StatusCode.FAILED_PRECONDITION, message)


def unimplemented(feature: str) -> ApiError:
    """The real service can do this, the local one cannot."""
    return ApiError(
        StatusCode.UNIMPLEMENTED, f"{feature}: not supported by the local Dataplex service"
    )


class ScanError(Exception):
    """Why a job ends as FAILED, in words for the user."""


class CancelledError(Exception):
    """Raised inside a job that was cancelled."""
