"""The values that frames carry, as named tuples: immutable, and cheap enough for the path of every
request.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum, IntFlag
from typing import NamedTuple

VERSION = 1


class ProtocolError(Exception):
    """The peer sent bytes that are no frame of this protocol version; the connection must be closed."""


class FrameType(IntEnum):
    """What a frame is."""

    HELLO = 0x01
    LOAD = 0x10
    LOADED = 0x11
    UNLOAD = 0x12
    UNLOADED = 0x13
    PREDICT = 0x20
    EXPLAIN = 0x21
    DESCRIBE = 0x22
    RESULT = 0x23
    PIECE = 0x24
    CREDIT = 0x25
    CANCEL = 0x26
    HEARTBEAT = 0x30
    STOP = 0x31


class ErrorCode(IntEnum):
    """Why an item, or a LOAD, has no answer."""

    HANDLER_EXCEPTION = 1
    PREDICTION_EXCEPTION = 2
    OUT_OF_MEMORY = 3
    OUTPUT_NOT_A_LIST = 4
    OUTPUT_COUNT = 5
    OUTPUT_TYPE = 6
    REPLY_TOO_LARGE = 7
    CANCELLED = 8
    DEADLINE_EXCEEDED = 9
    DEVICE_LOST = 10
    MODEL_NOT_LOADED = 11
    LOAD_FAILED = 12
    UNSUPPORTED = 13


class CancelReason(IntEnum):
    """Why nobody waits for an item any more."""

    CLIENT_LEFT = 1
    DEADLINE = 2
    SHUTDOWN = 3
    OVERDUE = 4


class RequestFlag(IntFlag):
    """Flags of a request item."""

    SEQUENCE_START = 1
    SEQUENCE_END = 2
    STREAM = 4
    ENTRY = 16
    EXIT = 32


WINDOW = 16
"""Pieces that a stream may send before a CREDIT, unless its request says otherwise."""
ALONE = 1
"""Flag of a PREDICT, EXPLAIN or DESCRIBE frame: nothing of another run may be done beside it."""
END = 1
"""Flag of a reply item: no more of this item follows."""
SPENT = 1
"""Flag of a RESULT frame: the worker's process must not be used again."""


class Part(NamedTuple):
    """One named body of a request; the body is the receiver's own and may be changed in place."""

    name: str
    content_type: str
    body: bytearray | bytes


class RequestItem(NamedTuple):
    """One request of a run. `deadline_ms` counts from the moment of writing, 0 = none; absent texts are
    empty. `route` is 1 + the place in LOAD's routes, 0 = none.
    """

    id: int
    deadline_ms: int
    flags: int
    credits: int
    label: str
    sequence: str
    route: int
    header_block: bytearray | bytes
    parts: Sequence[Part]


class ReplyItem(NamedTuple):
    """One answer, error or streamed piece. `status` 0 = none was set; `error` 0 = an answer."""

    id: int
    body: bytes | bytearray | memoryview = b""
    status: int = 0
    flags: int = 0
    error: int = 0
    reason: str = ""
    content_type: str = ""
    header_block: bytes | bytearray = b""


class Credit(NamedTuple):
    """Room for so many more pieces of an item."""

    id: int
    credits: int


class Cancel(NamedTuple):
    """An item that nobody waits for any more."""

    id: int
    reason: int


Fields = dict[str, str]
Payload = Fields | Sequence[RequestItem] | Sequence[ReplyItem] | Sequence[Credit] | Sequence[Cancel] | None


class Frame(NamedTuple):
    """One frame. `payload` is a dict for HELLO, LOAD and LOADED, a sequence of entries, or None."""

    type: int
    flags: int = 0
    model: int = 0
    run: int = 0
    payload: Payload = None
