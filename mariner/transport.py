"""Values between two stages: one body, made of and read into Python values.

```
offset size   field
 0     1      version, 1
 1     3      0
 4     4      buffers, n
 8     8      bytes of the pickle
16     8 x n  bytes of each buffer
 …     …      pickle, buffers; each begins at a multiple of 64
```
Numbers are little-endian. Arrays and tensors lie in the buffers: they are copied once, into the body, and are
views of the received one. Tensors of a device come back on the CPU.
"""

from __future__ import annotations

import io
import pickle
import struct
import sys
from collections.abc import Sequence
from typing import Any

CONTENT_TYPE = "application/x-mariner-value"
_VERSION = 1
_HEAD = struct.Struct("<B3xIQ")
_ALIGNMENT = 64
_REFUSALS = (pickle.PicklingError, TypeError, AttributeError, RecursionError)
"""What `pickle` itself says of values that it does not take; other texts may hold secrets."""
Buffer = bytes | bytearray | memoryview


class TransportError(ValueError):
    """A value has no form that goes from stage to stage, or a body is none."""


def encode(value: Any) -> bytearray:
    """Returns the body of a value.

    Raises:
        TransportError: the value can't be pickled.
    """
    buffers: list[pickle.PickleBuffer] = []
    try:
        stream = _pickled(value, buffers)
    except MemoryError:
        raise
    except Exception as fault:  # pickling runs methods of the value's class
        why = str(fault) if isinstance(fault, _REFUSALS) else type(fault).__name__
        raise TransportError(
            f"{type(value).__name__} can't go to another stage: {why} (expected: what can be pickled)"
        ) from fault
    views = [buffer.raw() for buffer in buffers]
    places = _places([len(stream), *(view.nbytes for view in views)], len(views))
    body = bytearray(places[-1].stop)
    _HEAD.pack_into(body, 0, _VERSION, len(views), len(stream))
    struct.pack_into(f"<{len(views)}Q", body, _HEAD.size, *(view.nbytes for view in views))
    for place, content in zip(places, [stream, *views], strict=True):
        body[place] = content
    return body


def decode(body: Buffer) -> Any:
    """Returns the value of a body. Arrays are views of it, writable when it is a `bytearray`.

    Only bodies of this process's own application may be decoded: a pickle can run code.

    Raises:
        TransportError: it is no body of a value.
    """
    view = memoryview(body)
    try:
        version, count, size = _HEAD.unpack_from(view)
        if version != _VERSION:
            raise TransportError(f"value: version {version} (expected: {_VERSION})")
        sizes = struct.unpack_from(f"<{count}Q", view, _HEAD.size)
    except struct.error as fault:
        raise TransportError(f"value: {len(view)} bytes (expected: a whole head)") from fault
    places = _places([size, *sizes], count)
    if places[-1].stop != len(view):
        raise TransportError(f"value: {len(view)} bytes (expected: {places[-1].stop})")
    try:
        return pickle.loads(view[places[0]], buffers=[view[place] for place in places[1:]])
    except Exception as fault:
        raise TransportError(f"value: {type(fault).__name__}: {fault}") from fault


def _places(sizes: Sequence[int], count: int) -> list[slice]:
    places = []
    end = _HEAD.size + 8 * count
    for size in sizes:
        begin = -(-end // _ALIGNMENT) * _ALIGNMENT
        end = begin + size
        places.append(slice(begin, end))
    return places


def _pickled(value: Any, buffers: list[pickle.PickleBuffer]) -> bytes | memoryview:
    if "torch" not in sys.modules:
        return pickle.dumps(value, protocol=5, buffer_callback=buffers.append)
    file = io.BytesIO()
    _TensorPickler(file, protocol=5, buffer_callback=buffers.append).dump(value)
    return file.getbuffer()


class _TensorPickler(pickle.Pickler):
    """Pickles torch's tensors out of band; its own way copies them twice."""

    def reducer_override(self, value: Any) -> Any:
        torch = sys.modules["torch"]
        if type(value) is not torch.Tensor or value.layout is not torch.strided or value.is_quantized:
            return NotImplemented
        plain = value.detach().cpu().contiguous()
        flat = plain.reshape(-1).view(torch.uint8).numpy() if plain.numel() else b""
        name = str(plain.dtype).removeprefix("torch.")
        return _tensor, (pickle.PickleBuffer(flat), name, tuple(plain.shape))


def _tensor(content: Any, dtype: str, shape: tuple[int, ...]) -> Any:
    import torch

    kind = getattr(torch, dtype)
    if not memoryview(content).nbytes:
        return torch.empty(shape, dtype=kind)
    if memoryview(content).readonly:
        content = bytearray(content)
    return torch.frombuffer(content, dtype=kind).reshape(shape)
