"""Reads tensors of the Open Inference Protocol: the form of `proto/oip/README.md`, and JSON."""

from __future__ import annotations

import json
import math
import struct
from typing import Any

from ts._worker.tensors import FLOATS, FORMATS, KEYS, SIZE, SIZES, Buffer, Message, Side, Tensor, TensorError

MAX_TENSORS = 1024
MAX_RANK = 32
_MAX_ELEMENTS = 2**60
_SHOWN = 100


def read_form(body: Buffer, side: Side = "request") -> Message:
    """Reads a message whose tensors' data are behind its head.

    Raises:
        TensorError: the message is malformed.
    """
    whole = memoryview(body)
    if len(whole) < 4:
        raise TensorError(f"body: {len(whole)} bytes (expected: at least 4)")
    (length,) = struct.unpack_from("<I", whole)
    if length > len(whole) - 4:
        raise TensorError(f"body: a head of {length} bytes (expected: at most {len(whole) - 4})")
    return _Reader(side, whole[4 + length :]).message(bytes(whole[4 : 4 + length]))


def read_text(text: Buffer | str, side: Side = "request") -> Message:
    """Reads a message in JSON, all of whose data are in it.

    Raises:
        TensorError: the message is malformed.
    """
    return _Reader(side, memoryview(b"")).message(bytes(text) if isinstance(text, memoryview) else text)


class _Reader:
    """Reads one message."""

    def __init__(self, side: Side, tail: memoryview) -> None:
        self._side = side
        self._tail = tail
        self._key, self._noun = KEYS[side]

    def message(self, text: bytes | bytearray | str) -> Message:
        head = _parsed(text)
        if not isinstance(head, dict):
            raise TensorError(f"body: {_named(head)} (expected: a JSON object)")
        known = {"id", "parameters", "inputs", "outputs", "model_name", "model_version"}
        for key in head:
            if key not in known or (self._side == "answer" and key == "inputs"):
                raise TensorError(
                    f'body: "{_shown(key)}" is unknown '
                    "(expected: id, parameters, inputs, outputs, model_name, model_version)"
                )
        entries = head.get(self._key)
        if entries is None:
            raise TensorError(f'body: no "{self._key}" (expected: a list of tensors)')
        tensors = [self._tensor(index, entry) for index, entry in enumerate(_list(self._key, entries))]
        names = set()
        for tensor in tensors:
            if tensor.name in names:
                raise TensorError(f'{self._noun} "{_shown(tensor.name)}" twice (expected: once)')
            names.add(tensor.name)
        if len(self._tail):
            raise TensorError(
                f"body: {len(self._tail)} bytes after the last tensor "
                f"(expected: none beyond the sum of {SIZE})"
            )
        return Message(
            tensors,
            _text("id", head.get("id")),
            _text("model_name", head.get("model_name")),
            _text("model_version", head.get("model_version")),
            _parameters("parameters", head.get("parameters")),
            self._requested(head.get("outputs")) if self._side == "request" else [],
        )

    @staticmethod
    def _requested(entries: Any) -> list[tuple[str, dict[str, Any]]]:
        found = []
        for index, entry in enumerate(_list("outputs", [] if entries is None else entries)):
            name = entry.get("name") if isinstance(entry, dict) else None
            if not isinstance(name, str) or not name:
                raise TensorError(f"outputs[{index}]: no name (expected: a string)")
            found.append((name, _parameters(f'output "{_shown(name)}": parameters', entry.get("parameters"))))
        return found

    def _tensor(self, index: int, entry: Any) -> Tensor:
        where = f"{self._key}[{index}]"
        if not isinstance(entry, dict):
            raise TensorError(f"{where}: {_named(entry)} (expected: an object)")
        name = entry.get("name")
        if name is None:
            raise TensorError(f"{where}: no name (expected: a string)")
        if not isinstance(name, str) or not 0 < len(name) <= 1024:
            raise TensorError(f"{where}: name: {_named(name)} (expected: a string of 1 to 1024 characters)")
        where = f'{self._noun} "{_shown(name)}"'
        for key in entry:
            if key not in ("name", "datatype", "shape", "parameters", "data"):
                raise TensorError(
                    f'{where}: "{_shown(key)}" is unknown (expected: name, datatype, shape, parameters, data)'
                )
        datatype = _datatype(where, entry.get("datatype"))
        shape = _shape(where, entry.get("shape"))
        parameters = _parameters(f"{where}: parameters", entry.get("parameters"))
        size, data = parameters.pop(SIZE, None), entry.get("data")
        if size is None:
            if data is None:
                raise TensorError(f"{where}: no data (expected: data, or {SIZE} in its parameters)")
            return Tensor(name, datatype, shape, _packed(where, datatype, shape, data), parameters)
        if data is not None:
            raise TensorError(f"{where}: data and {SIZE} (expected: only one of them)")
        raw = self._take(where, size)
        _check_raw(where, datatype, shape, raw)
        return Tensor(name, datatype, shape, raw, parameters)

    def _take(self, where: str, size: Any) -> memoryview:
        if type(size) is not int or size < 0:
            raise TensorError(f"{where}: {SIZE}: {_shown(size)} (expected: a number of bytes)")
        if size > len(self._tail):
            raise TensorError(
                f"{where}: {SIZE}: {size} "
                f"(expected: at most {len(self._tail)}, the bytes that are left behind the JSON)"
            )
        taken, self._tail = self._tail[:size], self._tail[size:]
        return taken


