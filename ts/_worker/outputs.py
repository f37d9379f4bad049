"""What handlers answer, as bytes."""

from __future__ import annotations

import io
import sys
from typing import Any

from ts._wire.codec import COPY_BELOW
from ts._worker.indented_json import indented_json

JSON_TYPE = "application/json"


class OutputTypeError(Exception):
    """An answer can't be turned into bytes; the message names its type."""


def encode_output(value: Any) -> tuple[bytes | bytearray | memoryview, str]:
    """Returns the body of a reply and the content type that it has unless the handler sets one ("" = none).

    Text and bytes are sent as they are, tensors as `torch.save` writes them, everything else as JSON.

    Raises:
        OutputTypeError: JSON has no form for the value.
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
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(value, torch.Tensor):
        file = io.BytesIO()
        torch.save(value, file)
        return file.getvalue(), ""
    try:
        return indented_json(value, _json_default).encode("utf-8"), JSON_TYPE
    except (TypeError, ValueError, RecursionError, UnicodeEncodeError) as fault:
        raise OutputTypeError(f"output: {type(value).__name__} is not serialisable: {fault}") from fault


def _steady(value: bytearray | memoryview) -> bytes | bytearray | memoryview:
    """Small replies may be held back while the next run begins, and its handler may change the buffer."""
    if len(value) < COPY_BELOW or (isinstance(value, memoryview) and not value.contiguous):
        return bytes(value)
    return value if isinstance(value, bytearray) else value.cast("B")


def _json_default(value: Any) -> Any:
    """Gives numpy's and torch's values, and dates, a JSON form."""
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
    raise TypeError(f"{type(value).__name__} has no JSON form")
