"""Tensors of the Open Inference Protocol as workers answer them; `proto/oip/README.md` defines the form.

`ts._worker.tensor_reader` reads them. Data stay views of the body that they came in. Nothing here imports
numpy or torch; `ts._worker.arrays` does.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

MEDIA_TYPE = "application/vnd.oip+binary"
_ALIGNMENT = 8
SIZE = "binary_data_size"
"""Parameter of a tensor: bytes of its data behind the head."""

Side = Literal["request", "answer"]
Buffer = bytes | bytearray | memoryview
KEYS: dict[Side, tuple[str, str]] = {"request": ("inputs", "input"), "answer": ("outputs", "output")}

SIZES = {
    "BOOL": 1,
    "INT8": 1,
    "INT16": 2,
    "INT32": 4,
    "INT64": 8,
    "UINT8": 1,
    "UINT16": 2,
    "UINT32": 4,
    "UINT64": 8,
    "FP16": 2,
    "BF16": 2,
    "FP32": 4,
    "FP64": 8,
    "BYTES": 0,
}
"""Bytes of one element by datatype; 0 = each element has its own size."""

FORMATS = {
    "BOOL": "?",
    "INT8": "b",
    "INT16": "h",
    "INT32": "i",
    "INT64": "q",
    "UINT8": "B",
    "UINT16": "H",
    "UINT32": "I",
    "UINT64": "Q",
    "FP16": "e",
    "FP32": "f",
    "FP64": "d",
}
FLOATS = frozenset({"FP16", "BF16", "FP32", "FP64"})


class TensorError(ValueError):
    """A message is not as it should be; the text names the tensor, the value and what was expected."""


@dataclass(slots=True)
class Tensor:
    """One named tensor.

    Attributes:
        name: its name.
        datatype: one of `SIZES`.
        shape: dimensions, outermost first.
        data: all elements, row by row, little-endian; each element of BYTES after its length (4 bytes).
        parameters: what else is said of it.
    """

    name: str
    datatype: str
    shape: tuple[int, ...]
    data: Buffer
    parameters: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Message:
    """A request (its tensors are inputs) or an answer (its tensors are outputs).

    Attributes:
        tensors: in their order.
        id: what the client calls the request; None: nothing.
        model_name: None where it is not said.
        model_version: None where it is not said.
        parameters: what else is said.
        requested: outputs that a request names, with what it says of them; none: all.
    """

    tensors: list[Tensor]
    id: str | None = None
    model_name: str | None = None
    model_version: str | None = None
    parameters: dict[str, Any] = field(default_factory=dict)
    requested: list[tuple[str, dict[str, Any]]] = field(default_factory=list)


def write_form(message: Message, side: Side = "answer") -> bytes:
    """Writes a message with all data behind its head."""
    head = _head(
        message, side, [_described(t, {**t.parameters, SIZE: _bytes_of(t)}) for t in message.tensors]
    )
    text = json.dumps(head, separators=(",", ":"), ensure_ascii=False).encode("utf-8")
    text += b" " * (-(4 + len(text)) % _ALIGNMENT)
    return b"".join([struct.pack("<I", len(text)), text, *(tensor.data for tensor in message.tensors)])


def plain(message: Message, side: Side = "answer", base64: bool = False) -> dict[str, Any]:
    """Returns a message as JSON has it, with flat data.

    What is not a number, or infinite, is None. BYTES are texts; where one is none, or with `base64`, all of
    that tensor are written in base64.
    """
    return _head(message, side, [_plain_tensor(tensor, base64) for tensor in message.tensors])


def elements(tensor: Tensor) -> list[bytes]:
    """Returns the elements of a tensor of BYTES."""
    found, at, data = [], 0, memoryview(tensor.data)
    while at < len(data):
        (length,) = struct.unpack_from("<I", data, at)
        found.append(bytes(data[at + 4 : at + 4 + length]))
        at += 4 + length
    return found


def of_elements(name: str, shape: Sequence[int], values: Iterable[bytes | str]) -> Tensor:
    """Returns a tensor of BYTES."""
    parts: list[bytes] = []
    for value in values:
        element = value.encode("utf-8") if isinstance(value, str) else value
        parts += (struct.pack("<I", len(element)), element)
    return Tensor(name, "BYTES", tuple(shape), b"".join(parts))


def key_of(message: Message) -> tuple[Any, ...]:
    """Returns what requests must have in common to be run together: names, types and inner shapes."""
    return tuple((t.name, t.datatype, t.shape[1:] if t.shape else None) for t in message.tensors)


def merged(messages: Sequence[Message]) -> list[Tensor]:
    """Returns the tensors of requests of one key, one behind the other along their first dimension."""
    if len(messages) == 1:
        return messages[0].tensors
    together = []
    for column in zip(*(message.tensors for message in messages), strict=True):
        first = column[0]
        rows = sum(tensor.shape[0] for tensor in column)
        data = bytearray().join(tensor.data for tensor in column)
        together.append(Tensor(first.name, first.datatype, (rows, *first.shape[1:]), data, first.parameters))
    return together


def split(tensor: Tensor, rows: Sequence[int]) -> list[Tensor]:
    """Divides a tensor along its first dimension.

    Args:
        tensor: all rows.
        rows: number of rows of each part.

    Raises:
        TensorError: the rows are not so many.
    """
    if not tensor.shape or tensor.shape[0] != sum(rows):
        raise TensorError(
            f'output "{tensor.name}": shape {list(tensor.shape)} '
            f"(expected: {sum(rows)} rows, as the inputs have)"
        )
    inner = tensor.shape[1:]
    data = memoryview(tensor.data)
    found, at = [], 0
    for count in rows:
        end = _end(tensor, data, at, count * math.prod(inner))
        found.append(Tensor(tensor.name, tensor.datatype, (count, *inner), data[at:end], tensor.parameters))
        at = end
    return found


def _end(tensor: Tensor, data: memoryview, at: int, count: int) -> int:
    size = SIZES[tensor.datatype]
    if size:
        return at + count * size
    for _ in range(count):
        at += 4 + int(struct.unpack_from("<I", data, at)[0])
    return at


def _bytes_of(tensor: Tensor) -> int:
    return memoryview(tensor.data).nbytes


def _head(message: Message, side: Side, tensors: list[dict[str, Any]]) -> dict[str, Any]:
    head: dict[str, Any] = {}
    for name in ("id", "model_name", "model_version"):
        if getattr(message, name) is not None:
            head[name] = getattr(message, name)
    if message.parameters:
        head["parameters"] = message.parameters
    head[KEYS[side][0]] = tensors
    if message.requested:
        head["outputs"] = [{"name": n, **({"parameters": p} if p else {})} for n, p in message.requested]
    return head


def _described(tensor: Tensor, parameters: Mapping[str, Any]) -> dict[str, Any]:
    found = {"name": tensor.name, "datatype": tensor.datatype, "shape": list(tensor.shape)}
    return {**found, "parameters": parameters} if parameters else found


def _plain_tensor(tensor: Tensor, base64: bool) -> dict[str, Any]:
    if tensor.datatype != "BYTES":
        return {**_described(tensor, tensor.parameters), "data": values(tensor)}
    found = elements(tensor)
    if not base64:
        try:
            return {**_described(tensor, tensor.parameters), "data": [each.decode("utf-8") for each in found]}
        except UnicodeDecodeError:
            tensor = Tensor(
                tensor.name,
                tensor.datatype,
                tensor.shape,
                tensor.data,
                {**tensor.parameters, "content_type": "base64"},
            )
    import base64 as encoder

    texts = [encoder.b64encode(each).decode("ascii") for each in found]
    return {**_described(tensor, tensor.parameters), "data": texts}


def values(tensor: Tensor) -> list[Any]:
    """Returns the elements of a tensor of numbers; None for what is not a number, or infinite."""
    if tensor.datatype == "BF16":
        halves = struct.unpack(f"<{_bytes_of(tensor) // 2}H", tensor.data)
        found: Sequence[Any] = [struct.unpack("<f", struct.pack("<I", half << 16))[0] for half in halves]
    else:
        count = _bytes_of(tensor) // SIZES[tensor.datatype]
        found = struct.unpack(f"<{count}{FORMATS[tensor.datatype]}", tensor.data)
    if tensor.datatype in FLOATS:
        return [value if math.isfinite(value) else None for value in found]
    return list(found)
