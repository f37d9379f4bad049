"""Lists of dates and times, written as ISO 8601 has them."""

from __future__ import annotations

import datetime
from typing import Any

from ts.compat.mlserver.codecs.base import InputCodec, register_input_codec
from ts.compat.mlserver.codecs.lists import column, each, is_list_of
from ts.compat.mlserver.codecs.string import decode_str
from ts.compat.mlserver.errors import CodecError
from ts.compat.mlserver.types import Parameters, RequestInput, ResponseOutput, TensorData


def _decoded(element: bytes | str) -> datetime.datetime:
    text = decode_str(element)
    try:
        # Python 3.10 does not know the Z.
        return datetime.datetime.fromisoformat(text[:-1] + "+00:00" if text.endswith("Z") else text)
    except ValueError as fault:
        raise CodecError(f"element: {text!r} (expected: a date as ISO 8601 has it)") from fault


def _described(name: str, payload: list[datetime.datetime], use_bytes: bool) -> dict[str, Any]:
    texts = [moment.isoformat() for moment in payload]
    return {
        "name": name,
        "datatype": "BYTES",
        "shape": column(payload),
        "data": TensorData([text.encode("ascii") for text in texts] if use_bytes else texts),
        "parameters": Parameters(content_type=DatetimeCodec.ContentType),
    }


@register_input_codec
class DatetimeCodec(InputCodec):
    """One tensor as a list of dates."""

    ContentType = "datetime"
    TypeHint = list[datetime.datetime]

    @classmethod
    def can_encode(cls, payload: Any) -> bool:
        """See `InputCodec`."""
        return is_list_of(payload, datetime.datetime)

    @classmethod
    def encode_output(cls, name: str, payload: Any, use_bytes: bool = True, **kwargs: Any) -> ResponseOutput:
        """See `InputCodec`; `use_bytes`: elements as bytes, not texts."""
        return ResponseOutput(**_described(name, payload, use_bytes))

    @classmethod
    def decode_output(cls, response_output: ResponseOutput) -> list[datetime.datetime]:
        """See `InputCodec`."""
        return each(_decoded, response_output.data)

    @classmethod
    def encode_input(cls, name: str, payload: Any, use_bytes: bool = True, **kwargs: Any) -> RequestInput:
        """See `InputCodec`; `use_bytes`: elements as bytes, not texts."""
        return RequestInput(**_described(name, payload, use_bytes))

    @classmethod
    def decode_input(cls, request_input: RequestInput) -> list[datetime.datetime]:
        """See `InputCodec`."""
        return each(_decoded, request_input.data)