def _parsed(text: bytes | bytearray | str) -> Any:
    try:
        plain_text = text if isinstance(text, str) else text.decode("utf-8")
        if not plain_text.strip():
            raise TensorError("body: nothing (expected: a JSON object)")
        return json.loads(plain_text, object_pairs_hook=_object, parse_constant=_no_constant)
    except UnicodeDecodeError as fault:
        raise TensorError(f"body: byte {fault.start}: {fault.reason} (expected: JSON in UTF-8)") from fault
    except json.JSONDecodeError as fault:
        if fault.msg == "Extra data":
            raise TensorError("body: more after the JSON object (expected: its end)") from fault
        place = f"line {fault.lineno}, column {fault.colno}"
        raise TensorError(f"body: {place}: {fault.msg} (expected: JSON in UTF-8)") from fault
    except RecursionError as fault:
        raise TensorError("body: nested too deep (expected: JSON in UTF-8)") from fault


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise TensorError(f'body: "{_shown(twice)}" twice (expected: once)')
    return found


def _no_constant(name: str) -> Any:
    raise TensorError(f"body: {name} (expected: JSON in UTF-8, which has no such number; null is NaN)")


def _list(key: str, entries: Any) -> list[Any]:
    if not isinstance(entries, list):
        raise TensorError(f"{key}: {_named(entries)} (expected: an array)")
    if len(entries) > MAX_TENSORS:
        raise TensorError(f"{key}: more than {MAX_TENSORS} (expected: at most so many in one message)")
    return entries


def _text(key: str, value: Any) -> str | None:
    if value is not None and not isinstance(value, str):
        raise TensorError(f"{key}: {_named(value)} (expected: a string)")
    return value


def _parameters(where: str, value: Any) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise TensorError(f"{where}: {_named(value)} (expected: an object)")
    return {name: each for name, each in value.items() if each is not None}


def _datatype(where: str, value: Any) -> str:
    if value is None:
        raise TensorError(f"{where}: no datatype (expected: one of {', '.join(SIZES)})")
    if not isinstance(value, str) or value not in SIZES:
        raise TensorError(f"{where}: datatype: {_shown(value)} (expected: one of {', '.join(SIZES)})")
    return value


def _shape(where: str, value: Any) -> tuple[int, ...]:
    if value is None:
        raise TensorError(f"{where}: no shape (expected: an array of numbers)")
    if not isinstance(value, list):
        raise TensorError(f"{where}: shape: {_named(value)} (expected: an array of numbers)")
    if len(value) > MAX_RANK:
        raise TensorError(f"{where}: shape: {len(value)} dimensions (expected: at most {MAX_RANK})")
    for dim in value:
        if type(dim) is not int:
            raise TensorError(f"{where}: shape: {_shown(dim)} (expected: whole numbers of 64 bits)")
        if dim < 0:
            raise TensorError(f"{where}: shape: {value} (expected: no negative dimension)")
    if math.prod(max(1, dim) for dim in value) > _MAX_ELEMENTS:
        raise TensorError(f"{where}: shape: {value} (expected: a smaller number of elements)")
    return tuple(value)


def _check_raw(where: str, datatype: str, shape: tuple[int, ...], raw: memoryview) -> None:
    count = math.prod(shape)
    if datatype == "BYTES":
        _check_elements(where, shape, count, raw)
    elif len(raw) != count * SIZES[datatype]:
        raise TensorError(
            f"{where}: {len(raw)} bytes of data "
            f"(expected: {count * SIZES[datatype]}, for {datatype} of shape {list(shape)})"
        )
    elif datatype == "BOOL":
        wrong = bytes(raw).lstrip(b"\0\1")
        if wrong:
            index = len(raw) - len(wrong)
            raise TensorError(f"{where}: element {index}: {wrong[0]} (expected: 0 or 1, for BOOL)")


