"""What the classes of errors say of their status."""

from __future__ import annotations

from enum import IntFlag


class HTTPStatusCode(IntFlag):
    """A status in the numbers of Mosec's own protocol, for `code` of an error's class."""

    OK = 1
    BAD_REQUEST = 2
    VALIDATION_ERROR = 4
    INTERNAL_ERROR = 8
    TIMEOUT_ERROR = 16
    STREAM_EVENT = 1 << 15
