"""The envelope of KServe's second protocol: named tensors in, named tensors out."""

from __future__ import annotations

import json
from typing import Any

from ts.torch_handler.request_envelope.base import BaseEnvelope, body_of, split
from ts.utils.util import PredictionException

_BAD_REQUEST = 400
_DATATYPES = {
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
    "FP32": "float32",
    "FP64": "float64",
}
_NAMES = {dtype: name for name, dtype in _DATATYPES.items()}


class KServev2Envelope(BaseEnvelope):
    """Gives the handler one row for each input of the batch's requests, and answers with one output for each.

    A row is the input as it came, but for `data`: an array of the shape and type that the input tells, or
    the first value of an input of type BYTES. The context gets `input_request_id`, `input_parameters` and
    `input_names` of the batch's first request.
    """

    _requests: tuple[dict[str, Any], ...] = ()

    def parse_input(self, data: list[dict[str, Any]]) -> Any:
        """Returns the inputs of all requests as rows.

        Raises:
            PredictionException: a request is not of this form (400).
        """
        self._requests = tuple(_opened(row) for row in data)
        first = self._requests[0]
        self.context.input_request_id = first.get("id")
        self.context.input_parameters = first.get("parameters")
        self.context.input_names = [tensor.get("name") for tensor in first["inputs"]]
        return [
            {**tensor, "data": _value(tensor)} for request in self._requests for tensor in request["inputs"]
        ]

    def format_output(self, data: Any) -> Any:
        """Returns each request's outputs; an output has the name of its input.

        Raises:
            ValueError: the handler did not answer with one entry for each input.
        """
        parts = split(data, [len(request["inputs"]) for request in self._requests])
        return [
            self._closed(index, request, part)
            for index, (request, part) in enumerate(zip(self._requests, parts, strict=False))
        ]

    def _closed(self, index: int, request: dict[str, Any], entries: list[Any]) -> dict[str, Any]:
        context = self.context
        described = (context.manifest or {}).get("model") or {}
        answer = {"id": request.get("id") or context.get_request_id(index)}
        if "parameters" in request:
            answer["parameters"] = request["parameters"]
        answer["model_name"] = described.get("modelName") or context.model_name
        answer["model_version"] = described.get("modelVersion")
        answer["outputs"] = [
            _tensor(t.get("name"), entry) for t, entry in zip(request["inputs"], entries, strict=False)
        ]
        return answer


def _opened(row: dict[str, Any]) -> dict[str, Any]:
    body = body_of(row)
    if isinstance(body, (bytes, bytearray, str)):
        try:
            body = json.loads(body)
        except ValueError as fault:
            raise PredictionException(f"request body: not JSON: {fault}", _BAD_REQUEST) from fault
    inputs = body.get("inputs") if isinstance(body, dict) else None
    if not isinstance(inputs, list) or not inputs or not all(isinstance(tensor, dict) for tensor in inputs):
        raise PredictionException('request body: no "inputs" (expected: a list of tensors)', _BAD_REQUEST)
    return body  # type: ignore[no-any-return]


def _value(tensor: dict[str, Any]) -> Any:
    """One input as an array, or the first value of an input of bytes."""
    import numpy

    try:
        if tensor["datatype"] == "BYTES":
            return tensor["data"][0]
        return numpy.array(tensor["data"], dtype=_DATATYPES[tensor["datatype"]]).reshape(tensor["shape"])
    except (KeyError, TypeError, ValueError, IndexError) as fault:
        text = (
            f"input {tensor.get('name')}: {type(fault).__name__}: {fault} (expected: shape, datatype, data)"
        )
        raise PredictionException(text, _BAD_REQUEST) from fault


def _tensor(name: Any, value: Any) -> dict[str, Any]:
    import numpy

    if hasattr(value, "detach"):
        value = value.detach().cpu().numpy()
    try:
        array = numpy.asarray(value)
    except ValueError:  # lists of unequal lengths
        array = numpy.empty(0, dtype=object)
    datatype = _NAMES.get(str(array.dtype))
    if datatype is None:
        entries = value if isinstance(value, list) else [value]
        texts = [e.decode("utf-8", "replace") if isinstance(e, bytes) else e for e in entries]
        return {"name": name, "shape": [len(texts)], "datatype": "BYTES", "data": texts}
    return {
        "name": name,
        "shape": list(array.shape),
        "datatype": datatype,
        "data": array.reshape(-1).tolist(),
    }
