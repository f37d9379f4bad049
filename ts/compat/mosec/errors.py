"""What a worker raises, and what its client is told."""

from __future__ import annotations

from http import HTTPStatus

from ts.compat.mosec.protocol import HTTPStatusCode

UNKNOWN = "inference internal error"
"""What a client is told of an exception that is none of these."""


class MosecError(Exception):
    """An error that its client reads: `msg: text`. A subclass with a `msg` of its own keeps the status, one
    with a `code` has that.
    """

    code = HTTPStatusCode.INTERNAL_ERROR
    msg = "mosec error"


class ClientError(MosecError):
    """The request can't be answered: 400."""

    code = HTTPStatusCode.BAD_REQUEST
    msg = "bad request"


class ServerError(MosecError):
    """The worker can't answer: 500."""

    code = HTTPStatusCode.INTERNAL_ERROR
    msg = "internal error"


class ValidationError(MosecError):
    """The request was read, and is not what was asked for: 422."""

    code = HTTPStatusCode.VALIDATION_ERROR
    msg = "request validation error"


class EncodingError(ServerError):
    """The answer can't be written: 500."""

    msg = "encoding error"


class DecodingError(ClientError):
    """The request can't be read: 400."""

    msg = "decoding error"


class MosecTimeoutError(BaseException):
    """`forward` took longer than its stage's time-out: 408. It is no `Exception`, so that workers that catch
    those do not hold it up.
    """

    code = HTTPStatusCode.TIMEOUT_ERROR
    msg = "mosec timeout error"


_STATUSES: dict[int | None, HTTPStatus] = {
    HTTPStatusCode.BAD_REQUEST: HTTPStatus.BAD_REQUEST,
    HTTPStatusCode.VALIDATION_ERROR: HTTPStatus.UNPROCESSABLE_ENTITY,
    HTTPStatusCode.TIMEOUT_ERROR: HTTPStatus.REQUEST_TIMEOUT,
}


def status_of(fault: BaseException) -> int:
    """Returns the HTTP status that an exception means."""
    code = fault.code if isinstance(fault, (MosecError, MosecTimeoutError)) else None
    return int(_STATUSES.get(code, HTTPStatus.INTERNAL_SERVER_ERROR))


def text_of(fault: BaseException) -> str:
    """Returns what the client is told of an exception, in one line."""
    if not isinstance(fault, (MosecError, MosecTimeoutError)):
        return UNKNOWN
    return f"{fault.msg}: {str(fault) or fault.msg}".replace("\n", " - ")


PHRASES = {
    400: "Bad Request",
    408: "Request Timeout",
    422: "Unprocessable Content",
    500: "Internal Server Error",
}
"""Names of the statuses, as the error event of a stream has them."""
