"""Lists of texts."""

from __future__ import annotations

from typing import Any

from ts.compat.mlserver.codecs.base import InputCodec, register_input_codec, register_request_codec
from ts.compat.mlserver.codecs.lists import column, each, is_list_of
from ts.compat.mlserver.codecs.single import SingleInputRequestCodec
from ts.compat.mlserver.errors import CodecError
from ts.compat.mlserver.types import Parameters, RequestInput, ResponseOutput, TensorData


def encode_str(text: str) -> bytes:
    """Returns a text in UTF-8."""
    return text.encode("utf-8")


def decode_str(encoded: bytes | str) -> str:
    """Returns an element as text.

    Raises:
        CodecError: it is no UTF-8.
    """
    if isinstance(encoded, str):
        return encoded
    try:
        return bytes(encoded).decode("utf-8")
    except (UnicodeDecodeError, TypeError) as fault:
        raise CodecError(f"element: {fault} (expected: text in UTF-8)") from fault


def _described(name: str, payload: list[str], use_bytes: bool) -> dict[str, Any]:
    return {
        "name": name,
        "datatype": "BYTES",
        "shape": column(payload),
        "data": TensorData([encode_str(text) for text in payload] if use_bytes else list(payload)),
        "parameters": Parameters(content_type=StringCodec.ContentType),
    }


@register_input_codec
class StringCodec(InputCodec):
    """One tensor as a list of texts."""

    ContentType = "str"
    TypeHint = list[str]

    @classmethod
    def can_encode(cls, payload: Any) -> bool:
        """See `InputCodec`."""
        return is_list_of(payload, str)

    @classmethod
    def encode_output(cls, name: str, payload: Any, use_bytes: bool = True, **kwargs: Any) -> ResponseOutput:
        """See `InputCodec`; `use_bytes`: elements in UTF-8."""
        return ResponseOutput(**_described(name, payload, use_bytes))

    @classmethod
    def decode_output(cls, response_output: ResponseOutput) -> list[str]:
        """See `InputCodec`."""
        return each(decode_str, response_output.data)

    @classmethod
    def encode_input(cls, name: str, payload: Any, use_bytes: bool = True, **kwargs: Any) -> RequestInput:
        """See `InputCodec`; `use_bytes`: elements in UTF-8."""
        return RequestInput(**_described(name, payload, use_bytes))

    @classmethod
    def decode_input(cls, request_input: RequestInput) -> list[str]:
        """See `InputCodec`."""
        return each(decode_str, request_input.data)


@register_request_codec
class StringRequestCodec(SingleInputRequestCodec):
    """The first tensor of a request as a list of texts."""

    InputCodec = StringCodec
    ContentType = StringCodec.ContentType
    TypeHint = list[str]
