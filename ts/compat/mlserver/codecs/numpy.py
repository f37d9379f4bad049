"""Arrays of numpy."""

from __future__ import annotations

from typing import Any

import numpy as np

from ts.compat.mlserver.codecs.base import InputCodec, register_input_codec, register_request_codec
from ts.compat.mlserver.codecs.lists import flat
from ts.compat.mlserver.codecs.single import SingleInputRequestCodec
from ts.compat.mlserver.errors import CodecError
from ts.compat.mlserver.types import Parameters, RequestInput, ResponseOutput, TensorData

_DTYPES = {
    "BOOL": "bool",
    "UINT8": "uint8",
    "UINT16": "uint16",
    "UINT32": "uint32",
    "UINT64": "uint64",
    "INT8": "int8",
    "INT16": "int16",
    "INT32": "int32",
    "INT64": "int64",
    "FP16": "float16",
    # numpy has no BF16; float32 holds all its values.
    "BF16": "float32",
    "FP32": "float32",
    "FP64": "float64",
    "BYTES": "bytes",
}
_DATATYPES = {
    (np.dtype(name).kind, np.dtype(name).itemsize): datatype
    for datatype, name in _DTYPES.items()
    if datatype not in ("BF16", "BYTES")
}


def to_dtype(tensor: RequestInput | ResponseOutput) -> np.dtype[Any]:
    """Returns numpy's type of a tensor's elements."""
    if str(tensor.datatype) == "BYTES" and any(isinstance(each, str) for each in flat(tensor.data.plain())):
        return np.dtype(str)
    return np.dtype(_DTYPES[str(tensor.datatype)])


def to_datatype(dtype: np.dtype[Any]) -> str:
    """Returns the protocol's word for a type of numpy.

    Raises:
        CodecError: it has none.
    """
    if dtype.kind in "SU":
        return "BYTES"
    found = _DATATYPES.get((dtype.kind, dtype.itemsize))
    if found is None:
        raise CodecError(f"array: {dtype} (expected: one of {', '.join(_DTYPES.values())})")
    return found


def convert_nan(value: Any) -> Any:
    """Returns None for what is not a number."""
    return None if isinstance(value, (float, np.floating)) and np.isnan(value) else value


def _array(tensor: RequestInput | ResponseOutput) -> np.ndarray[Any, Any]:
    held = tensor.data.root
    wanted = to_dtype(tensor)
    shape = tuple(tensor.shape)
    try:
        if isinstance(held, np.ndarray) and held.dtype == wanted:
            return held.reshape(shape)
        if wanted.kind in "SU":
            return np.array(list(flat(tensor.data.plain()))).reshape(shape)
        return np.array(held, dtype=wanted).reshape(shape)
    except (TypeError, ValueError, OverflowError) as fault:
        kind = f"{tensor.datatype} of shape {list(shape)}"
        raise CodecError(f'tensor "{tensor.name}": {fault} (expected: {kind})') from fault


# Runtimes for MLServer import it by this name.
_to_ndarray = _array


def _encode_data(data: np.ndarray[Any, Any], datatype: Any) -> list[Any]:
    """Returns the elements of an array in a list, as runtimes for MLServer ask for them."""
    flat_data: list[Any] = np.asarray(data).reshape(-1).tolist()
    if str(getattr(datatype, "value", datatype)) == "BYTES":
        return [each.encode("utf-8") if isinstance(each, str) else each for each in flat_data]
    return [convert_nan(each) for each in flat_data]


def _described(name: str, payload: np.ndarray[Any, Any]) -> dict[str, Any]:
    array = np.asarray(payload)
    if array.dtype.kind == "O" and all(isinstance(each, (str, bytes)) for each in array.reshape(-1)):
        array = array.astype(bytes if all(isinstance(each, bytes) for each in array.reshape(-1)) else str)
    datatype = to_datatype(array.dtype)
    # One dimension is a column: the first one is the batch.
    shape = list(array.shape) if array.ndim > 1 else [int(array.size), 1]
    flat_data: Any = np.ascontiguousarray(array).reshape(-1)
    if datatype == "BYTES":
        flat_data = flat_data.tolist()
    return {
        "name": name,
        "datatype": datatype,
        "shape": shape,
        "data": TensorData(flat_data),
        "parameters": Parameters(content_type=NumpyCodec.ContentType),
    }


@register_input_codec
class NumpyCodec(InputCodec):
    """One tensor as an array."""

    ContentType = "np"
    TypeHint = np.ndarray

    @classmethod
    def can_encode(cls, payload: Any) -> bool:
        """See `InputCodec`."""
        return isinstance(payload, np.ndarray)

    @classmethod
    def encode_output(cls, name: str, payload: Any, **kwargs: Any) -> ResponseOutput:
        """See `InputCodec`; an array of one dimension is written as a column."""
        return ResponseOutput(**_described(name, payload))

    @classmethod
    def decode_output(cls, response_output: ResponseOutput) -> np.ndarray[Any, Any]:
        """See `InputCodec`."""
        return _array(response_output)

    @classmethod
    def encode_input(cls, name: str, payload: Any, **kwargs: Any) -> RequestInput:
        """See `InputCodec`."""
        return RequestInput(**_described(name, payload))

    @classmethod
    def decode_input(cls, request_input: RequestInput) -> np.ndarray[Any, Any]:
        """See `InputCodec`."""
        return _array(request_input)


@register_request_codec
class NumpyRequestCodec(SingleInputRequestCodec):
    """The first tensor of a request as an array."""

    InputCodec = NumpyCodec
    ContentType = NumpyCodec.ContentType
    TypeHint = np.ndarray
