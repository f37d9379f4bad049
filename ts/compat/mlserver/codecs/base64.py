"""Lists of bytes that are written in base64."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from ts.compat.mlserver.codecs.base import InputCodec, register_input_codec
from ts.compat.mlserver.codecs.lists import column, each, is_list_of
from ts.compat.mlserver.errors import CodecError
from ts.compat.mlserver.types import Parameters, RequestInput, ResponseOutput, TensorData


def _decoded(element: bytes | str) -> bytes:
    """Returns what an element says; one that is no base64 was sent as it is."""
    text = element.encode("utf-8") if isinstance(element, str) else element
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        return text
    except TypeError as fault:
        raise CodecError(f"element: {type(element).__name__} (expected: base64)") from fault


def _described(name: str, payload: list[bytes], use_bytes: bool) -> dict[str, Any]:
    encoded = [base64.b64encode(element) for element in payload]
    return {
        "name": name,
        "datatype": "BYTES",
        "shape": column(payload),
        "data": TensorData(encoded if use_bytes else [text.decode("ascii") for text in encoded]),
        "parameters": Parameters(content_type=Base64Codec.ContentType),
    }


@register_input_codec
class Base64Codec(InputCodec):
    """One tensor as a list of bytes."""

    ContentType = "base64"
    TypeHint = list[bytes]

    @classmethod
    def can_encode(cls, payload: Any) -> bool:
        """See `InputCodec`."""
        return is_list_of(payload, bytes)

    @classmethod
    def encode_output(cls, name: str, payload: Any, use_bytes: bool = True, **kwargs: Any) -> ResponseOutput:
        """See `InputCodec`; `use_bytes`: elements as bytes, not texts."""
        return ResponseOutput(**_described(name, payload, use_bytes))

    @classmethod
    def decode_output(cls, response_output: ResponseOutput) -> list[bytes]:
        """See `InputCodec`."""
        return each(_decoded, response_output.data)

    @classmethod
    def encode_input(cls, name: str, payload: Any, use_bytes: bool = True, **kwargs: Any) -> RequestInput:
        """See `InputCodec`; `use_bytes`: elements as bytes, not texts."""
        return RequestInput(**_described(name, payload, use_bytes))

    @classmethod
    def decode_input(cls, request_input: RequestInput) -> list[bytes]:
        """See `InputCodec`."""
        return each(_decoded, request_input.data)
