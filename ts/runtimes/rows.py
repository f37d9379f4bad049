"""Plain JSON as tensors, and tensors as plain JSON.

A body is a list of rows, or an object with one of `instances`, `inputs`, `dataframe_split` and
`dataframe_records`; or one row: an object of the model's columns, or text. The answer has the form of the
request.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ts._worker.arrays import of_array
from ts._worker.signature import TensorSpec
from ts._worker.tensors import FLOATS, FORMATS, Message, Tensor, TensorError, elements, values
from ts.runtimes.declared import Declared

_ANSWERS = {
    "instances": "predictions",
    "inputs": "outputs",
    "dataframe_split": "predictions",
    "dataframe_records": "predictions",
}
_BESIDE = ("parameters", "params", "signature_name", "id")


class Asked(NamedTuple):
    """A plain request.

    Attributes:
        message: its tensors.
        key: the answer's only key; None: the answer is a list.
        single: whether it is one row, so that the answer is one, too.
    """

    message: Message
    key: str | None
    single: bool


def is_protocol(document: Any) -> bool:
    """Tells whether JSON is a request of the Open Inference Protocol."""
    if not isinstance(document, dict) or not isinstance(document.get("inputs"), list):
        return False
    inputs = document["inputs"]
    return bool(inputs) and all(
        isinstance(each, dict) and {"name", "shape"} <= each.keys() for each in inputs
    )


def read_plain(document: Any, declared: Declared) -> Asked:
    """Reads a plain request.

    Raises:
        TensorError: it is none that the model could take; the text says what was expected.
    """
    if isinstance(document, list):
        return Asked(Message(_tensors(document, declared)), None, False)
    if isinstance(document, str):
        return Asked(Message(_tensors([document], declared)), None, True)
    if not isinstance(document, dict):
        raise TensorError(f"body: {type(document).__name__} (expected: {_expected()})")
    keys = [key for key in _ANSWERS if key in document]
    if len(keys) == 1:
        return _of_key(document, keys[0], declared)
    if not keys and document and (not _names(declared) or document.keys() <= set(_names(declared))):
        return Asked(Message(_tensors([document], declared)), None, True)
    names = ", ".join(map(str, document)) or "no key"
    raise TensorError(f"body: {names} (expected: {_expected(declared)})")


def _of_key(document: Mapping[str, Any], key: str, declared: Declared) -> Asked:
    for other in document:
        if other != key and other not in _BESIDE:
            raise TensorError(f'body: "{other}" is unknown (expected: {key} alone, or with parameters)')
    value = document[key]
    if key == "dataframe_split":
        value = _split_frame(value)
    parameters = document.get("parameters") or document.get("params") or {}
    if not isinstance(parameters, dict):
        raise TensorError(f"body: parameters: {type(parameters).__name__} (expected: a JSON object)")
    single = not isinstance(value, (list, dict))
    tensors = _tensors([value] if single else value, declared)
    return Asked(Message(tensors, parameters=parameters), _ANSWERS[key], single)


def _split_frame(value: Any) -> dict[str, list[Any]]:
    columns = value.get("columns") if isinstance(value, dict) else None
    data = value.get("data") if isinstance(value, dict) else None
    if not isinstance(columns, list) or not isinstance(data, list):
        raise TensorError("body: dataframe_split (expected: an object with columns and data)")
    if not all(isinstance(row, list) and len(row) == len(columns) for row in data):
        raise TensorError(f"body: dataframe_split: data (expected: rows of {len(columns)} values each)")
    return {str(name): [row[at] for row in data] for at, name in enumerate(columns)}


def _names(declared: Declared) -> Sequence[str]:
    return declared.columns or [spec.name for spec in declared.inputs]


def _expected(declared: Declared | None = None) -> str:
    columns = f"; columns: {', '.join(_names(declared))}" if declared is not None and _names(declared) else ""
    return (
        "a list of rows, an object with instances, inputs, dataframe_split or dataframe_records, "
        f"or a request of the Open Inference Protocol{columns}"
    )


def _tensors(value: Any, declared: Declared) -> list[Tensor]:
    if not value:
        raise TensorError("body: no rows (expected: one or more)")
    if isinstance(value, dict):
        return _of_columns(value, declared)
    records = [isinstance(row, dict) for row in value]
    if all(records):
        return _of_records(value, declared)
    if any(records):
        raise TensorError("body: some rows are objects, others not (expected: all of one form)")
    if len(declared.inputs) > 1:
        names = ", ".join(spec.name for spec in declared.inputs)
        raise TensorError(
            f"body: rows without names (expected: objects with {names}, since the model has several)"
        )
    spec = declared.inputs[0] if declared.inputs else TensorSpec("input", "", ())
    return [_tensor(spec.name, value, spec if declared.inputs else None, declared.framework == "torch")]


def _of_records(rows: Sequence[Mapping[str, Any]], declared: Declared) -> list[Tensor]:
    names = list(rows[0])
    for index, row in enumerate(rows):
        if row.keys() != rows[0].keys():
            raise TensorError(
                f"body: row {index} has {', '.join(row)} (expected: {', '.join(names)}, as row 0)"
            )
    return _of_columns({name: [row[name] for row in rows] for name in names}, declared)


def _of_columns(columns: Mapping[str, Any], declared: Declared) -> list[Tensor]:
    specs = {spec.name: spec for spec in declared.inputs}
    known = _names(declared)
    for name in columns:
        if known and name not in known:
            raise TensorError(f'body: column "{name}" is unknown (expected: {", ".join(known)})')
    counts = {len(value) for value in columns.values() if isinstance(value, list)}
    if len(counts) != 1 or not all(isinstance(value, list) for value in columns.values()):
        raise TensorError("body: columns of different lengths (expected: a list of one length for each)")
    torch_like = declared.framework == "torch"
    return [_tensor(name, value, specs.get(name), torch_like) for name, value in columns.items()]


def _tensor(name: str, value: Any, spec: TensorSpec | None, torch_like: bool) -> Tensor:
    import numpy

    datatype = spec.datatype if spec else ""
    try:
        array = numpy.asarray(value)
        if array.dtype.kind == "O":
            # null among numbers; anything else of different kinds or lengths fails.
            array = array if _is_texts(array) else array.astype(float)
    except (ValueError, TypeError) as fault:
        raise TensorError(f'input "{name}": {fault} (expected: rows of one length and type)') from fault
    if datatype == "BYTES" or array.dtype.kind in "US":
        return _texts(name, array, spec)
    if not datatype:
        # JSON has one kind of number; most models of torch have weights of this one.
        return of_array(name, array, "FP32" if torch_like and array.dtype.kind in "iuf" else None)
    wanted = numpy.dtype(FORMATS[datatype]) if datatype in FORMATS else numpy.dtype("f4")
    if datatype not in FLOATS and array.dtype.kind not in "iub":
        raise TensorError(f'input "{name}": numbers with fractions (expected: {datatype})')
    _check_range(name, datatype, wanted, array)
    if spec is not None and array.ndim == len(spec.shape) - 1 and spec.shape[-1] == 1:
        array = array[..., None]
    return of_array(name, array, datatype)


def _check_range(name: str, datatype: str, wanted: Any, array: Any) -> None:
    import numpy

    if wanted.kind in "iu" and array.size:
        low, high = int(array.min()), int(array.max())
        limits = numpy.iinfo(wanted)
        if low < limits.min or high > limits.max:
            raise TensorError(f'input "{name}": {low} to {high} (expected: {datatype})')


def _is_texts(array: Any) -> bool:
    return all(isinstance(each, (str, bytes)) for each in array.reshape(-1))


def _texts(name: str, array: Any, spec: TensorSpec | None) -> Tensor:
    import numpy

    datatype = spec.datatype if spec else "BYTES"
    if datatype != "BYTES":
        raise TensorError(f'input "{name}": texts (expected: {datatype})')
    found = numpy.empty(array.shape, dtype=object)
    found.reshape(-1)[:] = [
        each if isinstance(each, (str, bytes)) else json.dumps(each) for each in array.reshape(-1).tolist()
    ]
    if spec is not None and found.ndim == len(spec.shape) - 1 and spec.shape[-1] == 1:
        found = found[..., None]
    return of_array(name, found, "BYTES")


def write_plain(asked: Asked, outputs: Sequence[Tensor], as_json: bool) -> bytes:
    """Writes the answer in the form of the request: a value for each row, with several outputs an object."""
    columns = {output.name: _rows(output, as_json) for output in outputs}
    answer: Any
    if len(columns) == 1:
        answer = next(iter(columns.values()))
    elif len({len(column) for column in columns.values()}) == 1:
        answer = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    else:
        answer = columns
    if asked.single and isinstance(answer, list) and len(answer) == 1:
        answer = answer[0]
    if asked.key is not None:
        answer = {asked.key: answer}
    return json.dumps(answer, separators=(",", ":"), allow_nan=False, ensure_ascii=False).encode("utf-8")


def _rows(tensor: Tensor, as_json: bool) -> list[Any]:
    if tensor.datatype == "BYTES":
        texts = [each.decode("utf-8", "backslashreplace") for each in elements(tensor)]
        flat: list[Any] = [json.loads(each) for each in texts] if as_json else texts
    else:
        flat = values(tensor)
    if not tensor.shape:
        return flat
    return _nested(flat, tensor.shape)


def _nested(flat: list[Any], shape: tuple[int, ...]) -> list[Any]:
    if len(shape) == 1:
        return flat
    inner = math.prod(shape[1:])
    return [_nested(flat[at * inner : (at + 1) * inner], shape[1:]) for at in range(shape[0])]
