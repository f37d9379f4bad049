"""Tensors as arrays of numpy or tensors of torch, and back, without Python lists.

Both are imported only when they are asked for. numpy has no BF16: such tensors are arrays of float32, which
holds every value of it.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Any

from ts._worker.tensors import FORMATS, Tensor, TensorError, elements, of_elements

_BY_NUMPY = {
    "bool": "BOOL",
    "int8": "INT8",
    "int16": "INT16",
    "int32": "INT32",
    "int64": "INT64",
    "uint8": "UINT8",
    "uint16": "UINT16",
    "uint32": "UINT32",
    "uint64": "UINT64",
    "float16": "FP16",
    "float32": "FP32",
    "float64": "FP64",
}


def datatype_named(dtype: str | None) -> str | None:
    """Returns the datatype of a name of numpy or torch, such as `float32`; None: there is none."""
    return "BF16" if dtype == "bfloat16" else _BY_NUMPY.get(dtype or "")


def as_numpy(tensor: Tensor) -> Any:
    """Returns a tensor as an array; a tensor of BYTES as an array of objects, each `bytes`.

    Raises:
        TensorError: its content type is base64, and an element is not.
    """
    import numpy

    if tensor.datatype == "BYTES":
        found = numpy.empty(tensor.shape, dtype=object)
        found.reshape(-1)[:] = _decoded(tensor)
        return found
    if tensor.datatype == "BF16":
        halves = numpy.frombuffer(tensor.data, dtype="<u2").astype("<u4")
        return (halves << 16).view("<f4").reshape(tensor.shape)
    array = numpy.frombuffer(tensor.data, dtype=f"<{FORMATS[tensor.datatype]}").reshape(tensor.shape)
    # What is behind other tensors may lie where the type must not.
    return numpy.require(array, requirements="A")


def as_torch(tensor: Tensor) -> Any:
    """Returns a tensor of torch; BYTES have none and stay an array of numpy."""
    if tensor.datatype == "BYTES":
        return as_numpy(tensor)
    import torch

    kind = _torch_types()[tensor.datatype]
    if not memoryview(tensor.data).nbytes:
        return torch.empty(tensor.shape, dtype=kind)
    writable = tensor.data if not memoryview(tensor.data).readonly else bytearray(tensor.data)
    return torch.frombuffer(writable, dtype=kind).reshape(tensor.shape)


def of_array(name: str, value: Any, datatype: str | None = None) -> Tensor:
    """Returns an array, a tensor of torch, a number, text, or a list of those as a tensor.

    Args:
        name: its name.
        value: what to turn into a tensor.
        datatype: what it shall be; None: what it is.

    Raises:
        TensorError: it can't be that.
    """
    if hasattr(value, "detach"):
        return _of_torch(name, value, datatype)
    import numpy

    try:
        array = numpy.asarray(value)
    except ValueError as fault:
        raise TensorError(f'output "{name}": {fault} (expected: an array)') from fault
    if array.dtype.kind in "OSU" or datatype == "BYTES":
        return _of_texts(name, array, datatype)
    return _of_numbers(name, array, datatype)


def _of_texts(name: str, array: Any, datatype: str | None) -> Tensor:
    values = array.reshape(-1).tolist()
    if datatype not in (None, "BYTES") or not all(isinstance(each, (bytes, str)) for each in values):
        kinds = sorted({type(each).__name__ for each in values})
        raise TensorError(f'output "{name}": {", ".join(kinds)} (expected: {datatype or "bytes or str"})')
    return of_elements(name, array.shape, values)


def _of_numbers(name: str, array: Any, datatype: str | None) -> Tensor:
    own = _BY_NUMPY.get(array.dtype.newbyteorder("=").name)
    wanted = datatype or own
    if own is None or wanted is None:
        raise TensorError(f'output "{name}": {array.dtype} (expected: {datatype or "a type of numbers"})')
    if wanted == "BF16":
        return Tensor(name, wanted, array.shape, _brain(array))
    import numpy

    flat = numpy.ascontiguousarray(array, dtype=f"<{FORMATS[wanted]}")
    return Tensor(name, wanted, array.shape, memoryview(flat.reshape(-1)).cast("B") if flat.size else b"")


def _brain(array: Any) -> bytes:
    import numpy

    bits = numpy.ascontiguousarray(array, dtype="<f4").reshape(-1).view("<u4").astype("<u8")
    rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16
    nan = (bits & 0x7FFFFFFF) > 0x7F800000
    halves: bytes = numpy.where(nan, (bits >> 16) | 0x40, rounded).astype("<u2").tobytes()
    return halves


def _of_torch(name: str, value: Any, datatype: str | None) -> Tensor:
    import torch

    found = value.detach().cpu()
    kinds = _torch_types()
    wanted = datatype or next((known for known, kind in kinds.items() if kind == found.dtype), None)
    if wanted is None or wanted not in kinds:
        raise TensorError(f'output "{name}": {found.dtype} (expected: {datatype or "a type of numbers"})')
    flat = found.to(kinds[wanted]).contiguous().reshape(-1)
    data = memoryview(flat.view(torch.uint8).numpy()) if flat.numel() else memoryview(b"")
    return Tensor(name, wanted, tuple(found.shape), data)


def _torch_types() -> dict[str, Any]:
    import torch

    return {
        "BOOL": torch.bool,
        "INT8": torch.int8,
        "INT16": torch.int16,
        "INT32": torch.int32,
        "INT64": torch.int64,
        "UINT8": torch.uint8,
        "UINT16": torch.uint16,
        "UINT32": torch.uint32,
        "UINT64": torch.uint64,
        "FP16": torch.float16,
        "BF16": torch.bfloat16,
        "FP32": torch.float32,
        "FP64": torch.float64,
    }


def _decoded(tensor: Tensor) -> Sequence[bytes]:
    found = elements(tensor)
    if tensor.parameters.get("content_type") != "base64":
        return found
    try:
        return [base64.b64decode(each, validate=True) for each in found]
    except binascii.Error as fault:
        raise TensorError(f'input "{tensor.name}": {fault} (expected: base64, its content_type)') from fault
