"""What handlers answer, as bytes."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from enum import Enum
from typing import Any, NamedTuple
from uuid import UUID

from ts._wire.codec import COPY_BELOW
from ts._worker.indented_json import indented_json
from ts._worker.non_finite import NonFinite, NonFiniteNumber, Replacement

JSON_TYPE = "application/json"


class TypedBody(NamedTuple):
    """An answer that is encoded already, and its content type."""

    body: bytes
    content_type: str


class OutputTypeError(Exception):
    """An answer can't be turned into bytes; the message names its type."""


def encode_output(value: Any, non_finite: NonFinite) -> tuple[bytes | bytearray | memoryview, str]:
    """Returns the body of a reply and the content type that it has unless the handler sets one ("" = none).

    Text and bytes are sent as they are, tensors as `torch.save` writes them, everything else as JSON.

    Raises:
        OutputTypeError: JSON has no form for the value, or for a number in it and that is to be an error; a
            body is not made of bytes.
    """
    if isinstance(value, bytes):
        return value, ""
    if isinstance(value, str):
        try:
            return value.encode("utf-8"), ""
        except UnicodeEncodeError as fault:
            raise OutputTypeError(f"output: str that is no valid Unicode ({fault.reason})") from fault
    if isinstance(value, (bytearray, memoryview)):
        return _steady(value), ""
    if isinstance(value, TypedBody):
        return value if isinstance(value.body, bytes) else _steady_typed(value)
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(value, torch.Tensor):
        file = io.BytesIO()
        torch.save(value, file)
        return file.getvalue(), ""
    return _json(value, non_finite, indented_json).encode("utf-8"), JSON_TYPE


def json_text(value: Any, non_finite: NonFinite) -> str:
    """Returns a value as JSON in one line.

    Raises:
        OutputTypeError: JSON has no form for it.
    """
    return _json(value, non_finite, _one_line)


def _one_line(value: Any, default: Callable[[Any], Any], finite: bool) -> str:
    return json.dumps(value, default=default, allow_nan=not finite)


def _json(value: Any, non_finite: NonFinite, write: Callable[[Any, Callable[[Any], Any], bool], str]) -> str:
    try:
        if non_finite is NonFinite.TEXT:
            return write(value, _json_default, False)
        try:
            return write(value, _json_default, True)
        except ValueError:
            # That there is such a number, or something else; few answers are looked through for it.
            replacement = Replacement(_json_default, non_finite)
            copy = replacement.copy(value)
            if not replacement.found:
                raise
        return write(copy, _json_default, True)
    except NonFiniteNumber as fault:
        raise OutputTypeError(f"output: {fault}") from None
    except (TypeError, ValueError, RecursionError) as fault:
        raise OutputTypeError(f"output: {type(value).__name__} is not serialisable: {fault}") from fault


def _steady_typed(value: TypedBody) -> tuple[bytes | bytearray | memoryview, str]:
    body: object = value.body
    if not isinstance(body, (bytearray, memoryview)):
        # On the wire it would end the worker.
        raise OutputTypeError(f"output: {type(body).__name__} as a body (expected: bytes)")
    return _steady(body), value.content_type


def _steady(value: bytearray | memoryview) -> bytes | bytearray | memoryview:
    """Small replies may be held back while the next run begins, and its handler may change the buffer."""
    if len(value) < COPY_BELOW or (isinstance(value, memoryview) and not value.c_contiguous):
        return bytes(value)
    return value if isinstance(value, bytearray) else value.cast("B")


def _json_default(value: Any) -> Any:
    """Gives numpy's and torch's values, dates, UUIDs and members of enumerations a JSON form."""
    numpy, torch = sys.modules.get("numpy"), sys.modules.get("torch")
    if numpy is not None:
        if isinstance(value, numpy.datetime64):
            return str(value)
        if isinstance(value, (numpy.ndarray, numpy.generic)):
            plain = value.tolist()
            if plain is not value:
                return plain
    if torch is not None and isinstance(value, torch.Tensor):
        return value.tolist()
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
