"""What a worker raises, and what its client is told."""

from __future__ import annotations

from http import HTTPStatus

UNKNOWN = "inference internal error"
"""What a client is told of an exception that is none of these."""


class MosecError(Exception):
    """An error that its client reads: `msg: text`. A subclass with a `msg` of its own keeps the status."""

    msg = "mosec error"


class ClientError(MosecError):
    """The request can't be answered: 400."""

    msg = "bad request"


class ServerError(MosecError):
    """The worker can't answer: 500."""

    msg = "internal error"


class ValidationError(MosecError):
    """The request was read, and is not what was asked for: 422."""

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

    msg = "mosec timeout error"


def status_of(fault: BaseException) -> int:
    """Returns the HTTP status that an exception means."""
    if isinstance(fault, ValidationError):
        return int(HTTPStatus.UNPROCESSABLE_ENTITY)
    if isinstance(fault, ClientError):
        return int(HTTPStatus.BAD_REQUEST)
    if isinstance(fault, MosecTimeoutError):
        return int(HTTPStatus.REQUEST_TIMEOUT)
    return int(HTTPStatus.INTERNAL_SERVER_ERROR)


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
