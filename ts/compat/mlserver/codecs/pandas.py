"""Data frames: each input or output is a column. pandas is imported when one is decoded."""

from __future__ import annotations

import json
import sys
from typing import Any

import numpy as np

from ts.compat.mlserver.codecs.base import (
    InputCodec,
    RequestCodec,
    register_input_codec,
    register_request_codec,
)
from ts.compat.mlserver.codecs.decoding import get_decoded_or_raw
from ts.compat.mlserver.codecs.lists import as_list, column
from ts.compat.mlserver.codecs.numpy import NumpyCodec
from ts.compat.mlserver.codecs.string import StringCodec, decode_str
from ts.compat.mlserver.errors import CodecError
from ts.compat.mlserver.types import (
    InferenceRequest,
    InferenceResponse,
    Parameters,
    RequestInput,
    ResponseOutput,
    TensorData,
)


@register_input_codec
class PandasJsonCodec(InputCodec):
    """A column of lists or dicts, each element as JSON."""

    ContentType = "pd_json"

    @classmethod
    def encode_output(cls, name: str, payload: Any, use_bytes: bool = True, **kwargs: Any) -> ResponseOutput:
        """See `InputCodec`."""
        return ResponseOutput(**cls._described(name, list(payload), use_bytes))

    @classmethod
    def encode_input(cls, name: str, payload: Any, use_bytes: bool = True, **kwargs: Any) -> RequestInput:
        """See `InputCodec`."""
        return RequestInput(**cls._described(name, list(payload), use_bytes))

    @classmethod
    def decode_input(cls, request_input: RequestInput) -> list[Any]:
        """See `InputCodec`."""
        return [_from_json(element) for element in as_list(request_input.data)]

    @classmethod
    def decode_output(cls, response_output: ResponseOutput) -> list[Any]:
        """See `InputCodec`."""
        return [_from_json(element) for element in as_list(response_output.data)]

    @classmethod
    def _described(cls, name: str, payload: list[Any], use_bytes: bool) -> dict[str, Any]:
        texts = [json.dumps(element, default=_plain) for element in payload]
        return {
            "name": name,
            "datatype": "BYTES",
            "shape": column(payload),
            "data": TensorData([text.encode("utf-8") for text in texts] if use_bytes else texts),
            "parameters": Parameters(content_type=cls.ContentType),
        }


def _plain(value: Any) -> Any:
    if hasattr(value, "tolist"):
        return value.tolist()
    raise CodecError(f"column: {type(value).__name__} (expected: what JSON can hold)")


def _from_json(element: bytes | str) -> Any:
    try:
        return json.loads(decode_str(element))
    except ValueError as fault:
        raise CodecError(f"element: {fault} (expected: JSON)") from fault


def _column(name: str, series: Any, use_bytes: bool) -> ResponseOutput:
    values = series.tolist()
    if values and all(isinstance(value, (str, type(None))) for value in values) and None not in values:
        return StringCodec.encode_output(name, values, use_bytes=use_bytes)
    if any(isinstance(value, (list, dict, np.ndarray)) for value in values):
        return PandasJsonCodec.encode_output(name, values, use_bytes=use_bytes)
    return _numbers(name, series, use_bytes)


def _numbers(name: str, series: Any, use_bytes: bool) -> ResponseOutput:
    array = series.to_numpy()
    if array.dtype.kind == "O":
        # Numbers beside nothing: what is missing is not a number. Texts beside nothing have only JSON.
        try:
            array = array.astype("float64")
        except (TypeError, ValueError):
            return PandasJsonCodec.encode_output(name, series.tolist(), use_bytes=use_bytes)
    found = NumpyCodec.encode_output(name, array)
    found.parameters = None
    return found


def _series(tensor: RequestInput | ResponseOutput) -> Any:
    import pandas

    asked = RequestInput(
        name=tensor.name,
        shape=tensor.shape,
        datatype=tensor.datatype,
        parameters=tensor.parameters,
        data=tensor.data,
    )
    held = get_decoded_or_raw(tensor) if isinstance(tensor, RequestInput) else tensor.data
    if held is tensor.data:
        held = _decoded(asked)
    if isinstance(held, np.ndarray):
        # A column has one dimension; rows of more are lists.
        held = held.reshape(-1) if held.size == (held.shape[0] if held.ndim else 1) else list(held)
    return pandas.Series(held, name=tensor.name)


def _decoded(tensor: RequestInput) -> Any:
    from ts.compat.mlserver.codecs.utils import decode_request_input

    decoded = decode_request_input(tensor)
    if decoded is not None:
        return decoded
    if str(tensor.datatype) == "BYTES":
        return as_list(tensor.data)
    return NumpyCodec.decode_input(tensor)


@register_request_codec
class PandasCodec(RequestCodec):
    """A request or an answer as a data frame."""

    ContentType = "pd"

    class _Hint(type):
        """Equals the class of data frames without importing pandas."""

        def __eq__(cls, other: object) -> bool:
            return getattr(other, "__name__", "") == "DataFrame" and str(
                getattr(other, "__module__", "")
            ).startswith("pandas")

        __hash__ = type.__hash__

    TypeHint = _Hint("DataFrame", (), {})

    @classmethod
    def can_encode(cls, payload: Any) -> bool:
        """See `RequestCodec`."""
        pandas = sys.modules.get("pandas")
        return pandas is not None and isinstance(payload, pandas.DataFrame)

    @classmethod
    def encode_outputs(cls, payload: Any, use_bytes: bool = True) -> list[ResponseOutput]:
        """Returns each column as an output."""
        return [_column(str(name), payload[name], use_bytes) for name in payload.columns]

    @classmethod
    def encode_inputs(cls, payload: Any, use_bytes: bool = True) -> list[RequestInput]:
        """Returns each column as an input."""
        return [
            RequestInput(
                name=output.name,
                shape=output.shape,
                datatype=output.datatype,
                data=output.data,
                parameters=output.parameters,
            )
            for output in cls.encode_outputs(payload, use_bytes)
        ]

    @classmethod
    def encode_response(
        cls,
        model_name: str,
        payload: Any,
        model_version: str | None = None,
        use_bytes: bool = True,
        **kwargs: Any,
    ) -> InferenceResponse:
        """See `RequestCodec`."""
        return InferenceResponse(
            model_name=model_name,
            model_version=model_version,
            parameters=Parameters(content_type=cls.ContentType),
            outputs=cls.encode_outputs(payload, use_bytes),
        )

    @classmethod
    def decode_response(cls, response: InferenceResponse) -> Any:
        """See `RequestCodec`."""
        return _frame(response.outputs)

    @classmethod
    def encode_request(cls, payload: Any, use_bytes: bool = True, **kwargs: Any) -> InferenceRequest:
        """See `RequestCodec`."""
        return InferenceRequest(
            inputs=cls.encode_inputs(payload, use_bytes), parameters=Parameters(content_type=cls.ContentType)
        )

    @classmethod
    def decode_request(cls, request: InferenceRequest) -> Any:
        """See `RequestCodec`."""
        return _frame(request.inputs)


def _frame(tensors: list[Any]) -> Any:
    import pandas

    try:
        return pandas.DataFrame({tensor.name: _series(tensor) for tensor in tensors})
    except ValueError as fault:
        raise CodecError(f"columns: {fault} (expected: columns of one length)") from fault
