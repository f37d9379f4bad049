"""Requests that are run together: joined along the first dimension, and their answers divided again."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np

from ts.compat.mlserver.codecs.lists import flat
from ts.compat.mlserver.errors import InferenceError
from ts.compat.mlserver.types import (
    InferenceRequest,
    InferenceResponse,
    Parameters,
    RequestInput,
    ResponseOutput,
    TensorData,
)


def key_of(request: InferenceRequest) -> Any:
    """Returns what requests must have in common to be run together; None: it runs alone."""
    rows = {tensor.shape[0] if tensor.shape else None for tensor in request.inputs}
    if len(rows) != 1 or None in rows:
        return None
    return (
        _content_type(request),
        tuple((t.name, str(t.datatype), tuple(t.shape[1:]), _content_type(t)) for t in request.inputs),
        tuple(output.model_dump_json() for output in request.outputs or ()),
    )


def _content_type(said: RequestInput | InferenceRequest) -> str | None:
    return said.parameters.content_type if said.parameters else None


def rows_of(request: InferenceRequest) -> int:
    """Returns how many rows a request has."""
    return int(request.inputs[0].shape[0])


def merged(requests: Sequence[InferenceRequest]) -> InferenceRequest:
    """Returns requests of one key as one; parameters of one name become a list."""
    first = requests[0]
    inputs = [_joined([request.inputs[index] for request in requests]) for index in range(len(first.inputs))]
    found = InferenceRequest.model_construct(id=first.id, inputs=inputs)
    parameters = _together([request.parameters for request in requests])
    if parameters is not None:
        found.parameters = parameters
    if first.outputs is not None:
        found.outputs = first.outputs
    return found


def _joined(tensors: Sequence[RequestInput]) -> RequestInput:
    first = tensors[0]
    held = [tensor.data.root for tensor in tensors]
    data: Any
    if all(isinstance(each, np.ndarray) for each in held):
        data = np.concatenate([each.reshape(-1) for each in held])
    else:
        data = [value for tensor in tensors for value in flat(tensor.data.plain())]
    shape = [sum(tensor.shape[0] for tensor in tensors), *first.shape[1:]]
    found = RequestInput.model_construct(
        name=first.name, shape=shape, datatype=first.datatype, data=TensorData.model_construct(data)
    )
    parameters = _together([tensor.parameters for tensor in tensors])
    if parameters is not None:
        found.parameters = parameters
    return found


def _together(parameters: Sequence[Parameters | None]) -> Parameters | None:
    values: dict[str, list[Any]] = defaultdict(list)
    headers: dict[str, Any] = {}
    content_type = None
    for said in parameters:
        for name, value in (said.model_dump() if said else {}).items():
            if name == "content_type":
                content_type = value
            elif name == "headers":
                headers.update(value)
            else:
                values[name].append(value)
    if content_type is not None:
        values["content_type"] = content_type
    if headers:
        values["headers"] = headers  # type: ignore[assignment]  # the one that is no list
    return Parameters.model_validate(values) if values else None


def divided(answer: InferenceResponse, requests: Sequence[InferenceRequest]) -> list[InferenceResponse]:
    """Divides an answer among the requests that were merged.

    Raises:
        InferenceError: an output has not the rows that the inputs have; status 500.
    """
    rows = [rows_of(request) for request in requests]
    columns = [_parts(output, rows) for output in answer.outputs]
    found = []
    for index, request in enumerate(requests):
        one = answer.model_copy()
        one.id = request.id
        one.outputs = [column[index] for column in columns]
        if answer.parameters is not None:
            one.parameters = answer.parameters.model_copy()
        found.append(one)
    return found


def _parts(output: ResponseOutput, rows: Sequence[int]) -> list[ResponseOutput]:
    data = output.data.root
    held: Any = data.reshape(-1) if isinstance(data, np.ndarray) else list(flat(data))
    inner = math.prod(output.shape[1:])
    if not output.shape or output.shape[0] != sum(rows) or len(held) != sum(rows) * inner:
        fault = InferenceError(
            f'output "{output.name}": shape {output.shape} with {len(held)} elements '
            f"(expected: {sum(rows)} rows, as the inputs have)"
        )
        fault.status_code = 500
        raise fault
    found, at = [], 0
    for count in rows:
        end = at + count * inner
        part = output.model_copy()
        part.shape = [count, *output.shape[1:]]
        part.data = TensorData.model_construct(held[at:end])
        found.append(part)
        at = end
    return found