def _check_elements(where: str, shape: tuple[int, ...], count: int, raw: memoryview) -> None:
    if count * 4 > len(raw):
        raise TensorError(
            f"{where}: {len(raw)} bytes of data "
            f"(expected: at least {count * 4}, for BYTES of shape {list(shape)})"
        )
    at = 0
    for index in range(count):
        left = len(raw) - at - 4
        if left < 0:
            raise TensorError(
                f"{where}: element {index}: the data ends before its length (expected: 4 bytes)"
            )
        (length,) = struct.unpack_from("<I", raw, at)
        if length > left:
            raise TensorError(
                f"{where}: element {index}: {length} bytes (expected: at most the {left} that follow)"
            )
        at += 4 + length
    if at < len(raw):
        raise TensorError(
            f"{where}: {len(raw) - at} bytes after the last element "
            f"(expected: none, for BYTES of shape {list(shape)})"
        )


def _packed(where: str, datatype: str, shape: tuple[int, ...], data: Any) -> bytes:
    if not isinstance(data, list):
        raise TensorError(f"{where}: data: {_named(data)} (expected: an array)")
    found = _flattened(where, shape, data)
    count = math.prod(shape)
    if len(found) != count:
        raise TensorError(
            f"{where}: data has {len(found)} elements (expected: {count}, as its shape {list(shape)} says)"
        )
    if datatype == "BYTES":
        return _packed_texts(where, found)
    for index, value in enumerate(found):
        _check_number(where, datatype, index, value)
    if datatype in FLOATS:
        found = [math.nan if value is None else value for value in found]
    if datatype == "BF16":
        return b"".join(_brain(value) for value in found)
    try:
        return struct.pack(f"<{count}{FORMATS[datatype]}", *found)
    except (struct.error, OverflowError):
        for index, value in enumerate(found):
            _check_range(where, datatype, index, value)
        raise


def _flattened(where: str, shape: tuple[int, ...], data: list[Any]) -> list[Any]:
    """Returns nested data flat, if they are nested as the shape says."""
    if not any(isinstance(entry, list) for entry in data):
        return data
    level = data
    for depth, dim in enumerate(shape):
        if depth == 0:
            fits = len(data) == dim
        else:
            fits = all(isinstance(entry, list) and len(entry) == dim for entry in level)
            level = [each for entry in level if isinstance(entry, list) for each in entry]
        if not fits:
            break
    else:
        if not any(isinstance(entry, list) for entry in level):
            return level
    raise TensorError(
        f"{where}: data is nested otherwise than its shape {list(shape)} (expected: so, or flat)"
    )


def _packed_texts(where: str, found: list[Any]) -> bytes:
    parts: list[bytes] = []
    for index, value in enumerate(found):
        if not isinstance(value, str):
            raise TensorError(f"{where}: element {index}: {_shown(value)} (expected: a string, for BYTES)")
        try:
            element = value.encode("utf-8")
        except UnicodeEncodeError as fault:
            raise TensorError(
                f"{where}: element {index}: half of a surrogate pair (expected: valid Unicode)"
            ) from fault
        parts += (struct.pack("<I", len(element)), element)
    return b"".join(parts)


def _check_number(where: str, datatype: str, index: int, value: Any) -> None:
    if datatype == "BOOL":
        good, expected = type(value) is bool or value in (0, 1), "true or false"
    elif datatype in FLOATS:
        good, expected = value is None or type(value) in (int, float), "a number, or null for NaN"
    else:
        good, expected = type(value) is int, f"a whole number, for {datatype}"
    if not good:
        raise TensorError(f"{where}: element {index}: {_shown(value)} (expected: {expected})")
    if type(value) is float and math.isinf(value):
        _check_range(where, datatype, index, value)


def _check_range(where: str, datatype: str, index: int, value: Any) -> None:
    try:
        if not (type(value) is float and math.isinf(value)):
            _brain(value) if datatype == "BF16" else struct.pack(f"<{FORMATS[datatype]}", value)
            return
    except (struct.error, OverflowError):
        pass
    raise TensorError(
        f"{where}: element {index}: {_shown(value)} (expected: a number in the range of {datatype})"
    )


def _brain(value: float) -> bytes:
    """The upper half of a float of 32 bits, rounded to even."""
    (bits,) = struct.unpack("<I", struct.pack("<f", value))
    if value != value:
        return struct.pack("<H", bits >> 16 | 0x40)
    rounded = (bits + 0x7FFF + (bits >> 16 & 1)) >> 16
    if rounded & 0x7F80 == 0x7F80:
        raise OverflowError("too large for 16 bits")
    return struct.pack("<H", rounded)


def _named(value: Any) -> str:
    names: dict[type, str] = {dict: "an object", list: "an array", str: "a string", bool: str(value).lower()}
    return names.get(type(value), "null" if value is None else "a number")


def _shown(value: Any) -> str:
    if isinstance(value, (dict, list)) or value is None:
        return _named(value)
    text = value if isinstance(value, str) else json.dumps(value)
    clean = "".join(c if c.isprintable() else "?" for c in text[:_SHOWN])
    return clean if len(text) <= _SHOWN else f"{clean}..."
