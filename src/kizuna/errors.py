"""What a client is told when a request fails.

    Exception
    └── ApiError               code, message and, derived, the HTTP status
        └── RateLimited        RESOURCE_EXHAUSTED with a Retry-After header

Codes are gRPC's; the HTTP statuses are those the grpc-gateway gives them.
"""

from collections.abc import Mapping
from enum import IntEnum


class Code(IntEnum):
    """gRPC status codes."""

    OK = 0
    CANCELED = 1
    UNKNOWN = 2
    INVALID_ARGUMENT = 3
    DEADLINE_EXCEEDED = 4
    NOT_FOUND = 5
    ALREADY_EXISTS = 6
    PERMISSION_DENIED = 7
    RESOURCE_EXHAUSTED = 8
    FAILED_PRECONDITION = 9
    ABORTED = 10
    OUT_OF_RANGE = 11
    UNIMPLEMENTED = 12
    INTERNAL = 13
    UNAVAILABLE = 14
    DATA_LOSS = 15
    UNAUTHENTICATED = 16


HTTP_STATUS: Mapping[int, int] = {
    Code.OK: 200,
    Code.CANCELED: 499,
    Code.UNKNOWN: 500,
    Code.INVALID_ARGUMENT: 400,
    Code.DEADLINE_EXCEEDED: 504,
    Code.NOT_FOUND: 404,
    Code.ALREADY_EXISTS: 409,
    Code.PERMISSION_DENIED: 403,
    Code.RESOURCE_EXHAUSTED: 429,
    Code.FAILED_PRECONDITION: 400,
    Code.ABORTED: 409,
    Code.OUT_OF_RANGE: 400,
    Code.UNIMPLEMENTED: 501,
    Code.INTERNAL: 500,
    Code.UNAVAILABLE: 503,
    Code.DATA_LOSS: 500,
    Code.UNAUTHENTICATED: 401,
}


class ApiError(Exception):
    """A refusal. `code` is a gRPC code, `message` a text that the client may read."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = int(code)
        self.message = message

    @property
    def status(self) -> int:
        """The HTTP status; an unknown code is 500."""
        return HTTP_STATUS.get(self.code, 500)

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """Headers that belong to this error beyond those of every answer."""
        if self.code == Code.UNAUTHENTICATED:
            return [(b"www-authenticate", self.message.encode("latin-1", "replace"))]
        return []


class RateLimited(ApiError):
    """Too much, too often; `retry_after` is in whole seconds."""

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(Code.RESOURCE_EXHAUSTED, message)
        self.retry_after = retry_after

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        return [(b"retry-after", str(self.retry_after).encode())]


def invalid(message: str) -> ApiError:
    """400: the request itself is wrong."""
    return ApiError(Code.INVALID_ARGUMENT, message)


def not_found(message: str) -> ApiError:
    """404: what it names is not there."""
    return ApiError(Code.NOT_FOUND, message)


def internal(message: str) -> ApiError:
    """500: the server failed."""
    return ApiError(Code.INTERNAL, message)
