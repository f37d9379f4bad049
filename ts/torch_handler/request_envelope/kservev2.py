"""The envelope of KServe's second protocol: named tensors in, named tensors out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ts.service import AnswerMismatch
from ts.torch_handler.request_envelope.base import BaseEnvelope
from ts.torch_handler.request_envelope.instances import BAD_REQUEST, opened
from ts.utils.util import PredictionException

_DATATYPES = {
    "bool": "BOOL",
    "uint8": "UINT8",
    "uint16": "UINT16",
    "uint32": "UINT32",
    "uint64": "UINT64",
    "int8": "INT8",
    "int16": "INT16",
    "int32": "INT32",
    "int64": "INT64",
    "float16": "FP16",
    "float32": "FP32",
    "float64": "FP64",
}


class KServev2Envelope(BaseEnvelope):
    """Gives the handler one row for each input of the batch's requests, and answers with one output for each.

    A row is the input as it came, but for `data`: a list, nested as its shape tells, or the first value of an
    input of type BYTES. The context gets `input_names` of the batch's first request, and `input_request_id`
    and `input_parameters` if it has them.
    """

    _requests: tuple[dict[str, Any], ...] = ()

    def parse_input(self, data: list[dict[str, Any]]) -> Any:
        """Returns the inputs of all requests as rows.

        Raises:
            PredictionException: a request is not of this form (400).
        """
        self._requests = tuple(_request(row) for row in data)
        first = self._requests[0]
        told = {"input_request_id": first.get("id"), "input_parameters": first.get("parameters")}
        for name, value in told.items():
            if value:
                setattr(self.context, name, value)
            elif hasattr(self.context, name):
                delattr(self.context, name)
        self.context.input_names = [tensor.get("name") for tensor in first["inputs"]]
        return [
            {**tensor, "data": _value(tensor)} for request in self._requests for tensor in request["inputs"]
        ]

    def format_output(self, data: Any) -> Any:
        """Returns each request's outputs; an output has the name of its input.

        A single request may have fewer outputs than inputs.

        Raises:
            AnswerMismatch: the handler's answer does not fit the batch.
        """
        lengths = [len(request["inputs"]) for request in self._requests]
        total = sum(lengths)
        if isinstance(data, (str, bytes, bytearray, dict)) or not hasattr(data, "__len__"):
            raise AnswerMismatch(f"{type(data).__name__} (expected: a list of {total}, one for each input)")
        if len(data) > total or (len(data) < total and len(lengths) > 1):
            raise AnswerMismatch(f"a list of {len(data)} (expected: {total}, one for each input)")
        entries = iter(data)
        return [self._closed(index, request, entries) for index, request in enumerate(self._requests)]

    def _closed(self, index: int, request: dict[str, Any], entries: Any) -> dict[str, Any]:
        context = self.context
        described = (context.manifest or {}).get("model") or {}
        answer = {"id": request.get("id") or context.get_request_id(index)}
        if "parameters" in request:
            answer["parameters"] = request["parameters"]
        answer["model_name"] = described.get("modelName") or getattr(context, "model_name", None)
        answer["model_version"] = described.get("modelVersion")
        answer["outputs"] = [
            _tensor(tensor.get("name"), entry)
            for tensor, entry in zip(request["inputs"], entries, strict=False)
        ]
        return answer


def _request(row: dict[str, Any]) -> dict[str, Any]:
    body = opened(row)
    inputs = body.get("inputs") if isinstance(body, dict) else None
    if not isinstance(inputs, list) or not inputs or not all(isinstance(tensor, dict) for tensor in inputs):
        raise PredictionException('request body: no "inputs" (expected: a list of tensors)', BAD_REQUEST)
    return body  # type: ignore[no-any-return]


def _value(tensor: dict[str, Any]) -> Any:
    """One input as a nested list, or the first value of an input of bytes."""
    try:
        data = tensor["data"]
        return data[0] if tensor["datatype"] == "BYTES" else _nested(data, tensor["shape"])
    except (KeyError, TypeError, ValueError, IndexError) as fault:
        text = (
            f"input {tensor.get('name')}: {type(fault).__name__}: {fault} (expected: shape, datatype, data)"
        )
        raise PredictionException(text, BAD_REQUEST) from fault


def _nested(data: Any, shape: Sequence[int]) -> Any:
    """Values, flat or nested, as nested lists of a shape, in which one dimension may be -1.

    Raises:
        ValueError: they don't fill the shape.
    """
    flat = _flat(data)
    sizes = list(shape)
    if sizes.count(-1) == 1:
        known = math.prod(size for size in sizes if size != -1)
        sizes[sizes.index(-1)] = len(flat) // known if known else 0
    if any(size < 0 for size in sizes) or math.prod(sizes) != len(flat):
        raise ValueError(f"shape {list(shape)} and {len(flat)} values")
    if not sizes:
        return flat[0]
    for depth in range(len(sizes) - 1, 0, -1):
        size = sizes[depth]
        flat = [flat[at * size : (at + 1) * size] for at in range(math.prod(sizes[:depth]))]
    return flat


def _flat(data: Any) -> list[Any]:
    if not isinstance(data, list):
        return [data]
    flat: list[Any] = data
    while any(isinstance(entry, list) for entry in flat):
        flat = [value for entry in flat for value in (entry if isinstance(entry, list) else [entry])]
    return flat


def _tensor(name: Any, value: Any) -> dict[str, Any]:
    import numpy

    if hasattr(value, "detach"):
        value = value.detach().cpu().numpy()
    try:
        array = numpy.asarray(value)
    except ValueError:  # lists of unequal lengths
        array = numpy.empty(0, dtype=object)
    datatype = _DATATYPES.get(str(array.dtype))
    if datatype is None:
        entries = value if isinstance(value, list) else [value]
        texts = [e.decode("utf-8", "replace") if isinstance(e, bytes) else e for e in entries]
        return {"name": name, "shape": [len(texts)], "datatype": "BYTES", "data": texts}
    return {
        "name": name,
        "shape": list(array.shape) or [1],
        "datatype": datatype,
        "data": array.reshape(-1).tolist(),
    }
